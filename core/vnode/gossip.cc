// Gossip: what a peer's announced clock lacks.
#include "core/vnode/gossip.h"

#include <algorithm>
#include <utility>

#include "core/vnode/collecting.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

using crdt::Dot;

// Sends what the peer's clock lacks. A vnode that is not complete sends nothing: its entries may
// show dots that it has not settled.
void Gossip::begin(NodeNumber to) {
  const PeerView* peer = vnode.peers.find(to);
  const bool receives = std::find(vnode.roles.receivers.begin(), vnode.roles.receivers.end(), to) !=
                        vnode.roles.receivers.end();
  if (!receives || !peer || !peer->fenced || vnode.gossiping.contains(to)) return;
  if (!vnode.durable.standing.complete) return;
  const uint64_t now_us = turn.env.clock.monotonic_us();
  if (turn.env.buggify(Site::kGossipsLater)) return;
  if (vnode.offers.under_way(*peer, now_us, patience_us()) &&
      !turn.env.buggify(Site::kGossipsAgain))
    return;
  const uint64_t most =
      turn.env.buggify(Site::kGossipOfOneDot) ? 1 : turn.env.knobs.gossip_wanted_max;
  std::vector<Dot> wanted = missing(*peer, true, most);
  const size_t of_others = size_t(std::count_if(wanted.begin(), wanted.end(), [&](const Dot& dot) {
    return dot.replica.node != vnode.self.node;
  }));
  if (of_others > turn.env.knobs.gossip_large &&
      !vnode.offers.relays(*peer, now_us, relay_patience_us()) &&
      !turn.env.buggify(Site::kGossipsForOthers))
    wanted = missing(*peer, false, most);
  vnode.gossip_behind.erase(to);
  if (wanted.size() + of_others <= turn.env.knobs.gossip_large) vnode.offers.close(to);
  if (wanted.empty()) return;
  GossipRound round;
  round.to = to;
  if (wanted.size() == most) round.last = wanted.back();
  vnode.gossiping.insert(to);
  Closure closure = Closure::of_dots(Collecting(*this).begin(), std::move(wanted));
  Collecting(*this).go_on({round, std::move(closure)}, nullptr);
}

std::vector<Dot> Gossip::missing(const PeerView& peer, bool of_others, uint64_t most) const {
  std::vector<Dot> wanted;
  const auto behind = vnode.gossip_behind.find(peer.replica.node);
  vnode.durable.known().for_each_missing(peer.seen(), [&](const Dot& dot) {
    const bool skipped = (behind != vnode.gossip_behind.end() && dot <= behind->second) ||
                         (!of_others && dot.replica.node != vnode.self.node);
    if (!skipped) wanted.push_back(dot);
    return wanted.size() < most;
  });
  return wanted;
}

uint64_t Gossip::patience_us() const {
  return turn.env.knobs.gossip_patience_intervals * turn.options.sync_interval_ms * 1000;
}

// One owner after the other.
uint64_t Gossip::relay_patience_us() const {
  const auto& owners = vnode.roles.owners;
  const auto self = std::find(owners.begin(), owners.end(), vnode.self.node);
  return patience_us() * uint64_t(1 + self - owners.begin());
}

void Gossip::end(const GossipRound& round, const Closure& closure, bool complete) {
  vnode.gossiping.erase(round.to);
  if (!complete) return;
  // Nothing of all that was looked at is in the log: the next round begins behind it.
  if (closure.settled().empty() && round.last) vnode.gossip_behind[round.to] = *round.last;
  if (closure.says_nothing()) return;
  pb::PeerMessage message;
  add_updates(closure, message.mutable_gossip());
  message.mutable_gossip()->set_unlogged(closure.unlogged());
  vnode.exchanged.gossip_keys += closure.keys().size();
  vnode.exchanged.gossip_bytes += message.gossip().ByteSizeLong();
  send(round.to, message);
  if (closure.settled().size() >= turn.env.knobs.gossip_large) {
    vnode.offers.sent(round.to, *closure.settled().rbegin(), turn.env.clock.monotonic_us());
  }
}

}  // namespace vordb::vnode
