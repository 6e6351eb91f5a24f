// The two forms of a message between nodes. In the full one every replica is spelt out: node,
// incarnation and life, 16 bytes. In the short one only where it comes first in the message, in the
// order of this file's walk; where it comes again it is named by its place among those.
//
// The short form goes only to members that read it, once a configuration has switched the feature
// `short-replicas` on. What was read is in the full form before anybody sees it.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "core/cluster/configuration.h"
#include "core/features.h"
#include "core/ids.h"
#include "core/node_options.h"

namespace vordb {

namespace pb {
class PeerMessage;
}

enum class WireForm : uint8_t { kFull, kShort };

// In which form this member is sent messages.
WireForm wire_form(const NodeOptions& own, const Configuration& configuration, NodeNumber to);

// Of a message that is in either form; a message is the same in both when nothing comes twice.
void put_in_form(WireForm form, pb::PeerMessage* message);

// What came from a peer, in the full form. InvalidArgument: it is no message, or in a form that a
// program with these features does not read.
absl::Status read_peer_message(std::string_view bytes, const Features& own,
                               pb::PeerMessage* message);

}  // namespace vordb
