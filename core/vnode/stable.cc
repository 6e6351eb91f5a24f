// Who is retired, what is void and what is stable (rules 7-10). A replica id is retired once its
// node runs a newer one; its messages are refused from then on, and once every owner has said so
// its dots that nobody holds count as seen.
#include <algorithm>

#include "core/codec.h"
#include "core/vnode/vnode.h"

namespace vordb::vnode {

using crdt::Dot;
using crdt::ReplicaId;
using crdt::VnodeClock;

bool Vnode::retired(const ReplicaId& id) const {
  const auto at = fence_.find(id.node);
  return at != fence_.end() && id < at->second.latest;
}

// False: the message comes from a retired id or from no owner, and is refused.
bool Vnode::admit(const ReplicaId& from, Context& context) {
  const bool owner = std::find(owners_.begin(), owners_.end(), from.node) != owners_.end();
  if (!owner || from.node == self_.node || retired(from)) return false;
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

bool Vnode::all_owners_fenced_alike() const {
  return std::all_of(owners_.begin(), owners_.end(), [&](NodeNumber node) {
    if (node == self_.node) return true;
    const auto peer = peers_.find(node);
    if (peer == peers_.end() || retired(peer->second.replica)) return false;
    return std::all_of(fence_.begin(), fence_.end(), [&](const auto& row) {
      const auto theirs = peer->second.fence.find(row.first);
      return theirs != peer->second.fence.end() && theirs->second.latest == row.second.latest;
    });
  });
}

// The durable clock without the void dots that seals have filled in: what others may ask for and
// wait for.
VnodeClock Vnode::known_clock() const {
  VnodeClock known;
  const auto take = [&](const VnodeClock::Replica& replica) {
    known.raise_base(replica.id, replica.base);
    for (const uint64_t counter : replica.above) known.add(Dot{replica.id, counter});
  };
  for (const VnodeClock::Replica& replica : durable_clock_.replicas()) {
    const auto sealed = before_seal_.find(replica.id);
    take(sealed == before_seal_.end() ? replica : sealed->second);
  }
  return known;
}

// Per retired replica the highest counter in any context left over here, or in one that a seal here
// has stripped since: all owners must seal up to the same counter.
crdt::VersionVector Vnode::retired_contexts() const {
  crdt::VersionVector highest;
  for (const auto& [id, known] : before_seal_) highest.raise(id, durable_clock_.base_of(id));
  for (const auto& [dot, name] : contexts_by_dot_) {
    if (retired(dot.replica)) highest.raise(dot);
  }
  return highest;
}

void Vnode::seal(Context& context) {
  if (!all_owners_fenced_alike()) return;
  crdt::VersionVector highest = retired_contexts();
  for (const VnodeClock::Replica& r : durable_clock_.replicas()) {
    if (retired(r.id)) highest.raise(r.id, durable_clock_.highest_of(r.id));
  }
  for (const auto& [node, peer] : peers_) {
    if (!durable_clock_.covers(peer.clock)) return;
    for (const VnodeClock::Replica& r : peer.clock.replicas()) {
      if (retired(r.id)) highest.raise(r.id, peer.clock.highest_of(r.id));
    }
    for (const auto& c : peer.contexts.components()) {
      if (retired(c.replica)) highest.raise(c.replica, c.counter);
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
}

// T: the time up to which this vnode has merged everything that every owner issued. G: up to which
// every owner has.
void Vnode::update_stable(Context& context) {
  Hlc stable = announced_hlc(context);
  hlc_.observe(stable);
  if (sole_owner()) {
    stable_ = std::max(stable_, stable);
    global_stable_ = stable_;
    return;
  }
  if (!all_owners_fenced_alike()) return;
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
