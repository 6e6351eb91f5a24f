// The short form of messages between nodes: what it says, what it saves, and who is sent it.
#include "core/peer_wire.h"

#include <doctest/doctest.h>
#include <google/protobuf/descriptor.h>

#include <string>

#include "core/codec.h"
#include "core/dispatch/constraints.h"
#include "core/peer_check.h"
#include "proto/peer.pb.h"

using namespace vordb;

namespace {

const crdt::ReplicaId kReplicas[] = {
    {1, 16, 0x00000007'0001'1234}, {2, 17, 0x00000003'0001'5678}, {3, 18, 0x00000009'0001'9abc}};

// A put of 16 bytes over a value of another replica, as its owner sends it to the two others.
pb::PeerMessage replicated_write() {
  pb::PeerMessage message;
  message.set_partition(77);
  message.set_replication_n(3);
  message.set_from_node(1);
  to_pb(kReplicas[0], message.mutable_from_replica());
  message.set_cluster(0x1234567890abcdef);
  message.set_epoch(19);
  message.set_pv(19);
  pb::Updates* updates = message.mutable_delta();
  for (const crdt::ReplicaId& replica : kReplicas) {
    pb::ReplicaClock* clock = updates->add_base();
    to_pb(replica, clock->mutable_replica());
    clock->set_base(1000);
  }
  updates->set_hlc(113'600'000'000'000'000);
  pb::KeyUpdate* key = updates->add_keys();
  key->set_bucket_id(1);
  key->set_key("user:0000000042");
  pb::KeyEntry* entry = key->add_entries();
  pb::LiveDot* live = entry->mutable_entry()->add_live();
  to_pb(crdt::Dot{kReplicas[0], 1001}, live->mutable_dot());
  live->set_hlc(113'600'000'000'000'000);
  live->set_value(std::string(16, 'v'));
  pb::ReplicaClock* seen = entry->mutable_entry()->add_context();
  to_pb(kReplicas[1], seen->mutable_replica());
  seen->set_base(1003);
  pb::LoggedDot* dot = key->add_dots();
  to_pb(crdt::Dot{kReplicas[0], 1001}, dot->mutable_dot());
  dot->add_subkeys("");
  key->add_origins()->set_op(12345);
  return message;
}

Configuration configuration() {
  std::vector<Member> members(3);
  for (NodeNumber node = 1; node <= 3; ++node) {
    members[node - 1].node = node;
    members[node - 1].node_id = "n" + std::to_string(node);
    members[node - 1].features = program_features();
  }
  return found_cluster(std::string(16, 'c'), 4, members, BucketConfig{});
}

}  // namespace

TEST_CASE("peer wire: a replicated write is a sixth shorter, and means the same") {
  const pb::PeerMessage full = replicated_write();
  pb::PeerMessage brief = full;
  put_in_form(WireForm::kShort, &brief);
  MESSAGE("a replicated write: " << full.ByteSizeLong() << " bytes, " << brief.ByteSizeLong()
                                 << " in the short form");
  CHECK(brief.ByteSizeLong() * 6 <= full.ByteSizeLong() * 5);
  put_in_form(WireForm::kShort, &brief);  // is that already
  pb::PeerMessage read;
  REQUIRE(read_peer_message(brief.SerializeAsString(), program_features(), &read).ok());
  CHECK(read.SerializeAsString() == full.SerializeAsString());
  // To one who reads it, then to one who does not.
  put_in_form(WireForm::kFull, &brief);
  CHECK(brief.SerializeAsString() == full.SerializeAsString());
}

TEST_CASE("peer wire: who does not have the feature refuses the short form and names it") {
  pb::PeerMessage message = replicated_write();
  put_in_form(WireForm::kShort, &message);
  pb::PeerMessage read;
  const absl::Status status =
      read_peer_message(message.SerializeAsString(), former_features(), &read);
  CHECK(status.message() ==
        "a message came in a form that this program does not read: short-replicas");
  CHECK_FALSE(check_peer_message(message).ok());
}

TEST_CASE("peer wire: a place that is none, or that says more, is refused") {
  pb::PeerMessage message = replicated_write();
  put_in_form(WireForm::kShort, &message);
  pb::PeerMessage read;
  pb::ReplicaId* dot =
      message.mutable_delta()->mutable_keys(0)->mutable_dots(0)->mutable_dot()->mutable_replica();
  REQUIRE(dot->place() == 1);
  const auto refused = [&] {
    return !read_peer_message(message.SerializeAsString(), program_features(), &read).ok();
  };
  CHECK_FALSE(refused());
  dot->set_place(4);
  CHECK(refused());
  dot->set_place(UINT32_MAX);
  CHECK(refused());
  dot->set_place(1);
  dot->set_life(5);
  CHECK(refused());
  // Without the mark nobody looks for places: the check finds it.
  message.clear_has_places();
  REQUIRE_FALSE(refused());
  CHECK_FALSE(check_peer_message(read).ok());
}

TEST_CASE("peer wire: more replicas than have places are spelt out") {
  pb::PeerMessage message = replicated_write();
  for (uint32_t round = 0; round < 2; ++round) {
    for (uint64_t life = 0; life < 200; ++life) {
      pb::Dot* dot = message.mutable_delta()->add_voids();
      to_pb(crdt::Dot{{7, 16, life}, 1 + round}, dot);
    }
  }
  const std::string full = message.SerializeAsString();
  put_in_form(WireForm::kShort, &message);
  const std::string brief = message.SerializeAsString();
  CHECK(brief.size() < full.size());
  pb::PeerMessage read;
  REQUIRE(read_peer_message(brief, program_features(), &read).ok());
  CHECK(read.SerializeAsString() == full);
}

TEST_CASE("peer wire: only who has the feature is sent the short form, once it is on") {
  NodeOptions own;
  own.features = program_features();
  Configuration all = configuration();
  CHECK(wire_form(own, all, 2) == WireForm::kShort);
  CHECK(wire_form(own, all, 9) == WireForm::kFull);
  Configuration off = all;
  off.features_on.clear();
  CHECK(wire_form(own, off, 2) == WireForm::kFull);
  // Who leaves may lack what is on.
  Configuration leaving = all;
  leaving.members[1].features.clear();
  leaving.members[1].status = MemberStatus::kLeaving;
  CHECK(wire_form(own, leaving, 2) == WireForm::kFull);
  CHECK(wire_form(own, leaving, 3) == WireForm::kShort);
  own.features = former_features();
  CHECK(wire_form(own, all, 2) == WireForm::kFull);
}

TEST_CASE("peer wire: a field that is not known is refused, wherever it is") {
  const auto with_field = [](google::protobuf::Message* inside) {
    inside->GetReflection()->MutableUnknownFields(inside)->AddVarint(1000, 1);
  };
  pb::PeerMessage message = replicated_write();
  REQUIRE(check_peer_message(message).ok());
  pb::PeerMessage outer = message;
  with_field(&outer);
  CHECK(check_peer_message(outer).message() == "PeerMessage: has a field that is not known here");
  pb::PeerMessage inner = message;
  with_field(inner.mutable_delta()->mutable_keys(0)->mutable_dots(0)->mutable_dot());
  CHECK(check_peer_message(inner).message() == "Dot: has a field that is not known here");
  CHECK_FALSE(has_unknown_fields(message));
  CHECK(has_unknown_fields(inner));
}
