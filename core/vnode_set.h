// The vnodes of one shard: made where a configuration or a request calls for them, found by
// placement, visited at their intervals, and summed up for membership and for operators. A value: a
// copy costs little until it is stepped.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/digests.h"
#include "core/fields.h"
#include "core/shard_figures.h"
#include "core/vnode/vnode.h"
#include "core/vnode_table.h"

namespace vordb {

struct StartState;

class VnodeSet {
 public:
  VnodeSet(uint16_t shard, uint32_t ring_size) : shard_(shard), vnodes_(ring_size) {}

  // Who this node is from now on. Vnodes of an earlier identity end.
  void become(const StartState& started);
  // Brings to life what the disk holds of this shard's placements. At start only.
  absl::Status recover(vnode::Turn& turn);

  // Nothing where there is none: a vnode that is not there holds nothing and owes nobody anything.
  // Whoever asks is to step it: it is this set's own from now on, not one that copies share.
  vnode::Vnode* find(PlacementId id);
  // The same, for whoever only looks.
  const vnode::Vnode* look_up(PlacementId id) const;
  // This node is an owner of the placement, or is to be one.
  bool serves(PlacementId id, const Configuration& configuration) const;
  // As find(), but made where this node serves the placement and it is not there yet. The placement
  // is one of this shard.
  vnode::Vnode* serving(PlacementId id, vnode::Turn& turn);
  void configuration_changed(vnode::Turn& turn);

  // Every kTickMs. Each vnode's tick comes once a sync interval and its sweep once a sweep
  // interval, spread evenly over these.
  void tick(vnode::Turn& turn);
  // Commits the open batches.
  void flush(vnode::Turn& turn);
  void announce_all(vnode::Turn& turn);
  void scrub_all(vnode::Turn& turn);
  void hear_digest(const pb::PeerMessage& message, vnode::Turn& turn);

  // VnodeTable::for_each_pair.
  template <typename Visitor>
  void for_each_pair(const VnodeSet& other, Visitor&& visit) const {
    vnodes_.for_each_pair(other.vnodes_, std::forward<Visitor>(visit));
  }
  // Calls visit(const vnode::Vnode&) for each.
  template <typename Visitor>
  void for_each(Visitor&& visit) const {
    vnodes_.for_each(std::forward<Visitor>(visit));
  }

  bool idle() const;
  void add_to(ShardReport& report, const Configuration& configuration) const;
  void add_to(ShardFigures& figures, const Configuration& configuration, uint64_t now_ms) const;

  uint64_t keys_purged() const;
  vnode::ScrubFigures scrubbed() const;

  // Lent to the vnodes (vnode::Turn).
  std::vector<PlacementId> unflushed;
  vnode::Ceiling ceiling;
  uint32_t fetches = 0;

 private:
  vnode::Vnode& add(PlacementId id, vnode::Turn& turn);
  void replace_dropped(PlacementId id, vnode::Turn& turn);
  void add_owned(vnode::Turn& turn);
  absl::Status revive(PlacementId id, const vnode::StoredVnode& stored, vnode::Turn& turn);

  uint16_t shard_;
  vnode::Birth identity_;
  uint64_t boot_ = 0;
  VnodeTable vnodes_;
  std::map<PlacementId, uint64_t> last_lives_;  // of vnodes that ended here
  uint64_t births_ = 0;
  uint64_t tick_credit_ = 0;
  uint64_t sweep_credit_ = 0;
  uint64_t digest_wait_ms_ = 0;
  Digests digests_;
  PlacementId tick_cursor_;
  PlacementId sweep_cursor_;
  VORDB_FIELDS(VnodeSet, unflushed, ceiling, fetches, shard_, identity_, boot_, vnodes_,
               last_lives_, births_, tick_credit_, sweep_credit_, digest_wait_ms_, digests_,
               tick_cursor_, sweep_cursor_)
};

}  // namespace vordb
