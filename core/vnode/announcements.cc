// Announcements, told and heard.
#include "core/vnode/announcements.h"

#include <algorithm>

#include "core/codec.h"
#include "core/vnode/agreement.h"
#include "core/vnode/gossip.h"
#include "core/vnode/handover.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

void Announcements::tell(std::span<const NodeNumber> to, bool ask) {
  if (!vnode.durable.any || vnode.dropped || vnode.superseded()) return;
  const PeerView view = vnode.own_view(turn.configuration);
  pb::PeerMessage message;
  pb::Announcement* announcement = message.mutable_announcement();
  to_pb(view.clock, announcement->mutable_clock());
  announcement->set_hlc(announced_time().word);
  announcement->set_stable_hlc(view.stable.word);
  announcement->set_awaited_hlc(vnode.awaiting().word);
  announcement->set_fenced(view.fenced);
  announcement->set_complete(view.complete);
  announcement->set_ask(ask);
  for (const auto& [node, latest] : view.fence.rows()) to_pb(latest, announcement->add_fence());
  to_pb(view.contexts, announcement->mutable_contexts());
  to_pb(view.sealed, announcement->mutable_sealed());
  for (const NodeNumber other : to) send(other, message);
  if (to.size() == vnode.roles.others.size()) vnode.content_told = view.content;
}

void Announcements::tell_if_due() {
  if (!vnode.announce_soon || vnode.gone() || vnode.sole_owner()) return;
  if (!vnode.durable.any) {
    open().wanted = true;
    return;
  }
  if (turn.env.buggify(Site::kAnnouncesLater)) return;
  vnode.announce_soon = false;
  tell(vnode.roles.others, true);
}

void Announcements::tick() {
  vnode.asked.clear();
  const bool fenced = vnode.standing.fenced;
  if (!fenced || vnode.own_view(turn.configuration).content != vnode.content_told ||
      turn.env.buggify(Site::kAnnouncesAgain)) {
    tell(vnode.roles.others, !fenced || turn.env.buggify(Site::kAnnouncementAsks));
  }
}

void Announcements::tell_all() {
  if (vnode.gone() || vnode.sole_owner()) return;
  tell(vnode.roles.others, true);
}

void Announcements::take_in(const pb::PeerMessage& message, const crdt::ReplicaId& from) {
  const pb::Announcement& announcement = message.announcement();
  PeerView view;
  view.replica = from;
  view.epoch = message.epoch();
  view.pv = message.pv();
  view.fenced = announcement.fenced();
  view.complete = announcement.complete();
  view.clock = clock_from_pb(announcement.clock());
  view.hlc = Hlc{announcement.hlc()};
  view.stable = Hlc{announcement.stable_hlc()};
  view.contexts = vector_from_pb(announcement.contexts());
  view.sealed = vector_from_pb(announcement.sealed());
  for (const pb::ReplicaId& latest : announcement.fence()) view.fence.raise(from_pb(latest));
  view.content = announced_content(view);
  turn.ceiling.want(Hlc{announcement.awaited_hlc()});
  if (announcement.ask()) tell({&from.node, 1}, false);
  const PeerView* known = vnode.peers.find(from.node);
  const bool news = !known || known->content != view.content;
  if (!vnode.peers.hear(view)) return;
  if (news) vnode.log.note_news();
  Agreement(*this).learn_fence(view.fence);
  if (!vnode.standing.fenced) Handover(*this).learn_to_take_part(view);
  heard_from(from.node);
}

void Announcements::hear_standing(NodeNumber from, const StandingWord& word, uint64_t epoch) {
  if (vnode.corrupt || vnode.gone()) return;
  const auto& others = vnode.roles.others;
  if (std::find(others.begin(), others.end(), from) == others.end()) return;
  turn.ceiling.want(word.awaited);
  const PeerView* peer = vnode.peers.find(from);
  if (!peer || peer->content != word.content) {
    // What it told was lost, or is still on its way.
    if (vnode.asked.insert(from).second) tell({&from, 1}, true);
    return;
  }
  if (retired(peer->replica, vnode.standing.fence, turn.configuration)) return;
  vnode.peers.hear_times(from, word.hlc, word.stable, epoch);
  heard_from(from);
}

void Announcements::heard_from(NodeNumber from) {
  if (!vnode.standing.fenced) return;
  const auto& probed = vnode.probe.dot();
  if (probed && vnode.peers.all_have(*probed, vnode.standpoint(turn.configuration)))
    vnode.probe.end(turn.env.clock.monotonic_us());
  Gossip(*this).begin(from);
  Agreement(*this).seal();
  Agreement(*this).update_stable();
  Handover(*this).note_progress();
}

}  // namespace vordb::vnode
