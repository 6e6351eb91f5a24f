// What the owners tell each other of themselves (rule 2), one durable cut. Where nothing but time
// has changed, the shard says so for all its vnodes at once (core/digests.h).
#pragma once

#include <span>

#include "core/crdt/dot.h"
#include "core/vnode/part.h"

namespace vordb::pb {
class PeerMessage;
}

namespace vordb::vnode {

class Announcements : Part {
 public:
  explicit Announcements(const Part& part) : Part(part) {}

  void tell(std::span<const NodeNumber> to, bool ask);
  // Every sync interval: what has changed.
  void tick();
  // Moves and first meetings need not wait for the interval.
  void tell_if_due();
  // The others are told everything again, and asked for as much.
  void tell_all();
  void take_in(const pb::PeerMessage& message, const crdt::ReplicaId& from);
  // What was last heard of this owner still holds, and these times; if it was something else, it is
  // asked for.
  void hear_standing(NodeNumber from, const StandingWord& word, uint64_t epoch);

 private:
  void heard_from(NodeNumber from);
};

}  // namespace vordb::vnode
