// Messages between coordinators and vnodes of different nodes, to and from the bytes that peers
// exchange. What vnodes and memberships tell one another is pb::PeerMessage from the start and does
// not pass here.
//
// Node numbers. "0: this node" means the sender once a message has left it, so from_peer() puts the
// sender's number in its place: in `from` of a request, in `node` of an answer (whatever the sender
// wrote there: an answer speaks for nobody else), in an acknowledgement's `source` and in a push's
// `targets`. Numbers that are not 0 stay as they are, also the receiver's own.
//
// A key's hash does not travel; it is made anew. Entries keep their order, which is that of their
// subkeys.
#pragma once

#include "absl/status/statusor.h"
#include "core/messages.h"

namespace vordb {

namespace pb {
class PeerMessage;
}

// Fills body, placement, shard and pv; the caller adds who sends it. False: a message that never
// leaves its node.
bool to_peer(const Message& message, const ActorId& to, pb::PeerMessage* out);

// The actor and message inside, of a message that check_peer_message() has passed. InvalidArgument
// names what is ill-formed all the same.
absl::StatusOr<Envelope> from_peer(const pb::PeerMessage& message);

// Which kind of actor a message is for.
ActorKind peer_target(const pb::PeerMessage& message);

// A vnode sends it and a vnode receives it.
bool is_between_vnodes(const pb::PeerMessage& message);

}  // namespace vordb
