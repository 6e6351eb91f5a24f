// What a whole node makes of messages between nodes that nobody sane sent: it refuses them, tells
// so, makes no vnode for strangers, and goes on.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/cluster/configuration.h"
#include "core/cluster/ring.h"
#include "core/codec.h"
#include "proto/peer.pb.h"
#include "sim/cluster_lab.h"

using namespace vordb;
using vordb::sim::ClusterLab;
using Kind = ClientReply::Kind;

namespace {

ClientRequest request_of(Operation operation, const std::string& key, const std::string& value) {
  ClientRequest request;
  request.operation = operation;
  request.key = key;
  request.value = value;
  return request;
}

bool stands(const ClusterLab& lab, const ClientReply* reply, Kind kind) {
  return lab.nodes() > 0 && reply != nullptr && reply->kind == kind;
}

uint32_t vnodes(ClusterLab& lab, size_t node) {
  uint32_t count = 0;
  for (uint16_t shard = 0; shard < ClusterLab::kShards; ++shard) {
    count += lab.shard(node, shard).figures(0).vnodes;
  }
  return count;
}

// A node that holds its one cluster alone: vnodes come with the first request for them.
struct Alone {
  Alone() {
    lab.add();
    lab.run_for(1000);
  }

  pb::PeerMessage from(NodeNumber node) {
    const Configuration& configuration = *lab.shard(0).configuration();
    pb::PeerMessage message;
    message.set_partition(0);
    message.set_replication_n(3);
    message.set_from_node(node);
    message.set_cluster(configuration.cluster_hash());
    message.set_epoch(configuration.epoch);
    message.set_pv(configuration.partitions[0].pv);
    return message;
  }

  // Requests of each kind for a vnode.
  std::vector<pb::PeerMessage> requests(NodeNumber node) {
    std::vector<pb::PeerMessage> all(4, from(node));
    const auto fill = [](auto* request) {
      request->mutable_origin()->set_op(9);
      request->set_bucket_id(1);
    };
    fill(all[0].mutable_mutate());
    all[0].mutable_mutate()->set_key("k");
    fill(all[1].mutable_read());
    all[1].mutable_read()->set_key("k");
    fill(all[2].mutable_list());
    fill(all[3].mutable_push_request());
    all[3].mutable_push_request()->set_key("k");
    all[3].mutable_push_request()->add_subkeys("");
    return all;
  }

