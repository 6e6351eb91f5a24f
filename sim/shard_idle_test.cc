// What a cluster costs while nobody uses it: no commit, few bytes, and yet it forgets what may be
// forgotten and tells again what was lost.
#include <doctest/doctest.h>

#include <numeric>
#include <string>
#include <vector>

#include "core/cluster/configuration.h"
#include "proto/peer.pb.h"
#include "sim/cluster_lab.h"
#include "sim/falsify_test.h"

using namespace vordb;
using vordb::sim::ClusterLab;
using Kind = ClientReply::Kind;

namespace {

constexpr size_t kNodes = 3;
constexpr uint64_t kLaterMs = 2'000'000'000'000;  // than anything here happens

// Three nodes with the intervals and the ring that operators get.
struct Idle {
  Idle() {
    const NodeOptions defaults;
    lab.options.ring_size = defaults.ring_size;
    lab.options.sync_interval_ms = defaults.sync_interval_ms;
    lab.options.ring_gossip_interval_ms = defaults.ring_gossip_interval_ms;
    lab.options.ttl_sweep_interval_ms = defaults.ttl_sweep_interval_ms;
    for (size_t i = 0; i < kNodes; ++i) lab.add();
    lab.run_for(30'000);
    REQUIRE(lab.shard(0).configuration()->members.size() == kNodes);
  }

  void ask(size_t node, Operation operation, const std::string& key) {
    ClientRequest request;
    request.operation = operation;
    request.key = key;
    request.value = "value";
    const ClientReply* reply = lab.ask(node, request);
    REQUIRE(reply);
    REQUIRE(reply->kind != Kind::kError);
  }

  template <typename Figure>
  uint64_t sum(Figure figure) {
    uint64_t sum = 0;
    for (size_t node = 0; node < kNodes; ++node) {
      for (uint16_t shard = 0; shard < ClusterLab::kShards; ++shard) {
        sum += lab.shard(node, shard).figures(kLaterMs).*figure;
      }
    }
    return sum;
  }

  // Of all nodes: mutations that were followed until every owner had them, and how long that took.
  LagHistogram convergence() {
    LagHistogram sum;
    for (size_t node = 0; node < kNodes; ++node) {
      for (uint16_t shard = 0; shard < ClusterLab::kShards; ++shard)
        sum.add(lab.shard(node, shard).figures(kLaterMs).convergence);
    }
    return sum;
  }

  uint64_t bytes_sent() const {
    uint64_t bytes = 0;
    for (const ClusterLab::Sent& sent : lab.sent) bytes += sent.bytes.size();
    return bytes;
  }

  ClusterLab lab;
};

}  // namespace

TEST_CASE("idle: three nodes commit nothing and send less than 2 KB a second each") {
  Idle idle;
  for (int key = 0; key < 40; ++key) {
    idle.ask(size_t(key) % kNodes, Operation::kPut, "k" + std::to_string(key));
  }
  idle.lab.run_for(10'000);
  const uint64_t commits = idle.sum(&ShardFigures::commits);
  REQUIRE(commits > 0);
  const LagHistogram lags = idle.convergence();
  const uint64_t followed = std::accumulate(lags.buckets.begin(), lags.buckets.end(), uint64_t{0});
  CHECK(followed > 20);
  CHECK(lags.sum_ms < followed * 2500);
  idle.lab.sent.clear();
  idle.lab.run_for(120'000);
  CHECK(idle.sum(&ShardFigures::commits) == commits);
  CHECK(idle.sum(&ShardFigures::stable_lag_ms) == 0);
  const uint64_t bytes_a_second = idle.bytes_sent() / kNodes / 120;
  CHECK(bytes_a_second < 1000);
  CHECK(bytes_a_second > 10);
}

TEST_CASE("idle: a deleted key is forgotten by all, and then nothing is written any more") {
  Idle idle;
  for (int key = 0; key < 10; ++key) {
    const std::string name = "k" + std::to_string(key);
    idle.ask(0, Operation::kPut, name);
    idle.ask(1, Operation::kDelete, name);
  }
  CHECK(idle.sum(&ShardFigures::keys_purged) == 0);
  idle.lab.run_for(65'000);
  CHECK(idle.sum(&ShardFigures::due_entries) == 10 * kNodes);
  idle.lab.run_for(65'000);
  CHECK(idle.sum(&ShardFigures::keys_purged) == 10 * kNodes);
  idle.lab.run_for(65'000);
  CHECK(idle.sum(&ShardFigures::due_entries) == 0);
  const uint64_t commits = idle.sum(&ShardFigures::commits);
  idle.lab.run_for(120'000);
  CHECK(idle.sum(&ShardFigures::commits) == commits);
}

TEST_CASE("idle: what was lost is told again at once, for its owners do not agree") {
  Idle idle;
  idle.lab.run_for(10'000);
  // The mutation reaches nobody, and then half a minute of announcements does not either.
  idle.lab.loses = [](const pb::PeerMessage& message) { return !message.has_cluster_message(); };
  idle.ask(0, Operation::kPut, "k");
  idle.lab.run_for(30'000);
  CHECK(idle.sum(&ShardFigures::unacknowledged_dots) > 0);
  idle.lab.loses = nullptr;
  idle.lab.run_for(2500);
  CHECK(idle.sum(&ShardFigures::unacknowledged_dots) == 0);
}

// Nobody but the node that doubts waits for anything: the others learn from it which time they are
// to announce.
TEST_CASE("idle: a difference between two owners is found, though nothing happens") {
  Idle idle;
  idle.ask(0, Operation::kPut, "k");
  idle.lab.run_for(30'000);
  sim::falsify(idle.lab.disk(1), "value", "eulav");
  idle.lab.full_sync(0);
  CHECK(idle.sum(&ShardFigures::scrub_differences) == 0);
  idle.lab.run_for(15'000);
  CHECK(idle.sum(&ShardFigures::scrub_differences) == 1);
}
