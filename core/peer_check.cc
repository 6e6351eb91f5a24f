#include "core/peer_check.h"

#include "absl/strings/str_cat.h"
#include "core/dispatch/constraints.h"
#include "core/host_port.h"
#include "core/peer_codec.h"
#include "proto/peer.pb.h"

namespace vordb {

namespace {

const Constraints& constraints() {
  static const Constraints made({pb::PeerMessage::descriptor()}, Constraints::Unknown::kRefuse);
  return made;
}

absl::Status broken(const char* field, const char* rule) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", rule));
}

template <typename Reply>
absl::Status check_error(const Reply& reply, const char* field) {
  if (reply.failed() && !reply.has_error()) return broken(field, "must be there");
  return absl::OkStatus();
}

absl::Status check_join(const pb::JoinRequest& join) {
  if (!is_node_id(join.node_id())) return broken("JoinRequest.node_id", "must be a node's name");
  if (!parse_address(join.address())) return broken("JoinRequest.address", "must be host:port");
  if (!parse_address(join.reply_address()))
    return broken("JoinRequest.reply_address", "must be host:port");
  return absl::OkStatus();
}

absl::Status check_founding(const pb::ClusterMessage& body) {
  if (body.has_founding_hello()) {
    const pb::FoundingHello& hello = body.founding_hello();
    if (!is_node_id(hello.node_id()))
      return broken("FoundingHello.node_id", "must be a node's name");
    if (!parse_address(hello.reply_address()))
      return broken("FoundingHello.reply_address", "must be host:port");
  }
  if (body.has_founding_entry() && !parse_address(body.founding_entry().reply_address()))
    return broken("FoundingEntry.reply_address", "must be host:port");
  return absl::OkStatus();
}

// What vnodes send names the life that sends it.
absl::Status check_between_vnodes(const pb::PeerMessage& message) {
  if (!message.has_from_replica()) return broken("PeerMessage.from_replica", "must be there");
  if (message.from_replica().node() != message.from_node())
    return broken("PeerMessage.from_replica", "must be of the sender");
  return absl::OkStatus();
}

}  // namespace

absl::Status check_peer_message(const pb::PeerMessage& message) {
  if (absl::Status status = constraints().check(message); !status.ok()) return status;
  if (is_between_vnodes(message)) return check_between_vnodes(message);
  switch (message.body_case()) {
    case pb::PeerMessage::kMutateReply:
      return check_error(message.mutate_reply(), "MutateReply.error");
    case pb::PeerMessage::kReadReply:
      return check_error(message.read_reply(), "ReadReply.error");
    case pb::PeerMessage::kListReply:
      return check_error(message.list_reply(), "ListReply.error");
    case pb::PeerMessage::kClusterMessage: {
      const pb::ClusterMessage& body = message.cluster_message();
      if (body.has_join()) return check_join(body.join());
      if (body.has_join_reply()) return check_error(body.join_reply(), "JoinReply.error");
      return check_founding(body);
    }
    default:
      return absl::OkStatus();
  }
}

}  // namespace vordb
