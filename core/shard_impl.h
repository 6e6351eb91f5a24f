// What a shard is made of, for the two files that carry Shard out: shard.cc, which steps it, and
// shard_view.cc, which looks at it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/cluster/membership.h"
#include "core/coordinator/coordinator.h"
#include "core/cow.h"
#include "core/fields.h"
#include "core/shard.h"
#include "core/shard_start.h"
#include "core/vnode_set.h"

namespace vordb {

struct Shard::Impl {
  Impl(uint16_t index_of, NodeOptions node_options)
      : index(index_of),
        options(std::move(node_options)),
        coordinator(coordinator::Coordinator(index_of, 0)),
        vnodes(index_of, options->ring_size),
        cache(options->cache_bytes) {}

  uint16_t shard_of(PlacementId id) const { return uint16_t(id.partition % options->shards); }
  // It is a placement, and one of this shard's.
  bool holds(PlacementId id) const {
    return id.n > 0 && id.partition < options->ring_size && shard_of(id) == index;
  }

  uint16_t index;
  Cow<NodeOptions> options;
  StartState started;
  std::shared_ptr<const Configuration> configuration;
  std::optional<Cow<cluster::Membership>> membership;
  Cow<coordinator::Coordinator> coordinator;
  VnodeSet vnodes;
  std::vector<NodeNumber> suspected;
  bool paused = false;  // mutations are refused
  bool clock_ahead = false;
  KeyCache cache;
  uint64_t ticks = 0;
  ShardReport reported;  // last
  uint64_t reported_at = 0;

  std::vector<Envelope> outbox;
  std::vector<ClientRequest> requests;
  size_t next_out = 0;
  size_t next_request = 0;
  bool draining = false;
  bool committed_in_turn = false;  // by an actor other than a vnode
  uint64_t commits = 0;
  std::map<TakerState, uint64_t> turned_away;  // peers' messages, by what stopped_at_door() said

  VORDB_FIELDS(Impl, index, options, started, configuration, membership, coordinator, vnodes,
               suspected, paused, clock_ahead, cache, ticks, reported, reported_at, outbox,
               requests, next_out, next_request, draining, committed_in_turn, commits, turned_away)
};

// Why no actor but membership gets to see a message of this envelope; nothing: they do.
std::optional<TakerState> stopped_at_door(const pb::PeerMessage& message,
                                          const Configuration& configuration, NodeNumber self);

}  // namespace vordb
