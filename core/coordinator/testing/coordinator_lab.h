// One coordinator against vnodes that do what the test says: every message it sends is kept until
// the test takes it, every answer is the test's. One partition, so that all keys share their
// owners.
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/coordinator/coordinator.h"
#include "core/vnode/causal_token.h"
#include "core/vnode/key_cache.h"

namespace vordb::coordinator {

class CoordinatorLab {
 public:
  // Buckets, each of one type and N=3, named "<type> <w>,<r>": "lww 2,2", "orswot 2,2",
  // "orswot 1,1 ttl".
  static constexpr uint64_t kTtlSeconds = 60;

  explicit CoordinatorLab(std::vector<NodeNumber> owners, NodeNumber self = 1) : node_(self) {
    configuration_.epoch = 20;
    configuration_.ring_size = 1;
    for (NodeNumber node = 1; node <= 6; ++node) add_member(node);
    configuration_.partitions.push_back(Partition{20, 0, std::move(owners), {}, {}});
    BucketId id = 17;
    for (const BucketType type : {BucketType::kLww, BucketType::kOrswot, BucketType::kPnCounter}) {
      for (const auto& [w, r] : {std::pair{1, 1}, {2, 1}, {2, 2}, {3, 1}, {1, 3}}) {
        for (const uint64_t ttl : {uint64_t{0}, kTtlSeconds}) {
          BucketConfig config;
          config.name = std::string(to_string(type)) + " " + std::to_string(w) + "," +
                        std::to_string(r) + (ttl ? " ttl" : "");
          config.type = type;
          config.write_quorum = uint8_t(w);
          config.read_quorum = uint8_t(r);
          config.ttl_seconds = ttl;
          configuration_.add_bucket(Bucket{id++, std::move(config)});
        }
      }
    }
  }

  // ---- requests
  ClientRequest request(Operation operation, const std::string& bucket) {
    ClientRequest out;
    out.operation = operation;
    out.bucket = bucket;
    out.key = "key";
    out.value = "value";
    if (operation == Operation::kSetAdd || operation == Operation::kSetRemove ||
        operation == Operation::kSetContains) {
      out.elements = {"x"};
    }
    return out;
  }
  ClientId submit(ClientRequest request) {
    request.client = ++last_client_;
    Turn c = turn();
    coordinator_.submit(std::move(request), c);
    take_out();
    return last_client_;
  }
  ClientId submit(Operation operation, const std::string& bucket) {
    return submit(request(operation, bucket));
  }
  bool answered(ClientId client) const { return network_.replies.contains(client); }
  const ClientReply& reply(ClientId client) const {
    REQUIRE(answered(client));
    return network_.replies.at(client);
  }
  bool failed(ClientId client, Outcome outcome) const {
    const ClientReply& r = reply(client);
    return r.kind == ClientReply::Kind::kError && r.error.outcome == outcome;
  }
  bool succeeded(ClientId client) const { return reply(client).kind != ClientReply::Kind::kError; }

  // ---- what it sends
  template <typename M>
  size_t count(NodeNumber to = 0) const {
    size_t found = 0;
    for (const auto& [node, message] : sent_) {
      if ((to == 0 || node == to) && std::holds_alternative<M>(message)) ++found;
    }
    return found;
  }
  // The oldest such message to this node, taken away.
  template <typename M>
  M take(NodeNumber to) {
    for (auto at = sent_.begin(); at != sent_.end(); ++at) {
      if (at->first != to || !std::holds_alternative<M>(at->second)) continue;
      M message = std::get<M>(std::move(at->second));
      sent_.erase(at);
      return message;
    }
    FAIL("no such message to node " << to);
    return M{};
  }
  void lose_all() { sent_.clear(); }
  // All of it, in order, with the nodes that it is for.
  std::deque<std::pair<NodeNumber, Message>>& sent() { return sent_; }

