// Several whole nodes, each of several shards over a memory disk, with one clock and a network
// that loses nothing but what it is told to. Every message between nodes is recorded as the bytes
// that it was sent as, and a test may hand any bytes to any node as if a peer had sent them. What
// nodes make of their peers is tested here.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/shard.h"
#include "sim/memory_disk.h"

namespace vordb::sim {

class ClusterLab {
 public:
  static constexpr uint16_t kShards = 2;

  ClusterLab();
  ~ClusterLab();
  ClusterLab(const ClusterLab&) = delete;
  ClusterLab& operator=(const ClusterLab&) = delete;

  // Of the nodes that are added from now on; names, addresses and seeds are their own. Its
  // intervals are short ones.
  NodeOptions options;

  // Adds a node; the first founds the cluster, each other one asks that before it to admit it.
  void add();
  size_t nodes() const { return nodes_.size(); }
  NodeNumber number(size_t node) const { return NodeNumber(node + 1); }
  Shard& shard(size_t node, uint16_t index = 0);
  MemoryDisk& disk(size_t node);
  // The process dies and starts again on what is durable.
  absl::Status restart(size_t node);

  // ---- clients
  ClientId submit(size_t node, ClientRequest request);
  // Null while it is not answered.
  const ClientReply* reply(ClientId client) const;
  // Submits and settles; the answer, if it has come.
  const ClientReply* ask(size_t node, ClientRequest request);

  // As an operator asks for it; of a change of members the answer is not kept.
  void full_sync(size_t node);
  void change(size_t node, ClusterChange change);

  // ---- peers
  struct Sent {
    size_t from = 0;
    size_t to = 0;
    std::string bytes;
  };
  std::vector<Sent> sent;  // every message between nodes since the test cleared it
  // Set: what it returns true for is lost.
  std::function<bool(const pb::PeerMessage&)> loses;
  // As a driver hands over what has arrived. False: it is for no shard of this node.
  bool feed(size_t node, const pb::PeerMessage& message);
  // Messages that broke a constraint, over all shards, and what was said of the last.
  uint64_t refused(size_t node) const;
  const std::string& last_refusal(size_t node) const;

  // ---- time
  // Everything becomes durable and arrives until nothing moves.
  void settle();
  // Ticks every shard for so long, settling after each tick.
  void run_for(uint64_t ms);

 private:
  struct Node;
  class Doors;

  absl::Status start(Node& node);
  bool settle(Node& node);
  void send(size_t from, const std::string& address, const pb::PeerMessage& message);

  uint64_t now_ms_ = 1'700'000'000'000;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::deque<Sent> under_way_;
  std::map<ClientId, ClientReply> replies_;
  ClientId next_client_ = 1;
};

}  // namespace vordb::sim
