// What must hold of a peer's message before any actor sees it: the constraints that
// proto/peer.proto and proto/storage.proto state beside each field, and the few that concern two
// fields at once. Nodes trust one another to mean well, not to be whole: what a broken or foreign
// node sends may be a plausible lie, but nothing that a handler would stumble over.
#pragma once

#include "absl/status/status.h"

namespace vordb {

namespace pb {
class PeerMessage;
}

// InvalidArgument names the first field that breaks a rule, such as "Updates.hlc: must be at most
// 9223372036854775807"; it holds no value of a field.
absl::Status check_peer_message(const pb::PeerMessage& message);

}  // namespace vordb
