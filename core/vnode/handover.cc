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
  std::erase_if(peers_, [&](const auto& peer) {
    return std::find(roles_.others.begin(), roles_.others.end(), peer.first) == roles_.others.end();
  });
  if (counts_for_ != roles_.move) counts_for_ = 0;
}

// A vnode on an empty store takes part once an established owner has told it who is retired and
// what time it is (rule 8), or once it knows that nobody else holds anything either. What does not
// name this life may have been said before it, by a life that is retired by now (counterexample P).
void Vnode::learn_to_take_part(const PeerView& view, Context& context) {
  if (self_ < fence_[self_.node].latest) return;  // another life of this vnode is known
  const auto me = view.fence.find(self_.node);
  if (me == view.fence.end() || me->second.latest != self_) return;
  if (view.fenced) return become_fenced(view.hlc, context);
  Hlc latest;
  for (const NodeNumber other : roles_.others) {
    const auto peer = peers_.find(other);
    if (peer == peers_.end() || peer->second.pv != roles_.pv || peer->second.fenced ||
        !peer->second.clock.empty())
      return;
    latest = std::max(latest, peer->second.hlc);
  }
  if (!clock_.empty()) return;
  become_fenced(latest, context);
  synced_ = true;
}

void Vnode::become_fenced(Hlc at_least, Context& context) {
  hlc_.observe(at_least, context.env.clock.now());
  fenced_ = true;
  fence_[self_.node].established = true;
  open(context).state_changed = true;
}

// How many owners' announcements, made under the placement's present version, this vnode covers
// durably; itself if it is one of them.
size_t Vnode::owners_held() const {
  size_t held = 0;
  for (const NodeNumber owner : roles_.owners) {
    const auto peer = peers_.find(owner);
    const bool covered = peer != peers_.end() && peer->second.pv == roles_.pv &&
                         peer->second.fenced && durable_clock_.covers(peer->second.clock);
    if (owner == self_.node || covered) ++held;
  }
  return held;
}

void Vnode::note_progress(Context& context) {
  if (!fenced_ || fetch_) return;
  const bool counted = roles_.move == 0 || !roles_.next_owner || counts_for_ == roles_.move;
  if (synced_ && counted) return consider_drop(context);
  const size_t needed = cluster::owners_to_hold(context.configuration, id_);
  const size_t held = owners_held();
  if (roles_.next_owner && roles_.move != 0 && held >= needed) counts_for_ = roles_.move;
  // To answer alone it must have met the others, itself aside.
  const size_t others_held = held - (roles_.owner ? 1 : 0);
  const size_t others = roles_.owners.size() - (roles_.owner ? 1 : 0);
  if (!synced_ && others_held >= std::min(needed, others)) {
    synced_ = true;
    open(context).state_changed = true;
  }
  consider_drop(context);
}

// Rule 22, in one step: nothing is pending here, and every current owner has said, under the newest
// configuration, that it holds durably all that is held here now.
void Vnode::consider_drop(Context& context) {
  if (!roles_.draining || dropping_ || corrupt_) return;
  if (!idle() || !gossiping_.empty() || !serving_.empty()) return;
  const crdt::VnodeClock mine = known_clock();
  for (const NodeNumber receiver : roles_.receivers) {
    const auto peer = peers_.find(receiver);
    if (peer == peers_.end() || peer->second.pv != roles_.pv || !peer->second.fenced ||
        !peer->second.clock.covers(mine))
      return;
  }
  if (roles_.receivers.empty()) return;
  Group& group = open(context);
  group.drops = group.state_changed = true;
  dropping_ = true;
  erase_all(group.batch, context);
}

void Vnode::erase_all(Batch& batch, Context& context) const {
  for (const Table table : {Table::kEntries, Table::kDots, Table::kTouched, Table::kContexts,
                            Table::kDue, Table::kAnswers}) {
    batch.erase_range(family(context), table_begin(id_, table), table_end(id_, table));
  }
}

}  // namespace vordb::vnode
