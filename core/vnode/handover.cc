// What a configuration makes of a vnode, and how far it is on its way: learning enough to take
// part, holding enough to count for a move, and, once it is an owner no more, handing everything
// over before it forgets (CLUSTER.md rules 17-23).
#include <algorithm>
#include <utility>

#include "core/cluster/operations.h"
#include "core/codec.h"
#include "core/vnode/vnode.h"

namespace vordb::vnode {

void Vnode::take_roles(const Configuration& configuration) {
  const uint64_t pv_before = roles_.pv;
  roles_ = roles_of(configuration, id_, self_.node);
  // What was announced under another version says nothing to a move.
  announce_soon_ = announce_soon_ || roles_.pv != pv_before;
  log_.note_news();
  peers_.keep_only(roles_.others);
  if (counts_for_ != roles_.move) counts_for_ = 0;
}

// A vnode on an empty store takes part once an established owner has told it who is retired and
// what time it is (rule 8), or once it knows that nobody else holds anything either. What does not
// name this life may have been said before it, by a life that is retired by now (counterexample P).
void Vnode::learn_to_take_part(const PeerView& view, Context& context) {
  if (superseded()) return;
  const crdt::ReplicaId* me = view.fence.latest(self_.node);
  if (!me || *me != self_) return;
  if (view.fenced) return become_fenced(view.hlc, context);
  Hlc latest;
  for (const NodeNumber other : roles_.others) {
    const PeerView* peer = peers_.find(other);
    if (!peer || peer->pv != roles_.pv || peer->fenced || !peer->clock.empty()) return;
    latest = std::max(latest, peer->hlc);
  }
  if (!clock_.empty()) return;
  become_fenced(latest, context);
  Standing& standing = change_standing(context);
  standing.complete = standing.synced = true;
}

void Vnode::become_fenced(Hlc at_least, Context& context) {
  time_.observe(at_least, context.env.clock.now());
  change_standing(context).fenced = true;
}

// How many owners' announcements, made under the placement's present version, this vnode covers
// durably; itself if it is one of them.
size_t Vnode::owners_held() const {
  size_t held = 0;
  for (const NodeNumber owner : roles_.owners) {
    const PeerView* peer = peers_.find(owner);
    const bool covered =
        peer && peer->pv == roles_.pv && peer->fenced && durable_.clock.covers(peer->clock);
    if (owner == self_.node || covered) ++held;
  }
  return held;
}

// Holds durably all that a complete owner held when it knew of this life already: nothing that was
// said before can be lacking (rule 16).
bool Vnode::holds_a_complete_owner(Context& context) const {
  return std::any_of(roles_.others.begin(), roles_.others.end(), [&](NodeNumber node) {
    const PeerView* view = peers_.counting(node, standpoint(context.configuration));
    const crdt::ReplicaId* me = view ? view->fence.latest(self_.node) : nullptr;
    return view && view->complete && me && *me == self_ && durable_.clock.covers(view->clock);
  });
}

void Vnode::note_progress(Context& context) {
  if (!standing_.fenced || fetch_) return;
  if (!standing_.complete && holds_a_complete_owner(context)) {
    change_standing(context).complete = true;
  }
  const bool counted = roles_.move == 0 || !roles_.next_owner || counts_for_ == roles_.move;
  if (standing_.synced && counted) return consider_drop(context);
  const size_t needed = cluster::owners_to_hold(context.configuration, id_);
  const size_t held = owners_held();
  if (roles_.next_owner && roles_.move != 0 && held >= needed) counts_for_ = roles_.move;
  // To answer alone it must have met the others, itself aside.
  const size_t others_held = held - (roles_.owner ? 1 : 0);
  const size_t others = roles_.owners.size() - (roles_.owner ? 1 : 0);
  if (!standing_.synced && others_held >= std::min(needed, others)) {
    change_standing(context).synced = true;
  }
  consider_drop(context);
}

// Rule 22, in one step: nothing is pending here, and every current owner has said, under the newest
// configuration, that it holds durably all that is held here now.
void Vnode::consider_drop(Context& context) {
  if (!roles_.draining || dropping_ || corrupt_) return;
  if (!idle() || !gossiping_.empty() || !serving_.empty()) return;
  const crdt::VnodeClock mine = durable_.known();
  for (const NodeNumber receiver : roles_.receivers) {
    const PeerView* peer = peers_.counting(receiver, standpoint(context.configuration));
    if (!peer || !peer->seen().covers(mine)) return;
  }
  if (roles_.receivers.empty()) return;
  Group& group = open(context);
  group.drops = group.state_changed = true;
  dropping_ = true;
  erase_all(group.batch, context);
}

void Vnode::erase_all(Batch& batch, Context& context) const {
  for (const Table table : {Table::kEntries, Table::kDots, Table::kTouched, Table::kPurges,
                            Table::kContexts, Table::kDue, Table::kAnswers}) {
    batch.erase_range(family(context), table_begin(id_, table), table_end(id_, table));
  }
}

}  // namespace vordb::vnode
