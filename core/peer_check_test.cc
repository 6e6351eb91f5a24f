// Every field of a peer's message has its rule, and what breaks one is refused by the field's name.
#include "core/peer_check.h"

#include <doctest/doctest.h>
#include <google/protobuf/descriptor.h>

#include <set>
#include <string>

#include "core/client_api.h"
#include "core/cluster/configuration.h"
#include "core/codec.h"
#include "proto/options.pb.h"
#include "proto/peer.pb.h"

using namespace vordb;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

namespace {

// What a field's options leave open: an error to report, or nothing.
std::string not_said(const FieldDescriptor* field) {
  const auto& options = field->options();
  const bool any = options.GetExtension(pb::any);
  if (field->is_repeated() && !any && !options.HasExtension(pb::max_items)) return "how many";
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
    case FieldDescriptor::CPPTYPE_BOOL:
      return "";
    case FieldDescriptor::CPPTYPE_STRING:
      return any || options.HasExtension(pb::max_bytes) ? "" : "how long";
    default:
      return any || options.HasExtension(pb::max) || options.HasExtension(pb::bound) ? ""
                                                                                     : "how high";
  }
}

// Fields of `type`, and of all that it contains, of which something is not said.
void find_forgotten(const Descriptor* type, std::set<const Descriptor*>& seen,
                    std::string& forgotten) {
  if (!seen.insert(type).second) return;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    const std::string open = not_said(field);
    if (!open.empty()) forgotten += field->full_name() + ": " + open + "; ";
    if (field->message_type()) find_forgotten(field->message_type(), seen, forgotten);
  }
}

int64_t highest(const Descriptor* type, const char* field) {
  return type->FindFieldByName(field)->options().GetExtension(pb::max);
}

std::string refusal(const pb::PeerMessage& message) {
  return std::string(check_peer_message(message).message());
}

pb::PeerMessage between_vnodes() {
  pb::PeerMessage message;
  message.set_replication_n(3);
  message.set_from_node(7);
  to_pb(crdt::ReplicaId{7, 16, 1}, message.mutable_from_replica());
  return message;
}

pb::PeerMessage some_delta() {
  pb::PeerMessage message = between_vnodes();
  pb::Updates* updates = message.mutable_delta();
  pb::ReplicaClock* base = updates->add_base();
  to_pb(crdt::ReplicaId{7, 16, 1}, base->mutable_replica());
  base->set_base(4);
  pb::KeyUpdate* key = updates->add_keys();
  key->set_bucket_id(1);
  key->set_key("k");
  pb::KeyEntry* entry = key->add_entries();
  for (const uint64_t counter : {4, 5}) {
    to_pb(crdt::Dot{{7, 16, 1}, counter}, entry->mutable_entry()->add_live()->mutable_dot());
  }
  to_pb(crdt::Dot{{7, 16, 1}, 4}, key->add_dots()->mutable_dot());
  return message;
}

}  // namespace

TEST_CASE("peer check: no field of a peer's message is without a rule") {
  std::string forgotten;
  std::set<const Descriptor*> seen;
  find_forgotten(pb::PeerMessage::descriptor(), seen, forgotten);
  CHECK(forgotten == "");
  CHECK(seen.size() > 30);
  CHECK(seen.contains(pb::Configuration::descriptor()));
  // The walk finds what says nothing.
  forgotten.clear();
  find_forgotten(pb::NodeRecord::descriptor(), seen, forgotten);
  CHECK(forgotten.find("vordb.pb.NodeRecord.node_id: how long") != std::string::npos);
  CHECK(forgotten.find("vordb.pb.NodeRecord.boot: how high") != std::string::npos);
}

TEST_CASE("peer check: ranges in the schema are those of the code") {
  CHECK(highest(pb::PeerError::descriptor(), "code") == int64_t(ErrorCode::kUndecodable));
  CHECK(highest(pb::PeerError::descriptor(), "outcome") == int64_t(Outcome::kUnknown));
  CHECK(highest(pb::MutateRequest::descriptor(), "operation") == kOperations - 1);
  CHECK(highest(pb::MemberRecord::descriptor(), "status") == int64_t(MemberStatus::kRemoved));
  CHECK(highest(pb::MemberRecord::descriptor(), "node") == kNodesMax);
  CHECK(highest(pb::Configuration::descriptor(), "last_node") == kNodesMax);
  CHECK(highest(pb::PeerMessage::descriptor(), "replication_n") == kReplicationMax);
  CHECK(highest(pb::AnnouncementDigest::descriptor(), "replication_n") == kReplicationMax);
  CHECK(highest(pb::CausalToken::descriptor(), "replication_n") == kReplicationMax);
}

