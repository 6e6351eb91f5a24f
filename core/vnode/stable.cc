// Who is retired, what is void and what is stable (rules 7-10). A replica id is retired once its
// node runs a newer one; its messages are refused from then on, and once every owner has said so
// its dots that nobody holds count as seen.
#include <algorithm>
#include <utility>

#include "core/codec.h"
#include "core/vnode/vnode.h"

namespace vordb::vnode {

using crdt::Dot;
using crdt::ReplicaId;
using crdt::VnodeClock;

bool Vnode::retired(const ReplicaId& id, const Configuration& configuration) const {
  if (!configuration.is_member(id.node)) return true;
  const auto at = fence_.find(id.node);
  return at != fence_.end() && id < at->second.latest;
}

// False: the message comes from a retired id or from no owner, and is refused.
bool Vnode::admit(const ReplicaId& from, Context& context) {
  const auto& others = roles_.others;
  const bool other = std::find(others.begin(), others.end(), from.node) != others.end();
  if (!other || retired(from, context.configuration)) return false;
  FenceEntry& row = fence_[from.node];
  if (row.latest < from) {
    row.latest = from;
    open(context).state_changed = true;
  }
  return true;
}

void Vnode::learn_fence(const Fence& fence, Context& context) {
  for (const auto& [node, theirs] : fence) {
    FenceEntry& row = fence_[node];
    if (row.latest < theirs.latest) {
      row.latest = theirs.latest;
      open(context).state_changed = true;
    }
    if (theirs.established && !row.established) {
      row.established = true;
      open(context).state_changed = true;
    }
  }
  if (self_ < fence_[self_.node].latest && fenced_) {
    // Somebody runs a newer life of this vnode: this one is a clone or a restored backup and must
    // not act.
    fenced_ = false;
    context.env.telemetry.log(
        LogLevel::kError,
        "another life of this node is known to its peers: this one takes no part");
  }
}

// Everybody who may hold something has announced itself under the placement's present version and
// knows the same lives and removals. Under another version it may count other owners, and hold
// times and dots that an owner to be has yet to learn of.
bool Vnode::all_owners_fenced_alike(const Configuration& configuration) const {
  return std::all_of(roles_.others.begin(), roles_.others.end(), [&](NodeNumber node) {
    const auto peer = peers_.find(node);
    if (peer == peers_.end() || peer->second.pv != roles_.pv || !peer->second.fenced ||
        peer->second.epoch < configuration.removed_epoch ||
        retired(peer->second.replica, configuration))
      return false;
    return std::all_of(fence_.begin(), fence_.end(), [&](const auto& row) {
      if (!configuration.is_member(row.first)) return true;
      const auto theirs = peer->second.fence.find(row.first);
      return theirs != peer->second.fence.end() && theirs->second.latest == row.second.latest;
    });
  });
}

// The durable clock without the void dots that seals have filled in: what others may ask for and
// wait for.
VnodeClock Vnode::known_clock() const { return known_part(durable_clock_, before_seal_); }

VnodeClock known_part(const VnodeClock& clock, const SealedClocks& sealed) {
  VnodeClock known;
  for (const VnodeClock::Replica& replica : clock.replicas()) {
    const auto at = sealed.find(replica.id);
    const VnodeClock::Replica& taken = at == sealed.end() ? replica : at->second;
    known.raise_base(taken.id, taken.base);
    for (const uint64_t counter : taken.above) known.add(Dot{taken.id, counter});
  }
  return known;
}

uint64_t Vnode::unacknowledged_dots() const {
  const VnodeClock mine = known_clock();
  uint64_t most = 0;
  for (const NodeNumber receiver : roles_.receivers) {
    const auto peer = peers_.find(receiver);
    static const VnodeClock kNothing;
    most = std::max(most, mine.count_missing(peer == peers_.end() ? kNothing : peer->second.clock));
  }
  return most;
}

// Per retired replica the highest counter in any context left over here, or in one that a seal here
// has stripped since: all owners must seal up to the same counter.
crdt::VersionVector Vnode::retired_contexts(const Configuration& configuration) const {
  crdt::VersionVector highest;
  for (const auto& [id, known] : before_seal_) highest.raise(id, durable_clock_.base_of(id));
  for (const auto& [dot, name] : contexts_by_dot_) {
    if (retired(dot.replica, configuration)) highest.raise(dot);
  }
  return highest;
}

void Vnode::seal(Context& context) {
  const Configuration& configuration = context.configuration;
  if (!all_owners_fenced_alike(configuration)) return;
  crdt::VersionVector highest = retired_contexts(configuration);
  for (const VnodeClock::Replica& r : durable_clock_.replicas()) {
    if (retired(r.id, configuration)) highest.raise(r.id, durable_clock_.highest_of(r.id));
  }
  for (const auto& [node, peer] : peers_) {
    if (!durable_clock_.covers(peer.clock)) return;
    for (const VnodeClock::Replica& r : peer.clock.replicas()) {
      if (retired(r.id, configuration)) highest.raise(r.id, peer.clock.highest_of(r.id));
    }
    for (const auto& c : peer.contexts.components()) {
      if (retired(c.replica, configuration)) highest.raise(c.replica, c.counter);
    }
  }
  for (const auto& c : highest.components()) {
    if (clock_.base_of(c.replica) >= c.counter) continue;
    Group& group = open(context);
    group.state_changed = true;
    group.bases.push_back(Dot{c.replica, c.counter});
    // Sealed once, a replica has no more dots to come: what is known of it stays as it was.
    if (!before_seal_.contains(c.replica)) {
      VnodeClock::Replica known{c.replica, 0, {}};
      for (const VnodeClock::Replica& r : clock_.replicas()) {
        if (r.id == c.replica) known = r;
      }
      before_seal_[c.replica] = known;
    }
    clock_.raise_base(c.replica, c.counter);
    strip_after(c.replica, context);
  }
  note_sealed(configuration);
}

// All that is retired is sealed.
void Vnode::note_sealed(const Configuration& configuration) {
  for (const auto& [node, row] : fence_) {
    const bool gone = !configuration.is_member(node);
    const ReplicaId below = gone ? ReplicaId{node, UINT64_MAX, UINT64_MAX} : row.latest;
    if (std::exchange(sealed_below_[node], below) != below) token_.reset();
  }
}

// T: the time up to which this vnode has merged everything that every owner issued. G: up to which
// every owner has.
void Vnode::update_stable(Context& context) {
  Hlc stable = announced_hlc(context);
  hlc_.observe(stable, context.env.clock.now());
  if (sole_owner()) {
    stable_ = std::max(stable_, stable);
    global_stable_ = stable_;
    return;
  }
  if (!fenced_ || !all_owners_fenced_alike(context.configuration)) return;
  Hlc global = Hlc{UINT64_MAX};
  for (const auto& [node, peer] : peers_) {
    if (!durable_clock_.covers(peer.clock)) return;
    stable = std::min(stable, peer.hlc);
    global = std::min(global, peer.stable);
  }
  stable_ = std::max(stable_, stable);
  global_stable_ = std::max(global_stable_, std::min(global, stable_));
}

}  // namespace vordb::vnode
