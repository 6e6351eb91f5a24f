// Several memberships over lossy, reordering links and disks that forget what was not durable, with
// time and chance of their own. Vnodes are stood in for: an owner to be counts once it knows of its
// move, a draining one drops at once. It sees that no epoch has two configurations.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "core/cluster/membership.h"
#include "core/shard_start.h"
#include "proto/peer.pb.h"

namespace vordb::cluster::lab {

class Lab {
 public:
  static constexpr uint64_t kStepUs = 10'000;
  static constexpr uint32_t kRing = 8;

  explicit Lab(uint64_t seed) : state_(seed * 2 + 1) {}

  uint64_t below(uint64_t n) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33) % n;
  }

  struct Node;

  // The door of one node to everything.
  struct Doors final : Clock, Random, Disk, Network, Telemetry {
    Doors(Lab& owner, size_t at) : lab(owner), index(at) {}
    Lab& lab;
    size_t index;

    uint64_t wall_ms() override { return lab.now_us / 1000 + lab.nodes[index]->wall_ahead_ms; }
    uint64_t monotonic_us() override { return lab.now_us; }
    uint64_t next() override { return lab.below(UINT32_MAX); }

    void commit(ActorId, OpId op, Batch batch) override {
      lab.nodes[index]->pending.push_back({op, lab.now_us + lab.below(30'000), std::move(batch)});
    }
    void end_turn() override {}
    std::optional<ReadResult> read(ActorId, OpId, const ReadRequest& request) override {
      return read_at_start(request);
    }
    ReadResult read_at_start(const ReadRequest& request) override {
      ReadResult result;
      auto& records = lab.nodes[index]->disk;
      if (request.is_point()) {
        const auto at = records.find({request.family, request.begin});
        if (at != records.end()) result.records.push_back({at->first.second, at->second});
        return result;
      }
      for (auto at = records.lower_bound({request.family, request.begin});
           at != records.end() && at->first < std::pair(request.family, request.end); ++at) {
        result.records.push_back({at->first.second, at->second});
      }
      return result;
    }
    absl::Status commit_at_start(const Batch& batch) override {
      lab.write(*lab.nodes[index], batch);
      return absl::OkStatus();
    }
    SnapshotId open_snapshot() override { return 0; }
    void close_snapshot(SnapshotId) override {}
    FreeSpace free_space() override { return FreeSpace::kEnough; }

    void send(NodeNumber to, const pb::PeerMessage& message) override {
      const Member* member = lab.nodes[index]->used->member(to);
      if (member) send_to(member->address, message);
    }
    void send_to(std::string_view address, const pb::PeerMessage& message) override {
      lab.post(index, address, message);
    }
    void set_peers(const Configuration&) override {}
    void send_local(ActorId, Message) override {}
    void reply(ClientId, ClientReply) override {}
    void reply_to_operator(ClusterChangeReply reply) override {
      REQUIRE_FALSE(lab.answers.contains(reply.request));
      lab.answers[reply.request] = reply.error;
    }
    void received(ActorKind, uint8_t) override {}
    void sent(ActorKind, uint8_t) override {}
    void transition(ActorKind, uint8_t) override {}
    void violated(std::string_view) override {}
    void log(LogLevel level, std::string_view text) override {
      if (level >= LogLevel::kWarning) lab.nodes[index]->warnings.emplace_back(text);
    }
  };

  struct Commit {
    OpId op;
    uint64_t due_us;
    Batch batch;
  };
  struct Node {
    NodeOptions options;
    std::unique_ptr<Doors> doors;
    std::map<std::pair<Family, std::string>, std::string> disk;
    std::deque<Commit> pending;
    std::optional<Membership> membership;
    std::shared_ptr<const Configuration> used;
    NodeNumber number = 0;
    std::vector<NodeNumber> suspected;
    uint64_t wall_ahead_ms = 0;
    bool clock_ahead = false;
    bool paused = false;
    bool has_data = false;
    bool counts = true;  // its vnodes reach what moves ask for
    uint64_t ticks = 0;
    std::vector<std::string> warnings;

    bool up() const { return membership.has_value(); }
    MemberStatus status() const {
      const Member* self = used->member(number);
      return self ? self->status : MemberStatus::kRemoved;
    }
  };

  size_t add(const std::string& id, std::vector<size_t> seeds = {}) {
    const size_t index = place(id);
    for (const size_t seed : seeds) {
      nodes[index]->options.seed_nodes.push_back("h" + std::to_string(seed) + ":1");
    }
    start(index);
    return index;
  }

  // Nodes n1, n2, ... that are to found one cluster. None of them runs yet.
  void place_founders(size_t count) {
    std::vector<std::string> listed;
    for (size_t i = 0; i < count; ++i) {
      const std::string id = "n" + std::to_string(i + 1);
      place(id);
      listed.push_back(id + "=" + address(i));
    }
    for (size_t i = 0; i < count; ++i) nodes[i]->options.initial_members = listed;
  }

  // A node that does not run yet.
  size_t place(const std::string& id) {
    const size_t index = nodes.size();
    nodes.push_back(std::make_unique<Node>());
    Node& node = *nodes.back();
    node.options.node_id = id;
    node.options.address = "h" + std::to_string(index) + ":1";
    node.options.ring_size = kRing;
    node.options.column_families = 1;
    node.options.ring_gossip_interval_ms = 1000;
    node.doors = std::make_unique<Doors>(*this, index);
    node.used = std::make_shared<const Configuration>();
    return index;
  }

  void start(size_t index) {
    Node& node = *nodes[index];
    Doors& doors = *node.doors;
    Env env{doors, doors, doors, doors, doors};
    const absl::StatusOr<StartState> started = start_node(0, node.options, env);
    INFO(started.status().message());
    REQUIRE(started.ok());
    node.used = started->configuration;
    node.number = started->node;
    node.paused = false;
    node.suspected.clear();
    node.membership.emplace(*started, node.options);
    note(*node.used);
  }

  // What was not durable is lost, but for some of it in order.
  void crash(size_t index) {
    Node& node = *nodes[index];
    uint64_t kept = below(node.pending.size() + 1);
    for (; kept > 0; --kept) {
      write(node, node.pending.front().batch);
      node.pending.pop_front();
    }
    node.pending.clear();
    node.membership.reset();
  }
  void wipe(size_t index) { nodes[index]->disk.clear(); }

  uint64_t change(size_t index, ClusterChange::Kind kind, const std::string& subject,
                  bool accept_loss = false) {
    ClusterChange change;
    change.kind = kind;
    change.request = ++last_request;
    change.node = subject;
    change.accept_loss = accept_loss;
    with(index, [&](Membership& m, Turn& c) { m.step(change, c); });
    return last_request;
  }
  uint64_t create(size_t index, const std::string& name, BucketType type = BucketType::kLww) {
    return change_bucket(index, name, true, type);
  }
  uint64_t drop(size_t index, const std::string& name) {
    return change_bucket(index, name, false, BucketType::kLww);
  }
  std::string address(size_t index) const { return nodes[index]->options.address; }

  bool answered(uint64_t request) const { return answers.contains(request); }
  bool ok(uint64_t request) const { return answered(request) && !answers.at(request); }

  void run_ms(uint64_t ms) {
    for (const uint64_t end = now_us + ms * 1000; now_us < end;) step();
  }
  // False when it did not come within this time.
  template <typename Condition>
  bool run_until(uint64_t ms, Condition condition) {
    for (const uint64_t end = now_us + ms * 1000; now_us < end; step()) {
      if (condition()) return true;
    }
    return condition();
  }

  // Every node that is up uses one configuration, in which nothing moves or drains.
  bool settled() {
    uint64_t epoch = 0;
    for (const auto& node : nodes) {
      if (!node->up() || node->status() == MemberStatus::kRemoved) continue;
      if (epoch != 0 && node->used->epoch != epoch) return false;
      epoch = node->used->epoch;
      for (const Member& m : node->used->members) {
        if (m.status == MemberStatus::kJoining || m.status == MemberStatus::kLeaving) return false;
      }
      for (const Partition& p : node->used->partitions) {
        if (p.move != 0 || !p.draining.empty()) return false;
      }
    }
    return epoch != 0;
  }

  const Configuration& used(size_t index) const { return *nodes[index]->used; }

  template <typename Use>
  void with(size_t index, Use use) {
    Node& node = *nodes[index];
    if (!node.up()) return;
    Doors& doors = *node.doors;
    Env env{doors, doors, doors, doors, doors};
    std::vector<Envelope> outbox;
    Turn turn{env, outbox};
    use(*node.membership, turn);
    for (size_t i = 0; i < outbox.size(); ++i) {
      const Message message = outbox[i].message;
      shard(node, message, turn);
    }
  }

  uint64_t now_us = 1'000'000;
  std::vector<std::unique_ptr<Node>> nodes;
  std::map<uint64_t, std::optional<ClientError>> answers;
  uint64_t last_request = 0;
  uint64_t loss_percent = 0;
  uint64_t delay_us = 20'000;
  std::set<std::pair<size_t, size_t>> cut;  // from, to

  void isolate(size_t index, bool isolated) {
    for (size_t other = 0; other < nodes.size(); ++other) {
      for (const auto& link : {std::pair(index, other), std::pair(other, index)}) {
        if (isolated) {
          cut.insert(link);
        } else {
          cut.erase(link);
        }
      }
    }
  }

 private:
  uint64_t change_bucket(size_t index, const std::string& name, bool create, BucketType type) {
    BucketChange change;
    change.op = ++last_request;
    change.create = create;
    change.config.name = name;
    change.config.type = type;
    with(index, [&](Membership& m, Turn& c) { m.step(change, c); });
    return last_request;
  }

  struct Letter {
    uint64_t due_us;
    size_t to;
    std::string bytes;
  };

  void write(Node& node, const Batch& batch) {
    batch.for_each([&](Batch::Write w) {
      const auto key = std::pair(w.family, std::string(w.key));
      if (w.kind == Batch::Kind::kPut) node.disk[key] = std::string(w.value);
      if (w.kind == Batch::Kind::kDelete) node.disk.erase(key);
      if (w.kind == Batch::Kind::kDeleteRange) {
        node.disk.erase(node.disk.lower_bound(key),
                        node.disk.lower_bound({w.family, std::string(w.value)}));
      }
    });
  }

  void post(size_t from, std::string_view address, const pb::PeerMessage& message) {
    for (size_t to = 0; to < nodes.size(); ++to) {
      if (nodes[to]->options.address != address || cut.contains({from, to})) continue;
      if (below(100) < loss_percent) continue;
      letters_.push_back({now_us + below(delay_us), to, message.SerializeAsString()});
      if (below(100) < loss_percent) letters_.push_back(letters_.back());
    }
  }

  void note(const Configuration& configuration) {
    if (configuration.epoch == 0) return;
    const auto [at, fresh] = chosen_.try_emplace({configuration.cluster_id, configuration.epoch},
                                                 checksum(configuration));
    REQUIRE(at->second == checksum(configuration));
    const absl::Status sound = check_configuration(configuration);
    INFO(sound.message());
    REQUIRE(sound.ok());
  }

  void shard(Node& node, const Message& message, Turn& turn) {
    const auto use = [&](const std::shared_ptr<const Configuration>& configuration) {
      node.used = configuration;
      note(*configuration);
      node.membership->step(ConfigurationInUse{0, configuration->epoch}, turn);
    };
    if (const auto* chosen = std::get_if<ConfigurationChosen>(&message)) use(chosen->configuration);
    if (const auto* reborn = std::get_if<NodeReborn>(&message)) {
      node.number = reborn->node;
      node.has_data = false;
      use(reborn->configuration);
    }
    if (const auto* paused = std::get_if<ServingPaused>(&message)) node.paused = paused->paused;
    if (const auto* clock = std::get_if<ClockJudged>(&message)) node.clock_ahead = clock->ahead;
    if (const auto* suspects = std::get_if<PeersSuspected>(&message)) {
      node.suspected = suspects->nodes;
    }
    if (const auto* reply = std::get_if<BucketChangeReply>(&message)) {
      REQUIRE_FALSE(answers.contains(reply->op));
      answers[reply->op] = reply->error;
    }
  }

  ShardReport report(const Node& node) const {
    ShardReport report;
    report.epoch = node.used->epoch;
    report.paused = node.paused;
    report.has_data = node.has_data;
    for (uint32_t p = 0; p < node.used->partitions.size(); ++p) {
      const Partition& partition = node.used->partitions[p];
      for (uint8_t n = 1; n <= kReplicationMax; ++n) {
        const PlacementId id{n, uint16_t(p)};
        const auto next = node.used->next_owners(id);
        const bool is_next = std::find(next.begin(), next.end(), node.number) != next.end();
        if (is_next && node.counts) report.counted.push_back({id, partition.move});
      }
      const auto& draining = partition.draining;
      if (std::find(draining.begin(), draining.end(), node.number) != draining.end()) {
        report.drained.push_back(uint16_t(p));
      }
    }
    return report;
  }

  void step() {
    now_us += kStepUs;
    for (size_t i = 0; i < letters_.size();) {
      if (letters_[i].due_us > now_us) {
        ++i;
        continue;
      }
      const Letter letter = std::move(letters_[i]);
      letters_.erase(letters_.begin() + ptrdiff_t(i));
      pb::PeerMessage message;
      REQUIRE(message.ParseFromString(letter.bytes));
      with(letter.to, [&](Membership& m, Turn& c) { m.step(message, c); });
    }
    for (size_t i = 0; i < nodes.size(); ++i) {
      Node& node = *nodes[i];
      while (node.up() && !node.pending.empty() && node.pending.front().due_us <= now_us) {
        const Commit commit = std::move(node.pending.front());
        node.pending.pop_front();
        write(node, commit.batch);
        DiskEvent event;
        event.op = commit.op;
        with(i, [&](Membership& m, Turn& c) { m.step(event, c); });
      }
      ++node.ticks;
      if (!node.up()) continue;
      if (node.ticks % 5 == 0) with(i, [&](Membership& m, Turn& c) { m.tick(c); });
      if (node.ticks % 20 == 0) {
        with(i, [&](Membership& m, Turn& c) { m.step(report(node), c); });
      }
    }
  }

  uint64_t state_;
  std::vector<Letter> letters_;
  std::map<std::pair<std::string, uint64_t>, uint64_t> chosen_;  // cluster and epoch: checksum
};

}  // namespace vordb::cluster::lab
