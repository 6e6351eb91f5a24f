// Large rounds of gossip: which of them are still on their way, and who tells a peer of what
// neither it nor the teller has made. A peer that was away lacks a lot; without this every
// announcement of it would bring all of that again, from each of the others.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/crdt/dot.h"
#include "core/fields.h"
#include "core/ids.h"
#include "core/vnode/peer_view.h"

namespace vordb::vnode {

class Offers {
 public:
  // The last large round to this peer has not been answered yet, and `patience_us` are not over.
  bool under_way(const PeerView& peer, uint64_t now_us, uint64_t patience_us) const;

  // Whether the peer is to be told of the dots of others. Their owners do that; but where nothing
  // has come of it for `patience_us`, it is done here, until it lacks none any more.
  bool relays(const PeerView& peer, uint64_t now_us, uint64_t patience_us);

  // A large round has gone to the peer; this is the last dot in it.
  void sent(NodeNumber to, const crdt::Dot& last, uint64_t now_us);
  // The peer lacks little or nothing.
  void close(NodeNumber to) { offers_.erase(to); }
  void keep_only(const std::vector<NodeNumber>& nodes);

 private:
  struct Offer {
    crdt::Dot last;
    uint64_t sent_us = 0;   // 0: nothing
    uint32_t content = 0;   // of the peer's announcement when it last told of something new
    uint64_t since_us = 0;  // and when that was
    bool relays = false;
    VORDB_FIELDS(Offer, last, sent_us, content, since_us, relays)
  };

  std::map<NodeNumber, Offer> offers_;
  VORDB_FIELDS(Offers, offers_)
};

}  // namespace vordb::vnode
