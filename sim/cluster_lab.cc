#include "sim/cluster_lab.h"

#include <utility>

#include "core/assert.h"
#include "core/cluster/configuration.h"
#include "core/peer_codec.h"
#include "proto/peer.pb.h"

namespace vordb::sim {

namespace {

// More than any test has under way: beyond it nodes keep each other busy for ever.
constexpr size_t kMovesMax = 200'000;

std::string address_of_node(size_t index) { return "n" + std::to_string(index + 1) + ":7001"; }

}  // namespace

// What the shards of one node see of the world besides their disk.
class ClusterLab::Doors : public Clock, public Network, public Random, public Telemetry {
 public:
  Doors(ClusterLab& lab, Node& node);

  uint64_t wall_ms() override { return lab_.now_ms_; }
  uint64_t monotonic_us() override { return lab_.now_ms_ * 1000; }

  void send(NodeNumber to, const pb::PeerMessage& message) override;
  void send_to(std::string_view address, const pb::PeerMessage& message) override;
  void set_peers(const Configuration& configuration) override {
    addresses_.clear();
    for (const Member& m : configuration.members) addresses_[m.node] = m.address;
  }
  void reply_to_operator(ClusterChangeReply) override {}
  void send_local(ActorId to, Message message) override;
  void reply(ClientId client, ClientReply reply) override {
    const bool first = lab_.replies_.emplace(client, std::move(reply)).second;
    VORDB_ASSERT(first && client < lab_.next_client_, "each request is answered once");
  }

  uint64_t next() override { return last_ += 0x9e3779b97f4a7c15; }

  void received(ActorKind, uint8_t) override {}
  void sent(ActorKind, uint8_t) override {}
  void transition(ActorKind, uint8_t) override {}
  void violated(std::string_view constraint) override;
  void log(LogLevel, std::string_view) override {}

 private:
  ClusterLab& lab_;
  Node& node_;
  std::map<NodeNumber, std::string> addresses_;
  uint64_t last_;
};

struct ClusterLab::Node {
  size_t index = 0;
  NodeOptions options;
  MemoryDisk disk;
  std::unique_ptr<Doors> doors;
  std::vector<Shard> shards;
  std::deque<std::pair<ActorId, Message>> local;
  uint64_t refused = 0;
  std::string last_refusal;

  Env env() { return {*doors, *doors, disk, *doors, *doors}; }

