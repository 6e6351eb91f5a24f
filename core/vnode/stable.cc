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
using crdt::VersionVector;
using crdt::VnodeClock;

// False: the message comes from a retired id or from no owner, and is refused.
bool Vnode::admit(const ReplicaId& from, Context& context) {
  const auto& others = roles_.others;
  const bool other = std::find(others.begin(), others.end(), from.node) != others.end();
  if (!other || retired(from, standing_.fence, context.configuration)) return false;
  const ReplicaId* known = standing_.fence.latest(from.node);
  if (!known || *known < from) change_standing(context).fence.raise(from);
  return true;
}

void Vnode::learn_fence(const Fence& fence, Context& context) {
  Fence joined = standing_.fence;
  if (joined.join(fence)) change_standing(context).fence = std::move(joined);
  if (!superseded() || !standing_.fenced) return;
  // A clone or a restored backup must not act.
  change_standing(context).fenced = false;
  context.env.telemetry.log(
      LogLevel::kError, "another life of this node is known to its peers: this one takes no part");
}

uint64_t Vnode::unacknowledged_dots() const {
  const VnodeClock mine = durable_.known();
  uint64_t most = 0;
  for (const NodeNumber receiver : roles_.receivers) {
    const PeerView* peer = peers_.find(receiver);
    most = std::max(most, mine.count_missing(peer ? peer->seen() : VnodeClock{}));
  }
  return most;
}

// Retired replicas count as seen up to the highest counter that any owner's clock or left-over
// context names, so that all owners seal up to the same one.
void Vnode::seal(Context& context) {
  const Configuration& configuration = context.configuration;
  const Fence& fence = durable_.standing.fence;
  if (!durable_.any) return;
  const auto views = peers_.agreeing(standpoint(configuration));
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
  raise_clock(durable_.clock);
  raise_all(durable_.left_over);
  for (const PeerView* view : *views) {
    if (!durable_.clock.covers(view->clock)) return;
    raise_clock(view->clock);
    raise_all(view->sealed);
    raise_all(view->contexts);
  }
  for (const auto& c : highest.components()) {
    if (clock_.base_of(c.replica) >= c.counter) continue;
    Standing& standing = change_standing(context);
    if (!standing.seals.contains(c.replica)) {
      VnodeClock::Replica known{c.replica, 0, {}};
      for (const VnodeClock::Replica& r : clock_.replicas()) {
        if (r.id == c.replica) known = r;
      }
      standing.seals.add(known);
    }
    open(context).bases.push_back(Dot{c.replica, c.counter});
    clock_.raise_base(c.replica, c.counter);
  }
  if (!standing_.seals.closed(fence, configuration)) {
    change_standing(context).seals.close(fence, configuration);
  }
  strip_covered(context);
}

// T and G (rule 10). What no other owner can hold anything of is stable as soon as it is durable.
void Vnode::update_stable(Context& context) {
  const Hlc own = time_.announce(overlay_.lowest_hlc(), ceiling(), context.env.clock.now());
  if (sole_owner()) return stable_.advance(own, durable_.clock, {});
  if (!standing_.fenced || !durable_.any) return;
  const auto views = peers_.agreeing(standpoint(context.configuration));
  if (views) stable_.advance(own, durable_.clock, *views);
}

}  // namespace vordb::vnode
