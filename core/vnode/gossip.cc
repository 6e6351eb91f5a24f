// Gossip: what a peer's announced clock lacks.
#include "core/vnode/gossip.h"

#include <algorithm>
#include <utility>

#include "core/vnode/collecting.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

using crdt::Dot;

namespace {

// A round of gossip to one peer looks for so many dots that it lacks: what the log no longer has
// holds up nothing behind it.
constexpr size_t kWantedMax = 4096;

}  // namespace

// Sends what the peer's clock lacks. A vnode that is not complete sends nothing: its entries may
// show dots that it has not settled.
void Gossip::begin(NodeNumber to) {
  const PeerView* peer = vnode.peers.find(to);
  const bool receives = std::find(vnode.roles.receivers.begin(), vnode.roles.receivers.end(), to) !=
                        vnode.roles.receivers.end();
  if (!receives || !peer || !peer->fenced || vnode.gossiping.contains(to)) return;
  if (!vnode.durable.standing.complete) return;
  GossipRound round;
  round.to = to;
  std::vector<Dot> wanted;
  const auto behind = vnode.gossip_behind.find(to);
  vnode.durable.known().for_each_missing(peer->seen(), [&](const Dot& dot) {
    if (behind != vnode.gossip_behind.end() && dot <= behind->second) return true;
    wanted.push_back(dot);
    return wanted.size() < kWantedMax;
  });
  vnode.gossip_behind.erase(to);
  if (wanted.empty()) return;
  if (wanted.size() == kWantedMax) round.last = wanted.back();
  vnode.gossiping.insert(to);
  Closure closure = Closure::of_dots(Collecting(*this).begin(), std::move(wanted));
  Collecting(*this).go_on({round, std::move(closure)}, nullptr);
}

void Gossip::end(const GossipRound& round, const Closure& closure, bool complete) {
  vnode.gossiping.erase(round.to);
  if (!complete) return;
  // Nothing of all that was looked at is in the log: the next round begins behind it.
  if (closure.settles_nothing() && round.last) vnode.gossip_behind[round.to] = *round.last;
  if (closure.says_nothing()) return;
  pb::PeerMessage message;
  add_updates(closure, message.mutable_gossip());
  message.mutable_gossip()->set_unlogged(closure.unlogged());
  vnode.exchanged.gossip_keys += closure.keys().size();
  send(round.to, message);
}

}  // namespace vordb::vnode