  // Where an actor lives: the shards share the disk and the queue.
  Shard& shard_of(const ActorId& actor) {
    switch (actor.kind) {
      case ActorKind::kCoordinator:
        return shards.at(actor.shard);
      case ActorKind::kVnode:
        return shards.at(actor.placement.partition % kShards);
      default:
        return shards.at(0);
    }
  }
};

// Each node draws numbers of its own.
ClusterLab::Doors::Doors(ClusterLab& lab, Node& node)
    : lab_(lab), node_(node), last_(uint64_t(node.index) << 32) {}

void ClusterLab::Doors::send(NodeNumber to, const pb::PeerMessage& message) {
  const auto at = addresses_.find(to);
  if (at != addresses_.end()) lab_.send(node_.index, at->second, message);
}

void ClusterLab::Doors::send_to(std::string_view address, const pb::PeerMessage& message) {
  lab_.send(node_.index, std::string(address), message);
}

void ClusterLab::Doors::send_local(ActorId to, Message message) {
  node_.local.emplace_back(to, std::move(message));
}

void ClusterLab::Doors::violated(std::string_view constraint) {
  ++node_.refused;
  node_.last_refusal = constraint;
}

ClusterLab::ClusterLab() {
  options.ring_size = 8;
  options.column_families = 4;
  options.shards = kShards;
  options.sync_interval_ms = 100;
  options.ttl_sweep_interval_ms = 200;
  options.ring_gossip_interval_ms = 500;
}

ClusterLab::~ClusterLab() = default;

void ClusterLab::add() {
  auto node = std::make_unique<Node>();
  node->index = nodes_.size();
  node->doors = std::make_unique<Doors>(*this, *node);
  node->options = options;
  NodeOptions& own = node->options;
  own.node_id = "n" + std::to_string(node->index + 1);
  own.address = address_of_node(node->index);
  if (node->index > 0) own.seed_nodes = {address_of_node(node->index - 1)};
  nodes_.push_back(std::move(node));
  const absl::Status started = start(*nodes_.back());
  VORDB_ASSERT(started.ok(), "a node starts on an empty disk");
}

absl::Status ClusterLab::start(Node& node) {
  node.shards.clear();
  node.local.clear();
  Env env = node.env();
  for (uint16_t index = 0; index < kShards; ++index) {
    Shard& shard = node.shards.emplace_back(index, node.options);
    if (absl::Status status = shard.start(env); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ClusterLab::restart(size_t node) {
  nodes_.at(node)->disk.crash();
  return start(*nodes_.at(node));
}

Shard& ClusterLab::shard(size_t node, uint16_t index) { return nodes_.at(node)->shards.at(index); }
MemoryDisk& ClusterLab::disk(size_t node) { return nodes_.at(node)->disk; }
uint64_t ClusterLab::refused(size_t node) const { return nodes_.at(node)->refused; }
const std::string& ClusterLab::last_refusal(size_t node) const {
  return nodes_.at(node)->last_refusal;
}

ClientId ClusterLab::submit(size_t node, ClientRequest request) {
  request.client = next_client_++;
  const ClientId client = request.client;
  Env env = nodes_.at(node)->env();
  nodes_.at(node)->shards[0].submit(std::move(request), env);
  return client;
}

const ClientReply* ClusterLab::reply(ClientId client) const {
  const auto at = replies_.find(client);
  return at == replies_.end() ? nullptr : &at->second;
}

const ClientReply* ClusterLab::ask(size_t node, ClientRequest request) {
  const ClientId client = submit(node, std::move(request));
  settle();
  return reply(client);
}

void ClusterLab::full_sync(size_t node) {
  Env env = nodes_.at(node)->env();
  for (Shard& shard : nodes_.at(node)->shards) shard.full_sync(env);
  settle();
}

void ClusterLab::change(size_t node, ClusterChange change) {
  Env env = nodes_.at(node)->env();
  nodes_.at(node)->shards[0].change_cluster(std::move(change), env);
  settle();
}

void ClusterLab::send(size_t from, const std::string& address, const pb::PeerMessage& message) {
  for (size_t to = 0; to < nodes_.size(); ++to) {
    if (address_of_node(to) != address) continue;
    sent.push_back({from, to, message.SerializeAsString()});
    if (!loses || !loses(message)) under_way_.push_back(sent.back());
  }
}

bool ClusterLab::feed(size_t node, const pb::PeerMessage& message) {
  auto& shards = nodes_.at(node)->shards;
  Env env = nodes_.at(node)->env();
  if (message.has_digest()) {
    for (Shard& shard : shards) shard.on_peer_message(message, env);
    return true;
  }
  const ActorKind kind = peer_target(message);
  const uint32_t at = kind == ActorKind::kVnode         ? message.partition() % kShards
                      : kind == ActorKind::kCoordinator ? message.shard()
                                                        : 0;
  if (at >= kShards) return false;
  shards[at].on_peer_message(message, env);
  return true;
}

bool ClusterLab::settle(Node& node) {
  bool moved = false;
  Env env = node.env();
  for (;;) {
    for (Shard& shard : node.shards) shard.end_turn(env);
    std::vector<DiskEvent> events = node.disk.take_reads();
    while (node.disk.pending() > 0) events.push_back(node.disk.make_durable());
    if (events.empty() && node.local.empty()) return moved;
    moved = true;
    for (DiskEvent& event : events) {
      Shard& shard = node.shard_of(event.actor);
      shard.on_disk(std::move(event), env);
    }
    while (!node.local.empty()) {
      auto [to, message] = std::move(node.local.front());
      node.local.pop_front();
      node.shard_of(to).on_message(to, std::move(message), env);
    }
  }
}

void ClusterLab::settle() {
  size_t moves = 0;
  for (bool moved = true; moved;) {
    moved = false;
    for (const auto& node : nodes_) moved |= settle(*node);
    for (; !under_way_.empty(); moved = true) {
      const Sent next = std::move(under_way_.front());
      under_way_.pop_front();
      pb::PeerMessage message;
      VORDB_ASSERT(message.ParseFromString(next.bytes), "what was encoded decodes");
      feed(next.to, message);
      VORDB_ASSERT(++moves < kMovesMax, "nodes come to rest");
    }
  }
}

void ClusterLab::run_for(uint64_t ms) {
  for (uint64_t passed = 0; passed < ms; passed += kTickMs) {
    now_ms_ += kTickMs;
    for (const auto& node : nodes_) {
      Env env = node->env();
      for (Shard& shard : node->shards) shard.tick(env);
    }
    settle();
  }
}

}  // namespace vordb::sim
