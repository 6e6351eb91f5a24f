// One node of a VnodeLab: its vnode and the doors through which that vnode sees the world.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/assert.h"
#include "proto/peer.pb.h"
#include "sim/vnode_lab.h"

namespace vordb::sim {

// The one that all vnodes of a lab are of.
inline constexpr PlacementId kPlacement{3, 0};

class LabClock : public Clock {
 public:
  uint64_t now_ms = 1'700'000'000'000;
  uint64_t steady_ms = now_ms;  // no step of the wall clock moves it
  uint64_t wall_ms() override { return now_ms; }
  uint64_t monotonic_us() override { return steady_ms * 1000; }
};

class LabRandom : public Random {
 public:
  uint64_t next() override { return ++last_; }

 private:
  uint64_t last_ = 0;
};

class CountingTelemetry : public Telemetry {
 public:
  uint64_t violations = 0;
  void received(ActorKind, uint8_t) override {}
  void sent(ActorKind, uint8_t) override {}
  void transition(ActorKind, uint8_t) override {}
  void violated(std::string_view) override { ++violations; }
  void log(LogLevel, std::string_view) override {}
};

class LabNetwork : public Network {
 public:
  LabNetwork(NodeNumber from, std::vector<VnodeLab::Packet>& packets)
      : from_(from), packets_(packets) {}
  void send(NodeNumber to, const pb::PeerMessage& message) override {
    packets_.push_back({from_, to, message.SerializeAsString()});
  }
  void send_to(std::string_view, const pb::PeerMessage&) override {
    VORDB_ASSERT(false, "vnodes speak to members");
  }
  void set_peers(const Configuration&) override {}
  void reply_to_operator(ClusterChangeReply) override {}
  void send_local(ActorId, Message) override { VORDB_ASSERT(false, "a lab node has one shard"); }
  void reply(ClientId, ClientReply) override { VORDB_ASSERT(false, "a lab has no coordinator"); }

 private:
  NodeNumber from_;
  std::vector<VnodeLab::Packet>& packets_;
};

struct VnodeLab::Node {
  Node(NodeNumber node_number, std::vector<Packet>& packets)
      : number(node_number),
        network(node_number, packets),
        env{clock, network, disk, random, telemetry} {}

  NodeNumber number;
  LabClock clock;
  LabNetwork network;
  MemoryDisk disk;
  LabRandom random;
  CountingTelemetry telemetry;
  Env env;
  uint64_t boot = 0;
  uint64_t incarnation = kFirstEpoch;
  bool founding = true;
  KeyCache cache{0};  // of the lab's size from its start
  std::vector<Envelope> outbox;
  std::vector<PlacementId> unflushed;
  vnode::Ceiling ceiling;
  uint32_t fetches = 0;
  Configuration configuration;  // as far as this node knows
  std::optional<vnode::Vnode> vnode;

  vnode::Turn turn(const NodeOptions& options) {
    return {env, configuration, options, cache, 0, outbox, unflushed, ceiling, fetches};
  }
};

template <typename Step>
void VnodeLab::step(NodeNumber number, Step&& body) {
  Node& node = at(number);
  vnode::Turn turn = node.turn(options_);
  body(*node.vnode, turn);
  take_answers(node);
}

}  // namespace vordb::sim