  // ---- what vnodes answer
  template <typename M>
  void deliver(M message) {
    Turn c = turn();
    coordinator_.step(std::move(message), c);
    take_out();
  }
  KeyMutationReply done(const KeyMutation& m, NodeNumber node, uint64_t counter = 1) {
    KeyMutationReply out;
    out.op = m.op;
    out.node = node == node_ ? 0 : node;
    out.timestamp_ms = 1000;
    if (counter != 0) out.dot = dot(node, counter);
    return out;
  }
  KeyMutationReply refused(const KeyMutation& m, NodeNumber node, ErrorCode code) {
    KeyMutationReply out;
    out.op = m.op;
    out.node = node == node_ ? 0 : node;
    out.error = ClientError{code, Outcome::kRejected, "refused", ""};
    return out;
  }
  KeyAck ack(OpId op, NodeNumber node, NodeNumber source) {
    return KeyAck{op, node == node_ ? 0 : node, source, false};
  }
  KeyReadReply answer(const KeyRead& r, NodeNumber node, std::shared_ptr<KeyState> state = nullptr,
                      const std::vector<crdt::Dot>& seen = {}) {
    KeyReadReply out;
    out.op = r.op;
    out.node = node == node_ ? 0 : node;
    out.state = std::move(state);
    out.now_ms = clock_.wall;
    crdt::VnodeClock clock;
    for (const crdt::Dot& d : seen) {
      out.base.raise(d);
      clock.raise_base(d.replica, d.counter);
    }
    out.context = encode_token({r.placement, Hlc::from_ms(clock_.wall), crdt::CausalPast(clock)});
    return out;
  }
  // Takes the read sent to `node` and answers it.
  void answer_read(NodeNumber node, std::shared_ptr<KeyState> state = nullptr,
                   const std::vector<crdt::Dot>& seen = {}) {
    deliver(answer(take<KeyRead>(node), node, std::move(state), seen));
  }
  // Takes the push sent to `sender`, and acknowledges it for each target in `acks`.
  KeyPush pass_push(NodeNumber sender, const std::vector<NodeNumber>& acks) {
    const KeyPush push = take<KeyPush>(sender);
    for (const NodeNumber node : acks) deliver(ack(push.op, node, sender));
    return push;
  }

  static crdt::Dot dot(NodeNumber node, uint64_t counter) {
    return crdt::Dot{{node, 16, 1u << 16}, counter};
  }
  static std::shared_ptr<KeyState> value(const std::string& text, const crdt::Dot& dot,
                                         uint64_t ms) {
    crdt::Entry entry;
    entry.live.push_back({dot, {.hlc = Hlc::from_ms(ms), .value = text}});
    auto state = std::make_shared<KeyState>();
    state->set(crdt::kRegisterSubkey, std::make_shared<const crdt::Entry>(std::move(entry)));
    return state;
  }
  static std::shared_ptr<KeyState> members(
      const std::vector<std::pair<std::string, crdt::Dot>>& elements, uint64_t deadline_ms = 0) {
    auto state = std::make_shared<KeyState>();
    for (const auto& [element, dot] : elements) {
      crdt::Entry entry;
      entry.live.push_back({dot, {}});
      state->set(crdt::element_subkey(element),
                 std::make_shared<const crdt::Entry>(std::move(entry)));
    }
    if (deadline_ms != 0) {
      crdt::Entry meta;
      meta.live.push_back({dot(1, 99), {.expires_at_ms = deadline_ms}});
      state->set(crdt::meta_subkey(), std::make_shared<const crdt::Entry>(std::move(meta)));
    }
    return state;
  }