  ClusterLab lab;
};

struct Three {
  Three() {
    for (int i = 0; i < 3; ++i) lab.add();
    lab.run_for(20'000);
    for (size_t node = 0; node < 3; ++node) {
      REQUIRE(lab.shard(node).configuration()->members.size() == 3);
    }
  }

  pb::PeerMessage from(size_t node) {
    const Configuration& configuration = *lab.shard(node).configuration();
    pb::PeerMessage message;
    message.set_replication_n(3);
    message.set_from_node(lab.number(node));
    message.set_cluster(configuration.cluster_hash());
    message.set_epoch(configuration.epoch);
    message.set_pv(configuration.partitions[0].pv);
    return message;
  }

  ClusterLab lab;
};

}  // namespace

TEST_CASE("shard: who is not admitted makes nothing here") {
  Alone alone;
  REQUIRE(vnodes(alone.lab, 0) == 0);
  for (const NodeNumber stranger : {NodeNumber{0}, NodeNumber{2}, NodeNumber{77}}) {
    for (const pb::PeerMessage& message : alone.requests(stranger)) alone.lab.feed(0, message);
  }
  // Nor does whoever claims to be this very node.
  for (const pb::PeerMessage& message : alone.requests(1)) alone.lab.feed(0, message);
  alone.lab.run_for(1000);
  CHECK(vnodes(alone.lab, 0) == 0);
  const auto turned_away = alone.lab.shard(0, 0).figures(0).turned_away;
  CHECK(turned_away.at(TakerState::kNoMember) == 12);
  CHECK(turned_away.at(TakerState::kFromSelf) == 4);
  CHECK(stands(alone.lab, alone.lab.ask(0, request_of(Operation::kPut, "k", "v")), Kind::kOk));
  CHECK(vnodes(alone.lab, 0) == 1);
}

// A node of another cluster has come to the address of a member, and bears its number.
TEST_CASE("shard: what another cluster sends changes nothing and is not answered") {
  Three three;
  ClusterLab& lab = three.lab;
  const uint16_t partition = cluster::partition_of(cluster::ring_hash(kDefaultLww, "k"), 8);
  const auto say = [&](bool stranger) {
    pb::PeerMessage put = three.from(1);
    put.set_partition(partition);
    if (stranger) put.set_cluster(put.cluster() + 1);
    put.mutable_mutate()->mutable_origin()->set_op(stranger ? 9 : 10);
    put.mutable_mutate()->mutable_origin()->set_node(lab.number(1));
    put.mutable_mutate()->set_bucket_id(kDefaultLww);
    put.mutable_mutate()->set_operation(uint32_t(Operation::kPut));
    put.mutable_mutate()->set_key("k");
    put.mutable_mutate()->set_value("theirs");
    lab.sent.clear();
    lab.feed(0, put);
    lab.settle();
    return lab.ask(0, request_of(Operation::kGet, "k", ""));
  };
  CHECK(stands(lab, say(true), Kind::kNotFound));
  CHECK(lab.sent.empty());
  const uint16_t at = partition % ClusterLab::kShards;
  CHECK(lab.shard(0, at).figures(0).turned_away.at(TakerState::kForeign) == 1);
  CHECK(stands(lab, say(false), Kind::kValue));
  CHECK_FALSE(lab.sent.empty());
}

TEST_CASE("shard: a request for a placement that is not served here makes no vnode") {
  Three three;
  ClusterLab& lab = three.lab;
  const uint32_t before = vnodes(lab, 0);
  REQUIRE(before == 8);
  lab.sent.clear();
  pb::PeerMessage mutate = three.from(1);
  mutate.set_replication_n(5);  // of no bucket
  mutate.mutable_mutate()->mutable_origin()->set_op(9);
  mutate.mutable_mutate()->set_bucket_id(1);
  mutate.mutable_mutate()->set_key("k");
  pb::PeerMessage read = three.from(1);
  read.set_replication_n(5);
  read.mutable_read()->mutable_origin()->set_op(10);
  read.mutable_read()->set_bucket_id(1);
  read.mutable_read()->set_key("k");
  pb::PeerMessage list = three.from(1);
  list.set_replication_n(5);
  list.mutable_list()->mutable_origin()->set_op(11);
  list.mutable_list()->set_bucket_id(1);
  pb::PeerMessage push = three.from(1);
  push.set_replication_n(5);
  push.mutable_push_request()->mutable_origin()->set_op(12);
  push.mutable_push_request()->set_bucket_id(1);
  push.mutable_push_request()->set_key("k");
  push.mutable_push_request()->add_subkeys("");
  for (const pb::PeerMessage& message : {mutate, read, list, push}) REQUIRE(lab.feed(0, message));
  CHECK(vnodes(lab, 0) == before);
  // Each is told to look elsewhere.
  int told = 0;
  for (const ClusterLab::Sent& sent : lab.sent) {
    pb::PeerMessage answer;
    REQUIRE(answer.ParseFromString(sent.bytes));
    if (sent.from != 0 || sent.to != 1) continue;
    told += answer.mutate_reply().op() == 9 && answer.mutate_reply().failed();
    told += answer.read_reply().op() == 10 && answer.read_reply().moved();
    told += answer.list_reply().op() == 11 && answer.list_reply().failed();
    told += answer.ack().op() == 12 && answer.ack().refused() && answer.ack().source() == 1;
  }
  CHECK(told == 4);
}

TEST_CASE("shard: a message that breaks a constraint is counted by its field, and refused") {
  Three three;
  ClusterLab& lab = three.lab;
  pb::PeerMessage digest = three.from(1);
  digest.mutable_digest()->set_replication_n(3);
  digest.mutable_digest()->set_step(1);
  digest.mutable_digest()->set_hlc(UINT64_MAX);
  const uint64_t before = lab.refused(0);
  lab.feed(0, digest);
  CHECK(lab.refused(0) == before + ClusterLab::kShards);
  CHECK(lab.last_refusal(0) == "AnnouncementDigest.hlc: must be at most 9223372036854775807");
  CHECK(lab.refused(1) == 0);
}

TEST_CASE("shard: an answer for a shard that this node does not have is nobody's") {
  Three three;
  ClusterLab& lab = three.lab;
  pb::PeerMessage read = three.from(1);
  pb::Origin* origin = read.mutable_read()->mutable_origin();
  origin->set_node(lab.number(0));
  origin->set_shard(60'000);
  read.mutable_read()->set_bucket_id(1);
  read.mutable_read()->set_key("k");
  lab.feed(0, read);
  lab.settle();
  CHECK(stands(lab, lab.ask(0, request_of(Operation::kPut, "k", "v")), Kind::kOk));
}
