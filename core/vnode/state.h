// All that a vnode is: values, each with rules and tests of its own, and the work it has under way.
// What is done with them is in the parts (part.h).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "core/cluster/configuration.h"
#include "core/crdt/vnode_clock.h"
#include "core/env/disk.h"
#include "core/fields.h"
#include "core/ids.h"
#include "core/vnode/ceiling.h"
#include "core/vnode/convergence_probe.h"
#include "core/vnode/dot_log.h"
#include "core/vnode/durable_cut.h"
#include "core/vnode/group.h"
#include "core/vnode/key_lanes.h"
#include "core/vnode/left_overs.h"
#include "core/vnode/offers.h"
#include "core/vnode/overlay.h"
#include "core/vnode/peers.h"
#include "core/vnode/record_keys.h"
#include "core/vnode/roles.h"
#include "core/vnode/scans.h"
#include "core/vnode/scrub.h"
#include "core/vnode/snapshot.h"
#include "core/vnode/stable_time.h"
#include "core/vnode/tasks.h"
#include "core/vnode/vnode_time.h"

namespace vordb::pb {
class VnodeState;
}

namespace vordb::vnode {

// How a vnode comes to life.
struct Birth {
  NodeNumber node = 0;
  uint64_t incarnation = 0;
  uint64_t life = 0;
  OpId first_op = 1;  // operations of vnodes that lived here before have lower ids
  Hlc above;          // no life before used a later time
  VORDB_FIELDS(Birth, node, incarnation, life, first_op, above)
};

// What operators see of a vnode's exchange with the other owners.
struct ExchangeFigures {
  uint64_t received_bytes = 0;  // in snapshots
  uint64_t sent_bytes = 0;
  uint64_t received_entries = 0;
  uint64_t received_snapshots = 0;  // whole ones
  uint64_t delta_messages = 0;      // sent
  uint64_t delta_keys = 0;
  uint64_t delta_bytes = 0;
  uint64_t gossip_keys = 0;  // sent because an announcement lacked them
  uint64_t gossip_bytes = 0;
  VORDB_FIELDS(ExchangeFigures, received_bytes, sent_bytes, received_entries, received_snapshots,
               delta_messages, delta_keys, delta_bytes, gossip_keys, gossip_bytes)
};

struct State {
  // An empty vnode.
  State(PlacementId placement, const Birth& birth, const Configuration& configuration);

  PlacementId id;
  crdt::ReplicaId self;
  Roles roles;

  // What it holds, with everything up to the open group.
  crdt::VnodeClock clock;
  Standing standing;
  VnodeTime time;
  LeftOvers left_overs;
  DotLog log;
  std::vector<BucketId> buckets;  // may have data here
  bool corrupt = false;
  // And with everything that is durable: only this is ever told to anybody.
  DurableCut durable;
  uint64_t durable_groups = 0;
  std::shared_ptr<const ReadToken> made_token;  // of `durable`; null: to be made

  // What it knows of the other owners, and they of it.
  Peers peers;
  StableTime stable;
  Hlc awaited;  // until every owner has merged all up to here, something stays or is in doubt
  bool announce_soon = true;       // to all, as soon as this life's record is durable
  uint32_t content_told = 0;       // what all others were told last
  std::set<NodeNumber> asked;      // for an announcement, since the last tick
  NodeNumber announce_to = 0;      // who sent gossip that is being taken in: it may have more
  std::set<NodeNumber> gossiping;  // peers that a gossip task is being collected for
  std::map<NodeNumber, crdt::Dot> gossip_behind;  // where the next round to a peer begins
  Offers offers;

  // Its way in and out.
  uint64_t counts_for = 0;      // the move that this vnode counts for
  NodeNumber fetch_wanted = 0;  // a snapshot from this owner is wanted and waits for its turn
  std::optional<Fetch> fetch;   // the snapshot being received
  std::map<NodeNumber, Serving> serving;  // snapshots being given
  bool dropping = false;                  // the batch that erases its data is on its way
  bool dropped = false;                   // or durable

  // Work under way.
  OpId first_op;
  OpId next_op;
  Overlay overlay;
  KeyLanes lanes;
  absl::btree_map<OpId, Task> parked;
  Scans scans;                        // a page a tick
  size_t stripping = 0;               // entries of left_overs that are being stripped
  std::vector<AckWaiter> early_acks;  // of a placement version that is not in use here yet
  // Mutations that other nodes' coordinators asked for lately.
  using Request = std::tuple<NodeNumber, uint16_t, OpId>;
  absl::btree_set<Request> taken;
  std::deque<Request> taken_in_order;

  std::optional<Scrub> scrub;  // that this vnode has begun
  uint64_t scrub_due_us = 0;   // when the next one begins; 0: not known yet
  ScrubFigures scrubbed;
  uint64_t purged = 0;
  uint64_t due_counted = 0;  // by the walk over what is due that is under way
  uint64_t due_entries = 0;  // and by the last whole one
  ExchangeFigures exchanged;
  ConvergenceProbe probe;

  // It takes part in nothing any more.
  bool gone() const { return dropped || dropping; }
  // Nobody else holds, or is to hold, anything of this placement.
  bool sole_owner() const { return roles.others.empty() && roles.owner; }
  // With nothing left over and no gaps, an absent or present entry merges with a new mutation
  // without being read.
  bool clean() const { return left_overs.empty() && clock.contiguous(); }
  // The newest life of this very vnode that is known is another one: a clone or a restored backup.
  bool superseded() const { return standing.fence.retired(self); }
  size_t waiting() const { return parked.size() + overlay.groups(); }
  bool idle() const { return waiting() == 0 && lanes.free(); }
  // What a restart would begin above, as far as anybody else can tell.
  Hlc ceiling(const Ceiling& of_shard) const {
    return sole_owner() ? Hlc{UINT64_MAX} : of_shard.durable();
  }
  void await(Hlc time) { awaited = std::max(awaited, time); }
  // The time that it waits for; 0: none.
  Hlc awaiting() const { return stable.global < awaited ? awaited : Hlc{}; }
  Standpoint standpoint(const Configuration& configuration) const {
    return {roles, durable.standing.fence, configuration};
  }
  // What it tells of itself.
  PeerView own_view(const Configuration& configuration) const;
  // As far as this owner can tell, all others hold what it holds, and wait for nothing.
  bool settled(const Configuration& configuration) const;
  // How many of the dots held here each receiver has not announced yet.
  std::vector<std::pair<NodeNumber, uint64_t>> unacknowledged_dots() const;
  // What goes to the disk of all that changes rarely; of a vnode that drops everything who it was.
  pb::VnodeState record(bool drops) const;

  void take_roles(const Configuration& configuration);
  // All of it but the numbers of operations, by which equal states differ: of those that are under
  // way how far they lie below the next one.
  void add_to(Fingerprint& fingerprint) const;
  // What a client that reads now is told it has seen.
  const std::shared_ptr<const ReadToken>& token();
  VORDB_FIELDS(State, id, self, roles, clock, standing, time, left_overs, log, buckets, corrupt,
               durable, durable_groups, made_token, peers, stable, awaited, announce_soon,
               content_told, asked, announce_to, gossiping, gossip_behind, offers, counts_for,
               fetch_wanted, fetch, serving, dropping, dropped, first_op, next_op, overlay, lanes,
               parked, scans, stripping, early_acks, taken, taken_in_order, scrub, scrub_due_us,
               scrubbed, purged, due_counted, due_entries, exchanged, probe)
};

}  // namespace vordb::vnode
