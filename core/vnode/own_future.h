// Whether a peer speaks of dots that this very vnode has yet to take. No honest one does: a dot
// leaves the vnode only once it is durable, and a vnode that lost it would live another life. Were
// such a dot taken in, the vnode would give its name to another mutation (invariant I7).
#pragma once

#include <cstdint>

#include "core/crdt/dot.h"

namespace vordb {

namespace pb {
class PeerMessage;
}

namespace vnode {

// `highest` is the highest dot that `self` has taken. Looks at every dot and every context that a
// vnode may send.
bool names_future_of(const crdt::ReplicaId& self, uint64_t highest, const pb::PeerMessage& message);

}  // namespace vnode
}  // namespace vordb
