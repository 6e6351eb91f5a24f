// Announcements: what the other owners must know of this vnode (rule 2), one durable cut. Where
// nothing but time has changed, the shard says so for all its vnodes at once (core/digests.h).
#include <algorithm>

#include "core/codec.h"
#include "core/fingerprint.h"
#include "core/vnode/vnode.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

namespace {

void add(const crdt::ReplicaId& id, Fingerprint& fingerprint) {
  fingerprint.add(id.node);
  fingerprint.add(id.incarnation);
  fingerprint.add(id.life);
}

}  // namespace

uint32_t announced_content(const PeerView& view) {
  Fingerprint fingerprint;
  add(view.replica, fingerprint);
  fingerprint.add(view.pv);
  fingerprint.add(view.fenced);
  fingerprint.add(view.complete);
  for (const crdt::VnodeClock::Replica& replica : view.clock.replicas()) {
    add(replica.id, fingerprint);
    fingerprint.add(replica.base);
    fingerprint.add(replica.above.size());
    for (const uint64_t counter : replica.above) fingerprint.add(counter);
  }
  for (const auto& [node, latest] : view.fence.rows()) add(latest, fingerprint);
  for (const crdt::VersionVector* counters : {&view.contexts, &view.sealed}) {
    fingerprint.add(counters->components().size());
    for (const auto& c : counters->components()) {
      add(c.replica, fingerprint);
      fingerprint.add(c.counter);
    }
  }
  const auto [high, low] = fingerprint.digest();
  return uint32_t(high ^ (low >> 32)) | 1;
}

crdt::VnodeClock PeerView::seen() const {
  crdt::VnodeClock seen = clock;
  for (const auto& c : sealed.components()) seen.raise_base(c.replica, c.counter);
  return seen;
}

PeerView Vnode::own_view(const Configuration& configuration) const {
  PeerView view;
  view.replica = self_;
  view.clock = durable_.known();
  view.stable = stable_.stable;
  view.fence = durable_.standing.fence;
  view.contexts = retired_contexts(durable_, configuration);
  view.sealed = sealed_counters(durable_);
  view.epoch = roles_.epoch;
  view.pv = roles_.pv;
  view.fenced = durable_.standing.fenced;
  view.complete = durable_.standing.complete;
  view.content = announced_content(view);
  return view;
}

void Vnode::announce(std::span<const NodeNumber> to, bool ask, Context& context) {
  if (!durable_.any || dropped_ || superseded()) return;
  const PeerView view = own_view(context.configuration);
  pb::PeerMessage message;
  pb::Announcement* announcement = message.mutable_announcement();
  to_pb(view.clock, announcement->mutable_clock());
  const Hlc h = time_.announce(overlay_.lowest_hlc(), ceiling(), context.env.clock.now());
  announcement->set_hlc(h.word);
  announcement->set_stable_hlc(view.stable.word);
  announcement->set_fenced(view.fenced);
  announcement->set_complete(view.complete);
  announcement->set_ask(ask);
  for (const auto& [node, latest] : view.fence.rows()) to_pb(latest, announcement->add_fence());
  to_pb(view.contexts, announcement->mutable_contexts());
  to_pb(view.sealed, announcement->mutable_sealed());
  for (const NodeNumber other : to) send(other, message, context);
  if (to.size() == roles_.others.size()) announced_content_ = view.content;
}

// Moves and first meetings need not wait for the interval.
void Vnode::announce_if_due(Context& context) {
  if (!announce_soon_ || dropped_ || dropping_ || sole_owner()) return;
  if (!durable_.any) {
    open(context).state_changed = true;
    return;
  }
  announce_soon_ = false;
  announce(roles_.others, true, context);
}

void Vnode::announce_to_all(Context& context) {
  if (dropped_ || dropping_ || sole_owner()) return;
  announce(roles_.others, true, context);
}

uint32_t Vnode::standing_announcement(Hlc* hlc, Hlc* stable, Context& context) const {
  if (announced_content_ == 0 || dropped_ || dropping_ || !durable_.any) return 0;
  if (own_view(context.configuration).content != announced_content_) return 0;
  const Instant now = context.env.clock.now();
  *hlc = std::min(*hlc, time_.tellable(overlay_.lowest_hlc(), ceiling(), now));
  *stable = std::min(*stable, stable_.stable);
  return announced_content_;
}

void Vnode::receive_announcement(const pb::PeerMessage& message, const crdt::ReplicaId& from,
                                 Context& context) {
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
  if (announcement.ask()) announce({&from.node, 1}, false, context);
  const PeerView* known = peers_.find(from.node);
  const bool news = !known || known->content != view.content;
  if (!peers_.hear(view)) return;
  if (news) log_.note_news();
  learn_fence(view.fence, context);
  if (!standing_.fenced) learn_to_take_part(view, context);
  heard_from(from.node, context);
}

void Vnode::hear_standing(NodeNumber from, uint32_t content, Hlc hlc, Hlc stable, uint64_t epoch,
                          Context& context) {
  if (corrupt_ || dropped_ || dropping_) return;
  const auto& others = roles_.others;
  if (std::find(others.begin(), others.end(), from) == others.end()) return;
  const PeerView* peer = peers_.find(from);
  if (!peer || peer->content != content) {
    // What it told was lost, or is still on its way.
    if (asked_.insert(from).second) announce({&from, 1}, true, context);
    return;
  }
  if (retired(peer->replica, standing_.fence, context.configuration)) return;
  peers_.hear_times(from, hlc, stable, epoch);
  heard_from(from, context);
}

void Vnode::heard_from(NodeNumber from, Context& context) {
  if (!standing_.fenced) return;
  gossip(from, context);
  seal(context);
  update_stable(context);
  note_progress(context);
}

}  // namespace vordb::vnode
