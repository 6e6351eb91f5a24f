// A vnode on its way into and out of the set of owners.
#include "core/vnode/handover.h"

#include <algorithm>

#include "core/cluster/operations.h"

namespace vordb::vnode {

// A vnode on an empty store takes part once an established owner has told it who is retired and
// what time it is (rule 8), or once it knows that nobody else holds anything either. What does not
// name this life may have been said before it, by a life that is retired by now (counterexample P).
void Handover::learn_to_take_part(const PeerView& view) {
  if (vnode.superseded()) return;
  const crdt::ReplicaId* me = view.fence.latest(vnode.self.node);
  if (!me || *me != vnode.self) return;
  if (view.fenced) return become_fenced(view.hlc);
  Hlc latest;
  for (const NodeNumber other : vnode.roles.others) {
    const PeerView* peer = vnode.peers.find(other);
    if (!peer || peer->pv != vnode.roles.pv || peer->fenced || !peer->clock.empty()) return;
    latest = std::max(latest, peer->hlc);
  }
  if (!vnode.clock.empty()) return;
  become_fenced(latest);
  Standing& standing = change_standing();
  standing.complete = standing.synced = true;
}

void Handover::become_fenced(Hlc at_least) {
  vnode.time.observe(at_least, turn.env.clock.now());
  change_standing().fenced = true;
}

// How many owners' announcements, made under the placement's present version, this vnode covers
// durably; itself if it is one of them.
size_t Handover::owners_held() const {
  size_t held = 0;
  for (const NodeNumber owner : vnode.roles.owners) {
    const PeerView* peer = vnode.peers.find(owner);
    const bool covered = peer && peer->pv == vnode.roles.pv && peer->fenced &&
                         vnode.durable.clock.covers(peer->clock);
    if (owner == vnode.self.node || covered) ++held;
  }
  return held;
}

// Holds durably all that a complete owner held when it knew of this life already: nothing that was
// said before can be lacking (rule 16).
bool Handover::holds_a_complete_owner() const {
  return std::any_of(vnode.roles.others.begin(), vnode.roles.others.end(), [&](NodeNumber node) {
    const PeerView* view = vnode.peers.counting(node, vnode.standpoint(turn.configuration));
    const crdt::ReplicaId* me = view ? view->fence.latest(vnode.self.node) : nullptr;
    return view && view->complete && me && *me == vnode.self &&
           vnode.durable.clock.covers(view->clock);
  });
}

void Handover::note_progress() {
  if (!vnode.standing.fenced || vnode.fetch || turn.env.buggify(Site::kHandsOverLater)) return;
  if (!vnode.standing.complete && holds_a_complete_owner()) {
    change_standing().complete = true;
  }
  const bool counted =
      vnode.roles.move == 0 || !vnode.roles.next_owner || vnode.counts_for == vnode.roles.move;
  if (vnode.standing.synced && counted) return consider_drop();
  const size_t needed = cluster::owners_to_hold(turn.configuration, vnode.id);
  const size_t held = owners_held();
  if (vnode.roles.next_owner && vnode.roles.move != 0 && held >= needed)
    vnode.counts_for = vnode.roles.move;
  // To answer alone it must have met the others, itself aside.
  const size_t others_held = held - (vnode.roles.owner ? 1 : 0);
  const size_t others = vnode.roles.owners.size() - (vnode.roles.owner ? 1 : 0);
  if (!vnode.standing.synced && others_held >= std::min(needed, others)) {
    change_standing().synced = true;
  }
  consider_drop();
}

// Rule 22, in one step: nothing is pending here, and every current owner has said, under the newest
// configuration, that it holds durably all that is held here now.
void Handover::consider_drop() {
  if (!vnode.roles.draining || vnode.dropping || vnode.corrupt) return;
  if (!vnode.idle() || !vnode.gossiping.empty() || !vnode.serving.empty()) return;
  const crdt::VnodeClock mine = vnode.durable.known();
  for (const NodeNumber receiver : vnode.roles.receivers) {
    const PeerView* peer = vnode.peers.counting(receiver, vnode.standpoint(turn.configuration));
    if (!peer || !peer->seen().covers(mine)) return;
  }
  if (vnode.roles.receivers.empty() || turn.env.buggify(Site::kDropsLater)) return;
  Group& group = open();
  group.drops = group.wanted = true;
  vnode.dropping = true;
  erase_all(group.batch);
}

void Handover::erase_all(Batch& batch) const {
  for (const Table table : {Table::kEntries, Table::kDots, Table::kTouched, Table::kPurges,
                            Table::kLeftOvers, Table::kDue, Table::kAnswers}) {
    batch.erase_range(family(), table_begin(vnode.id, table), table_end(vnode.id, table));
  }
}

}  // namespace vordb::vnode
