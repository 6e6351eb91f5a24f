#include "core/vnode/offers.h"

#include <algorithm>

namespace vordb::vnode {

bool Offers::under_way(const PeerView& peer, uint64_t now_us, uint64_t patience_us) const {
  const auto found = offers_.find(peer.replica.node);
  if (found == offers_.end() || found->second.sent_us == 0) return false;
  return now_us < found->second.sent_us + patience_us && !peer.clock.contains(found->second.last);
}

bool Offers::relays(const PeerView& peer, uint64_t now_us, uint64_t patience_us) {
  Offer& offer = offers_[peer.replica.node];
  if (offer.relays) return true;
  if (offer.content != peer.content) {
    offer.content = peer.content;
    offer.since_us = now_us;
  }
  offer.relays = now_us >= offer.since_us + patience_us;
  return offer.relays;
}

void Offers::sent(NodeNumber to, const crdt::Dot& last, uint64_t now_us) {
  Offer& offer = offers_[to];
  offer.last = last;
  offer.sent_us = now_us;
}

void Offers::keep_only(const std::vector<NodeNumber>& nodes) {
  std::erase_if(offers_, [&](const auto& offer) {
    return std::find(nodes.begin(), nodes.end(), offer.first) == nodes.end();
  });
}

}  // namespace vordb::vnode
