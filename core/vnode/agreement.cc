// A replica id is retired once its node runs a newer one; its messages are refused from then on,
// and once every owner has said so its dots that nobody holds count as seen.
#include "core/vnode/agreement.h"

#include <algorithm>
#include <utility>

#include "core/vnode/strips.h"

namespace vordb::vnode {

using crdt::Dot;
using crdt::ReplicaId;
using crdt::VersionVector;
using crdt::VnodeClock;

bool Agreement::admit(const ReplicaId& from) {
  const auto& others = vnode.roles.others;
  const bool other = std::find(others.begin(), others.end(), from.node) != others.end();
  if (!other || retired(from, vnode.standing.fence, turn.configuration)) return false;
  const ReplicaId* known = vnode.standing.fence.latest(from.node);
  if (!known || *known < from) change_standing().fence.raise(from);
  return true;
}

void Agreement::learn_fence(const Fence& fence) {
  Fence joined = vnode.standing.fence;
  if (joined.join(fence)) change_standing().fence = std::move(joined);
  if (!vnode.superseded() || !vnode.standing.fenced) return;
  // A clone or a restored backup must not act.
  change_standing().fenced = false;
  turn.env.telemetry.log(LogLevel::kError,
                         "another life of this node is known to its peers: this one takes no part");
}

void Agreement::seal() {
  const Configuration& configuration = turn.configuration;
  const Fence& fence = vnode.durable.standing.fence;
  if (!vnode.durable.any) return;
  const auto views = vnode.peers.agreeing(vnode.standpoint(configuration));
  if (!views) return;
  VersionVector highest;
  const auto raise = [&](const ReplicaId& id, uint64_t counter) {
    if (retired(id, fence, configuration)) highest.raise(id, counter);
  };
  const auto raise_clock = [&](const VnodeClock& clock) {
    for (const VnodeClock::Replica& r : clock.replicas()) raise(r.id, clock.highest_of(r.id));
  };
  const auto raise_all = [&](const VersionVector& counters) {
    for (const auto& c : counters.components()) raise(c.replica, c.counter);
  };
  raise_clock(vnode.durable.clock);
  raise_all(vnode.durable.left_over);
  for (const PeerView* view : *views) {
    if (!vnode.durable.clock.covers(view->clock)) return;
    raise_clock(view->clock);
    raise_all(view->sealed);
    raise_all(view->contexts);
  }
  for (const auto& c : highest.components()) {
    if (vnode.clock.base_of(c.replica) >= c.counter) continue;
    Standing& standing = change_standing();
    if (!standing.seals.contains(c.replica)) {
      const VnodeClock::Replica* known = vnode.clock.find(c.replica);
      standing.seals.add(known ? *known : VnodeClock::Replica{c.replica, 0, {}});
    }
    open().bases.push_back(Dot{c.replica, c.counter});
    vnode.clock.raise_base(c.replica, c.counter);
  }
  if (!vnode.standing.seals.closed(fence, configuration)) {
    change_standing().seals.close(fence, configuration);
  }
  Strips(*this).begin();
}

void Agreement::update_stable() {
  const Hlc own = announced_time();
  if (vnode.sole_owner()) return vnode.stable.advance(own, vnode.durable.clock, {});
  if (!vnode.standing.fenced || !vnode.durable.any || turn.env.buggify(Site::kStableLater)) return;
  const auto views = vnode.peers.agreeing(vnode.standpoint(turn.configuration));
  if (views) vnode.stable.advance(own, vnode.durable.clock, *views);
}

}  // namespace vordb::vnode
