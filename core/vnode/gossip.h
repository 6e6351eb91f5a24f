// Gossip brings whatever a peer's announced clock lacks, together with all that rule 3's closure
// demands. The peer's next announcement is the acknowledgement.
#pragma once

#include <vector>

#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::vnode {

class Gossip : Part {
 public:
  explicit Gossip(const Part& part) : Part(part) {}

  // Begins a round to a peer, if it lacks anything and none is under way.
  void begin(NodeNumber to);
  void end(const GossipRound& round, const Closure& closure, bool complete);

 private:
  // What the peer lacks, in order, as far as one round looks; all of it or what this node made.
  std::vector<crdt::Dot> missing(const PeerView& peer, bool of_others, uint64_t most) const;
  uint64_t patience_us() const;
  uint64_t relay_patience_us() const;
};

}  // namespace vordb::vnode
