#include "core/vnode_set.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "core/codec.h"
#include "core/fingerprint.h"
#include "core/shard_start.h"
#include "core/tick.h"
#include "core/vnode/stored_vnode.h"
#include "proto/storage.pb.h"

namespace vordb {

void VnodeSet::become(const StartState& started) {
  unflushed.clear();
  vnodes_.clear();
  last_lives_.clear();
  digests_ = {};
  fetches = 0;
  ceiling = vnode::Ceiling();
  identity_.node = started.node;
  identity_.incarnation = started.incarnation;
  boot_ = started.boot;
}

absl::Status VnodeSet::recover(vnode::Turn& turn) {
  const ReadResult rows = turn.env.disk.read_at_start(vnode::read_ceilings());
  if (!rows.status.ok()) return rows.status;
  Hlc highest;
  const absl::Status decoded = vnode::decode_ceilings(rows.records, &highest);
  if (!decoded.ok()) return decoded;
  ceiling = vnode::Ceiling(highest);
  identity_.above = highest;
  ReadRequest request;
  request.begin = vnode::vnode_states_begin();
  request.end = vnode::vnode_states_end();
  request.limit_records = UINT32_MAX;
  const ReadResult found = turn.env.disk.read_at_start(request);
  if (!found.status.ok()) return found.status;
  for (size_t i = 0; i < found.records.size();) {
    PlacementId id;
    if (!vnode::parse_stored_key(found.records[i].key, &id) ||
        id.partition >= turn.options.ring_size) {
      return absl::DataLossError("a vnode's record lies under a key that none has");
    }
    vnode::StoredVnode stored;
    PlacementId of = id;
    do {
      const absl::Status taken = stored.take(id, found.records[i]);
      if (!taken.ok()) return taken;
    } while (++i < found.records.size() && vnode::parse_stored_key(found.records[i].key, &of) &&
             of == id);
    const absl::Status revived = revive(id, stored, turn);
    if (!revived.ok()) return revived;
  }
  add_owned(turn);
  return absl::OkStatus();
}

absl::Status VnodeSet::revive(PlacementId id, const vnode::StoredVnode& stored, vnode::Turn& turn) {
  if (id.partition % turn.options.shards != shard_) return absl::OkStatus();
  if (stored.record.dropped()) {
    last_lives_[id] = stored.record.self().life();
    return absl::OkStatus();
  }
  vnode::Vnode& vnode = add(id, turn);
  const absl::Status recovered = vnode.recover(stored, turn);
  if (recovered.ok()) vnode.configuration_changed(turn);
  return recovered;
}

vnode::Vnode* VnodeSet::find(PlacementId id) {
  VnodeTable::Slot* found = vnodes_.find(id);
  return found ? &found->edit() : nullptr;
}

const vnode::Vnode* VnodeSet::look_up(PlacementId id) const {
  const VnodeTable::Slot* found = vnodes_.find(id);
  return found ? &**found : nullptr;
}

bool VnodeSet::serves(PlacementId id, const Configuration& configuration) const {
  const bool used =
      id.n > 0 && id.n <= kReplicationMax && configuration.replication_since[id.n - 1] != 0;
  return used && vnode::roles_of(configuration, id, identity_.node).serves();
}

vnode::Vnode* VnodeSet::serving(PlacementId id, vnode::Turn& turn) {
  if (vnode::Vnode* found = find(id)) return found;
  return serves(id, turn.configuration) ? &add(id, turn) : nullptr;
}

// A new life is above all that this placement has had on this disk, a dropped one's too.
vnode::Vnode& VnodeSet::add(PlacementId id, vnode::Turn& turn) {
  vnode::Birth birth = identity_;
  const auto last = last_lives_.find(id);
  const bool born_before = last != last_lives_.end() && crdt::boot_of(last->second) == boot_;
  const uint64_t creation = born_before ? crdt::creation_of(last->second) + 1 : 0;
  birth.life = crdt::make_life(boot_, creation, turn.env.random.next());
  VORDB_ASSERT(last == last_lives_.end() || last->second < birth.life, "later lives are higher");
  VORDB_ASSERT(id.partition % turn.options.shards == shard_, "a partition of this shard");
  birth.first_op = ++births_ << 40;
  return vnodes_.add(id, vnode::Vnode(id, birth, turn.configuration));
}

// A vnode that was dropped and is to serve again begins anew, on its empty store.
void VnodeSet::replace_dropped(PlacementId id, vnode::Turn& turn) {
  last_lives_[id] = (*vnodes_.find(id))->self().life;
  vnodes_.erase(id);
  add(id, turn);
}

// Those that others wait for must be there, whether a request comes or not. A sole owner's are made
// when they are needed.
void VnodeSet::add_owned(vnode::Turn& turn) {
  const Configuration& configuration = turn.configuration;
  for (uint8_t n = 1; n <= kReplicationMax; ++n) {
    if (configuration.replication_since[n - 1] == 0) continue;
    for (uint32_t p = shard_; p < configuration.partitions.size(); p += turn.options.shards) {
      const PlacementId id{n, uint16_t(p)};
      const vnode::Roles roles = vnode::roles_of(configuration, id, identity_.node);
      if (!roles.serves()) continue;
      const VnodeTable::Slot* found = vnodes_.find(id);
      if (found && (*found)->dropped()) {
        replace_dropped(id, turn);
      } else if (!found && !roles.others.empty()) {
        add(id, turn);
      }
    }
  }
}

void VnodeSet::configuration_changed(vnode::Turn& turn) {
  // What was never written to and is not served here any more: it would not know how a placement
  // that it comes to own again began.
  vnodes_.for_each([&](VnodeTable::Slot& vnode) {
    if (!vnode->stranger()) return;
    const PlacementId id = vnode->id();
    last_lives_[id] = vnode->self().life;
    vnodes_.erase(id);
  });
  vnodes_.for_each([&](VnodeTable::Slot& vnode) { vnode.edit().configuration_changed(turn); });
  add_owned(turn);
}

void VnodeSet::tick(vnode::Turn& turn) {
  if (vnodes_.empty()) return;
  vnodes_.for_each([&](VnodeTable::Slot& vnode) {
    if (vnode->has_pulse()) vnode.edit().pulse(turn);
  });
  const auto visit_share = [&](uint64_t interval_ms, uint64_t& credit, PlacementId& cursor,
                               auto&& visit) {
    credit += vnodes_.size() * kTickMs;
    uint64_t visits = std::min<uint64_t>(credit / interval_ms, vnodes_.size());
    credit %= interval_ms;
    for (; visits > 0; --visits) visit(vnodes_.next(cursor).edit());
  };
  visit_share(turn.options.sync_interval_ms, tick_credit_, tick_cursor_,
              [&](vnode::Vnode& vnode) { vnode.tick(turn); });
  visit_share(turn.options.ttl_sweep_interval_ms, sweep_credit_, sweep_cursor_,
              [&](vnode::Vnode& vnode) { vnode.sweep(turn); });
  digest_wait_ms_ += kTickMs;
  if (digest_wait_ms_ < turn.options.sync_interval_ms) return;
  digest_wait_ms_ = 0;
  digests_.send(vnodes_, shard_, identity_.node, turn);
}

void VnodeSet::flush(vnode::Turn& turn) {
  for (const PlacementId id : unflushed) {
    if (vnode::Vnode* vnode = find(id)) vnode->flush(turn);
  }
  unflushed.clear();
}

void VnodeSet::announce_all(vnode::Turn& turn) {
  vnodes_.for_each([&](VnodeTable::Slot& vnode) { vnode.edit().announce_to_all(turn); });
}

void VnodeSet::scrub_all(vnode::Turn& turn) {
  vnodes_.for_each([&](VnodeTable::Slot& vnode) { vnode.edit().scrub(turn); });
}

void VnodeSet::hear_digest(const pb::PeerMessage& message, vnode::Turn& turn) {
  vordb::hear_digest(message, vnodes_, turn.options.ring_size, turn);
}

bool VnodeSet::idle() const {
  bool idle = true;
  vnodes_.for_each([&](const vnode::Vnode& vnode) { idle = idle && vnode.idle(); });
  return idle;
}

void VnodeSet::add_to(ShardReport& report, const Configuration& configuration) const {
  std::vector<uint16_t> holding;  // ascending: partitions that some vnode here still drains
  vnodes_.for_each([&](const vnode::Vnode& vnode) {
    if (vnode.counts()) report.counted.push_back({vnode.id(), vnode.roles().move});
    report.has_data = report.has_data || vnode.has_data();
    if (vnode.roles().draining && !vnode.dropped()) holding.push_back(vnode.id().partition);
  });
  std::sort(holding.begin(), holding.end());
  for (size_t p = shard_; p < configuration.partitions.size(); p += report.shards) {
    const std::vector<NodeNumber>& draining = configuration.partitions[p].draining;
    const bool mine = std::find(draining.begin(), draining.end(), identity_.node) != draining.end();
    if (mine && !std::binary_search(holding.begin(), holding.end(), uint16_t(p))) {
      report.drained.push_back(uint16_t(p));
    }
  }
}

uint64_t VnodeSet::keys_purged() const {
  uint64_t sum = 0;
  vnodes_.for_each([&](const vnode::Vnode& vnode) { sum += vnode.purged(); });
  return sum;
}

vnode::ScrubFigures VnodeSet::scrubbed() const {
  vnode::ScrubFigures sum;
  vnodes_.for_each([&](const vnode::Vnode& vnode) {
    const vnode::ScrubFigures& one = vnode.scrubbed();
    sum.ranges += one.ranges;
    sum.entries += one.entries;
    sum.differences += one.differences;
    sum.given_up += one.given_up;
  });
  return sum;
}

void VnodeSet::add_to(ShardFigures& figures, const Configuration& configuration,
                      uint64_t now_ms) const {
  figures.vnodes = uint32_t(vnodes_.size());
  figures.keys_purged = keys_purged();
  const vnode::ScrubFigures scrubs = scrubbed();
  figures.scrub_ranges = scrubs.ranges;
  figures.scrub_entries = scrubs.entries;
  figures.scrub_differences = scrubs.differences;
  figures.scrub_given_up = scrubs.given_up;
  vnodes_.for_each([&](const vnode::Vnode& vnode) {
    const vnode::Roles& roles = vnode.roles();
    const vnode::ExchangeFigures& exchanged = vnode.exchanged();
    const bool receiving = roles.next_owner && !roles.owner;
    figures.corrupt_vnodes += vnode.corrupt();
    figures.moving_vnodes += roles.move != 0 && roles.serves();
    figures.receiving_vnodes += receiving;
    figures.counting_vnodes += receiving && vnode.counts();
    figures.draining_vnodes += roles.draining && !vnode.dropped();
    figures.fetching_vnodes += vnode.fetching();
    figures.delta_messages += exchanged.delta_messages;
    figures.delta_keys += exchanged.delta_keys;
    figures.delta_bytes += exchanged.delta_bytes;
    figures.gossip_keys += exchanged.gossip_keys;
    figures.gossip_bytes += exchanged.gossip_bytes;
    figures.due_entries += vnode.due_entries();
    figures.handoff_received_bytes += exchanged.received_bytes;
    figures.handoff_sent_bytes += exchanged.sent_bytes;
    figures.handoff_received_entries += exchanged.received_entries;
    figures.scrubbing_vnodes += vnode.scrubbing();
    if (roles.others.empty()) return;
    uint64_t most = 0;
    for (const auto& [node, dots] : vnode.unacknowledged_dots()) {
      figures.peers[node].unacknowledged_dots += dots;
      most = std::max(most, dots);
    }
    figures.unacknowledged_dots += most;
    figures.convergence.add(vnode.convergence());
    if (vnode.settled(configuration)) return;
    const uint64_t stable_ms = vnode.stable_time().ms();
    figures.stable_lag_ms = std::max(figures.stable_lag_ms, now_ms - std::min(now_ms, stable_ms));
  });
}

}  // namespace vordb
