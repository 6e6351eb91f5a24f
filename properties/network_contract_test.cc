// What core relies on in a Network within one node: messages between shards arrive once, whole and
// in the order of sending, never inside the call that sends them; each reply reaches its client
// once. Both sides run the same cases.
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "core/cluster/configuration.h"
#include "io/shard_network.h"
#include "proto/peer.pb.h"
#include "sim/chooser.h"
#include "sim/event_queue.h"
#include "sim/sim_network.h"

namespace vordb {
namespace {

struct Arrived {
  ActorId to;
  KeyMutation message;
};

// A node of three shards, of which shard 0 sends.
class NetworkSide {
 public:
  static constexpr uint16_t kShards = 3;
  virtual ~NetworkSide() = default;
  virtual Network& network() = 0;
  // The turn ends and everything that is under way arrives.
  virtual void settle() = 0;
  std::map<uint16_t, std::vector<Arrived>> arrived;
  std::vector<std::pair<ClientId, ClientReply>> replies;

 protected:
  void take(ActorId to, Message message) {
    arrived[to.shard].push_back({to, std::get<KeyMutation>(std::move(message))});
  }
};

class IoSide : public NetworkSide {
 public:
  IoSide()
      : network_(kShards, {[this](uint16_t shard, std::vector<Envelope> messages) {
                             for (Envelope& envelope : messages) {
                               CHECK(envelope.to.shard == shard);
                               take(envelope.to, std::move(envelope.message));
                             }
                           },
                           [this](ClientId client, ClientReply reply) {
                             replies.emplace_back(client, reply);
                           }}) {}
  Network& network() override { return network_; }
  void settle() override { network_.flush(); }

 private:
  io::ShardNetwork network_;
};

class SimSide : public NetworkSide, private sim::SimNetworkHost {
 public:
  explicit SimSide(uint64_t seed) : chooser_(seed), network_(*this, kShards) {}
  Network& network() override {
    now_us_ += chooser_.below(3);
    return network_;
  }
  void settle() override {
    while (!queue_.empty()) {
      const sim::Event event = queue_.pop();
      now_us_ = event.time_us;
      auto [to, message] = messages_.take(event.payload);
      take(to, std::move(message));
    }
  }

 private:
  sim::Chooser& chooser() override { return chooser_; }
  const uint64_t& now_us() const override { return now_us_; }
  void deliver_local(ActorId to, Message message, uint64_t at_us) override {
    sim::Event event;
    event.time_us = at_us;
    event.payload = messages_.put({to, std::move(message)});
    queue_.push(event);
  }
  void deliver_reply(ClientId client, ClientReply reply) override {
    replies.emplace_back(client, std::move(reply));
  }
  void deliver_operator_reply(ClusterChangeReply reply) override {
    operator_replies_.push_back(std::move(reply));
  }
  void deliver_remote(const std::string& address, NodeNumber to, std::string bytes) override {
    remote_.push_back({address, to, std::move(bytes)});
  }

  sim::Chooser chooser_;
  uint64_t now_us_ = 1;
  sim::EventQueue queue_;
  sim::Pool<std::pair<ActorId, Message>> messages_;
  sim::SimNetwork network_;

 public:
  struct Sent {
    std::string address;
    NodeNumber to;
    std::string bytes;
  };
  std::vector<Sent> remote_;
  std::vector<ClusterChangeReply> operator_replies_;
};

ActorId vnode_of(uint16_t shard, uint16_t partition) {
  return {ActorKind::kVnode, shard, {3, partition}};
}

void check_order(NetworkSide& side) {
  constexpr OpId kMessages = 3000;
  for (OpId op = 1; op <= kMessages; ++op) {
    KeyMutation message;
    message.op = op;
    message.key = std::string(op % 7, 'k');
    message.value = std::to_string(op * op);
    side.network().send_local(vnode_of(uint16_t(1 + op % 2), uint16_t(op % 11)),
                              std::move(message));
    if (op % 100 == 0) side.settle();
  }
  side.settle();
  CHECK(side.arrived.size() == 2);
  for (const uint16_t shard : {uint16_t(1), uint16_t(2)}) {
    const std::vector<Arrived>& got = side.arrived[shard];
    REQUIRE(got.size() == kMessages / 2);
    OpId expected = shard == 1 ? 2 : 1;
    for (const Arrived& one : got) {
      REQUIRE(one.message.op == expected);
      CHECK(one.to == vnode_of(shard, uint16_t(expected % 11)));
      CHECK(one.message.key == std::string(expected % 7, 'k'));
      CHECK(one.message.value == std::to_string(expected * expected));
      expected += 2;
    }
  }
}

void check_not_inside_the_call(NetworkSide& side) {
  side.network().send_local(vnode_of(1, 0), KeyMutation{});
  CHECK(side.arrived.empty());
  side.settle();
  CHECK(side.arrived[1].size() == 1);
  // Nothing comes twice.
  side.settle();
  CHECK(side.arrived[1].size() == 1);
}

void check_replies(NetworkSide& side) {
  for (ClientId client = 1; client <= 100; ++client) {
    ClientReply reply;
    reply.timestamp_ms = client * 3;
    side.network().reply(client, std::move(reply));
  }
  side.settle();
  REQUIRE(side.replies.size() == 100);
  for (size_t i = 0; i < 100; ++i) {
    CHECK(side.replies[i].first == i + 1);
    CHECK(side.replies[i].second.timestamp_ms == (i + 1) * 3);
  }
}

template <typename Check>
void on_both_sides(Check check) {
  {
    IoSide side;
    check(side);
  }
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SimSide side(seed);
    check(side);
  }
}

TEST_CASE("network contract: messages to a shard arrive once, whole and in order") {
  on_both_sides(check_order);
}

TEST_CASE("network contract: nothing arrives inside the call that sends it, and nothing twice") {
  on_both_sides(check_not_inside_the_call);
}

TEST_CASE("network contract: each reply reaches its client once, in order") {
  on_both_sides(check_replies);
}

TEST_CASE("network contract: what goes to another node goes as the bytes of its schema") {
  SimSide side(1);
  pb::PeerMessage message;
  message.set_partition(7);
  message.mutable_announcement()->set_hlc(5);
  side.network().send(2, message);
  CHECK(side.remote_.empty());  // no address of it is known
  Configuration configuration;
  Member member;
  member.node = 2;
  member.address = "b:7001";
  configuration.members.push_back(member);
  side.network().set_peers(configuration);
  side.network().send(2, message);
  side.network().send_to("c:7001", message);
  REQUIRE(side.remote_.size() == 2);
  CHECK(side.remote_[0].address == "b:7001");
  CHECK(side.remote_[0].to == 2);
  CHECK(side.remote_[1].address == "c:7001");
  CHECK(side.remote_[1].to == 0);
  for (const SimSide::Sent& sent : side.remote_) {
    pb::PeerMessage parsed;
    REQUIRE(parsed.ParseFromString(sent.bytes));
    CHECK(parsed.SerializeAsString() == message.SerializeAsString());
  }
}

}  // namespace
}  // namespace vordb