TEST_CASE("peer check: a hybrid time at 2^47 milliseconds or above is refused by its field") {
  constexpr uint64_t kEnd = uint64_t{1} << 63;
  pb::PeerMessage message = some_delta();
  REQUIRE(refusal(message) == "");
  message.mutable_delta()->set_hlc(kEnd - 1);
  CHECK(refusal(message) == "");
  for (const uint64_t word : {kEnd, UINT64_MAX - 1, UINT64_MAX}) {
    message.mutable_delta()->set_hlc(word);
    CHECK(refusal(message) == "Updates.hlc: must be at most 9223372036854775807");
  }
  message = some_delta();
  message.mutable_delta()
      ->mutable_keys(0)
      ->mutable_entries(0)
      ->mutable_entry()
      ->mutable_live(1)
      ->set_hlc(kEnd);
  CHECK(refusal(message) == "LiveDot.hlc: must be at most 9223372036854775807");
  pb::PeerMessage read;
  read.mutable_read()->mutable_origin();
  read.mutable_read()->set_bucket_id(1);
  read.mutable_read()->set_key("k");
  read.mutable_read()->set_now_ms((uint64_t{1} << 47) - 1);
  CHECK(refusal(read) == "");
  read.mutable_read()->set_now_ms(uint64_t{1} << 47);
  CHECK(refusal(read) == "ReadRequest.now_ms: must be at most 140737488355327");
}

TEST_CASE("peer check: what is missing, doubled or out of order is refused by its field") {
  CHECK(refusal(pb::PeerMessage{}) == "PeerMessage.body: must be there");
  pb::PeerMessage message;
  message.mutable_cluster_message();
  CHECK(refusal(message) == "ClusterMessage.body: must be there");
  message.mutable_cluster_message()->mutable_prepare();
  CHECK(refusal(message) == "Prepare.ballot: must be there");

  message = some_delta();
  pb::Entry* entry = message.mutable_delta()->mutable_keys(0)->mutable_entries(0)->mutable_entry();
  entry->mutable_live()->SwapElements(0, 1);
  CHECK(refusal(message) == "Entry.live: must be in ascending order, none twice");
  *entry->mutable_live(1) = entry->live(0);
  CHECK(refusal(message) == "Entry.live: must be in ascending order, none twice");

  message = some_delta();
  *message.mutable_delta()->add_base() = message.delta().base(0);
  CHECK(refusal(message) == "Updates.base: must be in ascending order, none twice");
  message = some_delta();
  message.mutable_delta()->mutable_keys(0)->mutable_entries(0)->set_subkey("?");
  CHECK(refusal(message) == "KeyEntry.subkey: must be a subkey");
  message = some_delta();
  message.mutable_delta()->mutable_keys(0)->mutable_dots(0)->mutable_dot()->set_counter(
      crdt::kDotCounterMax + 1);
  CHECK(refusal(message) == "Dot.counter: must be at most 4611686018427387904");
  message = some_delta();
  message.mutable_delta()->mutable_base(0)->add_above(0);
  CHECK(refusal(message) == "ReplicaClock.above: must be 1..4611686018427387904");
}

TEST_CASE("peer check: who sends it, and of whom it speaks") {
  pb::PeerMessage message = some_delta();
  message.clear_from_replica();
  CHECK(refusal(message) == "PeerMessage.from_replica: must be there");
  message = some_delta();
  message.set_from_node(8);
  CHECK(refusal(message) == "PeerMessage.from_replica: must be of the sender");

  pb::PeerMessage reply;
  reply.mutable_read_reply()->set_failed(true);
  CHECK(refusal(reply) == "ReadReply.error: must be there");
  reply.mutable_read_reply()->mutable_error();
  CHECK(refusal(reply) == "PeerError.outcome: must be 1..2");

  pb::PeerMessage join;
  pb::JoinRequest* request = join.mutable_cluster_message()->mutable_join();
  request->set_node_id("n1");
  request->set_address("host:7001");
  request->set_reply_address("host:7001");
  request->set_ring_size(8);
  CHECK(refusal(join) == "");
  request->set_node_id("n 1");
  CHECK(refusal(join) == "JoinRequest.node_id: must be a node's name");
  request->set_node_id("n1");
  request->set_address("host");
  CHECK(refusal(join) == "JoinRequest.address: must be host:port");
}