  // ---- the cluster
  Configuration& configuration() { return configuration_; }
  // Begins a move, or ends one: {} for `next`. The version is the new epoch.
  void change_owners(std::vector<NodeNumber> owners, std::vector<NodeNumber> next = {}) {
    Partition& partition = configuration_.partitions[0];
    partition.pv = ++configuration_.epoch;
    partition.move = next.empty() ? 0 : partition.pv;
    partition.owners = std::move(owners);
    partition.next = std::move(next);
    adopt();
  }
  void remove(NodeNumber node) {
    ++configuration_.epoch;
    for (Member& m : configuration_.members) {
      if (m.node == node) m.status = MemberStatus::kRemoved;
    }
    adopt();
  }
  void adopt() {
    Turn c = turn();
    coordinator_.configuration_changed(c);
    take_out();
  }
  void suspect(std::vector<NodeNumber> nodes) { suspected_ = std::move(nodes); }
  void pause(bool paused) { paused_ = paused; }
  void set_clock_ahead(bool ahead) { clock_ahead_ = ahead; }
  void advance(uint64_t ms) {
    for (uint64_t left = ms; left > 0; left -= std::min<uint64_t>(left, 50)) {
      clock_.wall += 50;
      clock_.monotonic += 50'000;
      Turn c = turn();
      coordinator_.tick(c);
      take_out();
    }
  }
  size_t waiting() const { return coordinator_.waiting(); }
  uint64_t wall_ms() const { return clock_.wall; }

 private:
  struct FakeClock : Clock {
    uint64_t wall = 1'000'000;
    uint64_t monotonic = 0;
    uint64_t wall_ms() override { return wall; }
    uint64_t monotonic_us() override { return monotonic; }
  };
  struct FakeNetwork : Network {
    std::map<ClientId, ClientReply> replies;
    void send(NodeNumber, const pb::PeerMessage&) override {}
    void send_to(std::string_view, const pb::PeerMessage&) override {}
    void set_peers(const Configuration&) override {}
    void send_local(ActorId, Message) override {}
    void reply(ClientId client, ClientReply reply) override {
      REQUIRE_MESSAGE(!replies.contains(client), "each request is answered once");
      replies.emplace(client, std::move(reply));
    }
    void reply_to_operator(ClusterChangeReply) override {}
  };
  struct FakeDisk : Disk {
    void commit(ActorId, OpId, Batch) override {}
    void end_turn() override {}
    std::optional<ReadResult> read(ActorId, OpId, const ReadRequest&) override { return {}; }
    ReadResult read_at_start(const ReadRequest&) override { return {}; }
    absl::Status commit_at_start(const Batch&) override { return {}; }
    SnapshotId open_snapshot() override { return 1; }
    void close_snapshot(SnapshotId) override {}
    FreeSpace free_space() override { return FreeSpace::kEnough; }
  };
  struct FakeRandom : Random {
    uint64_t next() override { return 4; }
  };
  struct FakeTelemetry : Telemetry {
    void received(ActorKind, uint8_t) override {}
    void sent(ActorKind, uint8_t) override {}
    void transition(ActorKind, uint8_t) override {}
    void violated(std::string_view) override {}
    void log(LogLevel, std::string_view) override {}
  };

  void add_member(NodeNumber node) {
    Member member;
    member.node = node;
    member.node_id = "node" + std::to_string(node);
    member.admitted = 16;
    configuration_.members.push_back(std::move(member));
  }
  Turn turn() {
    return Turn{env_,  configuration_, options_, cache_,      outbox_,
                node_, suspected_,     paused_,  clock_ahead_};
  }
  void take_out() {
    Turn c = turn();
    while (coordinator_.has_ready()) coordinator_.run_ready(c);
    for (Envelope& e : outbox_) {
      if (e.to.kind != ActorKind::kVnode) continue;
      sent_.emplace_back(e.node == 0 ? node_ : e.node, std::move(e.message));
    }
    outbox_.clear();
  }

  NodeNumber node_;
  FakeClock clock_;
  FakeNetwork network_;
  FakeDisk disk_;
  FakeRandom random_;
  FakeTelemetry telemetry_;
  Env env_{clock_, network_, disk_, random_, telemetry_};
  Configuration configuration_;
  NodeOptions options_;
  KeyCache cache_{0};
  std::vector<NodeNumber> suspected_;
  bool paused_ = false;
  bool clock_ahead_ = false;
  std::vector<Envelope> outbox_;
  std::deque<std::pair<NodeNumber, Message>> sent_;
  Coordinator coordinator_{0, 0};
  ClientId last_client_ = 0;
};

}  // namespace vordb::coordinator
