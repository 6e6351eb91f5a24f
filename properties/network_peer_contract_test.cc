// What core relies on in a Network between nodes: a message to a member reaches the address that
// the configuration gives it, as the bytes of its schema, never inside the call that sends it; one
// to an address reaches whoever is there; one to nobody known is dropped. The production side sends
// over real sockets; both sides run the same cases.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/cluster/configuration.h"
#include "io/shard_network.h"
#include "io/testing/peer_fixture.h"
#include "proto/peer.pb.h"
#include "sim/chooser.h"
#include "sim/sim_network.h"

namespace vordb {
namespace {

// Node 1, which sends, and a place where node 2 listens.
class PeerSide {
 public:
  virtual ~PeerSide() = default;
  virtual Network& network() = 0;
  virtual std::string address() const = 0;
  // Bytes of the messages that have arrived at the address, in order.
  virtual std::vector<std::string> arrived() = 0;
  // The turn ends; false unless so many have arrived after a while.
  virtual bool settle(size_t count) = 0;
  std::vector<ClusterChangeReply> operator_replies;

  Configuration configuration() const {
    Configuration made;
    made.epoch = 20;
    made.cluster_id = std::string(16, 'c');
    for (const NodeNumber node : {NodeNumber(1), NodeNumber(2)}) {
      Member member;
      member.node = node;
      member.node_id = "node" + std::to_string(node);
      member.address = node == 2 ? address() : "127.0.0.1:9";
      member.admitted = 16 + node;
      made.members.push_back(member);
    }
    return made;
  }
};

class IoPeerSide : public PeerSide {
 public:
  IoPeerSide()
      : network_(1, {[](uint16_t, std::vector<Envelope>) {}, [](ClientId, ClientReply) {},
                     [this](ClusterChangeReply reply) { operator_replies.push_back(reply); },
                     sending_.links.get()}) {}
  Network& network() override { return network_; }
  std::string address() const override { return receiving_.address(); }
  std::vector<std::string> arrived() override {
    std::vector<std::string> all;
    receiving_.thread.run([&] {
      for (const auto& one : receiving_.arrived) all.push_back(one.message.SerializeAsString());
    });
    return all;
  }
  bool settle(size_t count) override {
    network_.flush();
    return receiving_.wait_for(count);
  }

 private:
  io::testing::ReceivingSide receiving_;
  io::testing::SendingSide sending_;
  io::ShardNetwork network_;
};

class SimPeerSide : public PeerSide, private sim::SimNetworkHost {
 public:
  explicit SimPeerSide(uint64_t seed) : chooser_(seed), network_(*this, 1) {}
  Network& network() override { return network_; }
  std::string address() const override { return "node2:7001"; }
  std::vector<std::string> arrived() override { return there_; }
  bool settle(size_t count) override {
    there_.insert(there_.end(), under_way_.begin(), under_way_.end());
    under_way_.clear();
    return there_.size() >= count;
  }

 private:
  sim::Chooser& chooser() override { return chooser_; }
  const uint64_t& now_us() const override { return now_us_; }
  void deliver_local(ActorId, Message, uint64_t) override {}
  void deliver_reply(ClientId, ClientReply) override {}
  void deliver_operator_reply(ClusterChangeReply reply) override {
    operator_replies.push_back(std::move(reply));
  }
  void deliver_remote(const std::string& to, NodeNumber, std::string bytes) override {
    if (to == address()) under_way_.push_back(std::move(bytes));
  }

  sim::Chooser chooser_;
  uint64_t now_us_ = 1;
  std::vector<std::string> under_way_;
  std::vector<std::string> there_;
  sim::SimNetwork network_;
};

pb::PeerMessage message(uint32_t partition) {
  pb::PeerMessage made;
  made.set_partition(partition);
  made.set_replication_n(3);
  made.set_from_node(1);
  made.mutable_announcement()->set_hlc(uint64_t{partition} << 16);
  return made;
}

void on_both_sides(const std::function<void(PeerSide&)>& check) {
  IoPeerSide io_side;
  check(io_side);
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SimPeerSide sim_side(seed);
    check(sim_side);
  }
}

TEST_CASE("network contract: a member's messages reach its address whole and in order") {
  on_both_sides([](PeerSide& side) {
    side.network().set_peers(side.configuration());
    for (uint32_t i = 0; i < 200; ++i) side.network().send(2, message(i));
    CHECK(side.arrived().empty());
    REQUIRE(side.settle(200));
    const std::vector<std::string> arrived = side.arrived();
    REQUIRE(arrived.size() == 200);
    for (uint32_t i = 0; i < 200; ++i) CHECK(arrived[i] == message(i).SerializeAsString());
  });
}

TEST_CASE("network contract: an address is reached without a configuration") {
  on_both_sides([](PeerSide& side) {
    side.network().send_to(side.address(), message(7));
    REQUIRE(side.settle(1));
    CHECK(side.arrived() == std::vector<std::string>{message(7).SerializeAsString()});
  });
}

TEST_CASE("network contract: what goes to nobody known, or to a member of before, is dropped") {
  on_both_sides([](PeerSide& side) {
    side.network().send(2, message(1));
    side.network().set_peers(side.configuration());
    side.network().send(3, message(2));
    side.network().send(2, message(3));
    Configuration without = side.configuration();
    without.members.pop_back();
    side.network().set_peers(without);
    side.network().send(2, message(4));
    side.network().send_to(side.address(), message(5));
    REQUIRE(side.settle(2));
    const std::vector<std::string> arrived = side.arrived();
    CHECK(arrived ==
          std::vector<std::string>{message(3).SerializeAsString(), message(5).SerializeAsString()});
  });
}

TEST_CASE("network contract: an operator is answered once") {
  on_both_sides([](PeerSide& side) {
    side.network().reply_to_operator({7, std::nullopt});
    REQUIRE(side.operator_replies.size() == 1);
    CHECK(side.operator_replies[0].request == 7);
  });
}

}  // namespace
}  // namespace vordb
