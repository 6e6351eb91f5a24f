// Real nodes that form a cluster, and what is done to them: killed, stopped, wiped, joined, taken
// out. Whatever was acknowledged must be there afterwards, on every node, and nothing else.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>

#include "server/cluster_harness.h"

namespace vordb::server {
namespace {

constexpr int kAgreeMs = 30000;
// Where much moves: partitions move one by one.
const std::vector<std::string> kSmallRing = {"--ring_size", "32"};

bool answers(NodeProcess& node, const std::string& target, const std::string& part) {
  return has(node.http("GET", target).body, part);
}

void check_all(Cluster& cluster, const std::string& target, const std::string& part) {
  for (size_t number = 1; number <= cluster.size(); ++number) {
    CAPTURE(number);
    CHECK_MESSAGE(poll_until(kAgreeMs, [&] { return answers(cluster.node(number), target, part); }),
                  target << ": " << cluster.node(number).http("GET", target).body);
  }
}

void ok(NodeProcess& node, const std::string& method, const std::string& target,
        const std::string& body = "") {
  const io::HttpAnswer answer = node.http(method, target, body, 20000);
  REQUIRE_MESSAGE(answer.status / 100 == 2, method << " " << target << ": " << answer.body);
}

void await_more(const Load& load, uint64_t operations) {
  const uint64_t from = load.acknowledged();
  REQUIRE(poll_until(30000, [&] { return load.acknowledged() >= from + operations; }));
}

int64_t ms_of(const std::function<void()>& task) {
  const auto start = std::chrono::steady_clock::now();
  task();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start)
      .count();
}

TEST_CASE("three nodes: 100 increments through one node read 100 on all of them, for ever") {
  Cluster cluster(3);
  for (int i = 0; i < 100; ++i) ok(cluster.node(1), "POST", "/counter/c/increment");
  check_all(cluster, "/counter/c", R"("value":100)");
  for (size_t number = 1; number <= 3; ++number)
    ok(cluster.node(number), "POST", "/admin/full-sync");
  for (size_t number = 1; number <= 3; ++number) {
    cluster.node(number).kill_hard();
    cluster.start(number);
  }
  for (size_t number = 1; number <= 3; ++number)
    ok(cluster.node(number), "POST", "/admin/full-sync");
  CHECK_FALSE(poll_until(1000, [&] {
    return !answers(cluster.node(1), "/counter/c", R"("value":100)") ||
           !answers(cluster.node(2), "/counter/c", R"("value":100)") ||
           !answers(cluster.node(3), "/counter/c", R"("value":100)");
  }));
}

TEST_CASE("three nodes: what a node missed while it was away, it learns, and nothing comes back") {
  Cluster cluster(3);
  ok(cluster.node(1), "POST", "/set/s/add", R"({"elements":["stays","goes"]})");
  ok(cluster.node(1), "POST", "/buckets", R"({"name":"b","type":"lww"})");
  check_all(cluster, "/set/s", R"(["goes","stays"])");
  check_all(cluster, "/buckets/b", R"("type":"lww")");
  ok(cluster.node(2), "PUT", "/bucket/b/k", R"({"value":"old"})");
  check_all(cluster, "/bucket/b/k", R"("value":"old")");
  cluster.node(3).kill_hard();
  ok(cluster.node(1), "POST", "/set/s/remove", R"({"element":"goes"})");
  ok(cluster.node(2), "DELETE", "/buckets/b");
  ok(cluster.node(2), "POST", "/buckets", R"({"name":"b","type":"orswot"})");
  cluster.start(3);
  check_all(cluster, "/set/s", R"(["stays"])");
  check_all(cluster, "/buckets/b", R"("type":"orswot")");
  check_all(cluster, "/bucket/b/k", "not_found");
  ok(cluster.node(3), "POST", "/bucket/b/k/add", R"({"element":"new"})");
  check_all(cluster, "/bucket/b/k", R"("members":["new"])");
  for (size_t number = 1; number <= 3; ++number)
    ok(cluster.node(number), "POST", "/admin/full-sync");
  CHECK_FALSE(poll_until(1000, [&] {
    for (size_t number = 1; number <= 3; ++number) {
      if (!answers(cluster.node(number), "/set/s", R"(["stays"])")) return true;
    }
    return false;
  }));
}

TEST_CASE("three nodes: kill -9 of one and of all under load loses nothing acknowledged") {
  Cluster cluster(3);
  Load load(cluster, {1, 2, 3}, "l");
  await_more(load, 300);
  for (const size_t number : {size_t(2), size_t(1)}) {
    cluster.node(number).kill_hard();
    await_more(load, 200);
    cluster.start(number);
    await_more(load, 200);
  }
  for (size_t number = 1; number <= 3; ++number)
    REQUIRE(kill(cluster.node(number).pid(), SIGKILL) == 0);
  load.stop();
  for (size_t number = 1; number <= 3; ++number) {
    cluster.node(number).wait();
    // Alone for a moment: it remembers its cluster and serves.
    cluster.start(number);
    ok(cluster.node(number), "PUT", fmt::format("/kv/alone{}", number), R"({"value":"v"})");
  }
  cluster.settle({1, 2, 3});
  check_ledger(cluster, {1, 2, 3}, load.ledger());
  for (size_t number = 1; number <= 3; ++number)
    check_all(cluster, fmt::format("/kv/alone{}", number), R"("value":"v")");
}

TEST_CASE("three nodes: one that hangs does not stop the others, and catches up when it goes on") {
  Cluster cluster(3);
  cluster.node(3).signal(SIGSTOP);
  Ledger ledger;
  for (int i = 0; i < 12; ++i) {
    NodeProcess& node = cluster.node(1 + size_t(i % 2));
    const std::string key = fmt::format("k{}", i);
    const int64_t ms = ms_of([&] {
      ok(node, "PUT", fmt::format("/kv/{}?w={}", key, 1 + i / 2 % 2), R"({"value":"v"})");
      ok(node, "POST", fmt::format("/set/s/add?w={}", 1 + i / 2 % 2),
         fmt::format(R"({{"element":"{}"}})", key));
    });
    CHECK(ms < 4000);
    ledger.registers[key] = "v";
    ledger.added["s"].insert(key);
  }
  // Longer than every time-out between nodes.
  poll_until(11000, [] { return false; });
  const int64_t ms = ms_of([&] { ok(cluster.node(1), "PUT", "/kv/k0?w=2", R"({"value":"w"})"); });
  CHECK(ms < 4000);
  ledger.registers["k0"] = "w";
  cluster.node(3).signal(SIGCONT);
  check_ledger(cluster, {1, 2, 3}, ledger);
}

TEST_CASE("three nodes: a node with a wiped disk joins again and its new writes count") {
  Cluster cluster(3);
  Ledger ledger;
  for (int i = 0; i < 30; ++i) {
    const std::string key = fmt::format("k{}", i);
    ok(cluster.node(2), "PUT", "/kv/" + key + "?w=2", R"({"value":"v"})");
    ok(cluster.node(2), "POST", "/counter/c/increment?w=2");
    ok(cluster.node(2), "POST", "/set/s/add?w=2", fmt::format(R"({{"element":"{}"}})", key));
    ledger.registers[key] = "v";
    ledger.added["s"].insert(key);
    ++ledger.increments["c"];
  }
  cluster.node(2).kill_hard();
  cluster.wipe(2);
  cluster.start(2);
  cluster.join(2, 3);
  for (int i = 0; i < 20; ++i) {
    const std::string w = fmt::format("?w={}", 1 + i % 2);
    ok(cluster.node(2), "POST", "/counter/c/increment" + w);
    ok(cluster.node(2), "POST", "/set/s/add" + w, fmt::format(R"({{"element":"new{}"}})", i));
    ++ledger.increments["c"];
    ledger.added["s"].insert(fmt::format("new{}", i));
  }
  check_ledger(cluster, {1, 2, 3}, ledger);
  cluster.settle({1, 2, 3});
  check_ledger(cluster, {1, 2, 3}, ledger);
}

TEST_CASE("a node joins and the seed leaves under load, then each of the rest alone holds all") {
  Cluster cluster(3, kSmallRing);
  Load load(cluster, {2, 3}, "l");
  await_more(load, 300);
  cluster.add_node();
  cluster.start(4);
  cluster.join(4, 2);
  await_more(load, 100);
  const io::HttpAnswer left = cluster.node(1).http("POST", "/admin/leave", "", 60000);
  REQUIRE_MESSAGE(left.status == 200, left.body);
  const io::HttpAnswer refused = cluster.node(1).http("PUT", "/kv/x", R"({"value":"v"})");
  CHECK(refused.status == 503);
  CHECK(has(refused.body, R"("error":"left")"));
  CHECK(has(refused.body, R"("outcome":"rejected")"));
  CHECK(answers(cluster.node(1), "/status", R"("status":"left")"));
  cluster.node(1).kill_hard();
  await_more(load, 100);
  load.stop();
  cluster.settle({2, 3, 4});
  check_ledger(cluster, {2, 3, 4}, load.ledger());
  for (size_t number = 2; number <= 4; ++number) cluster.node(number).kill_hard();
  for (size_t number = 2; number <= 4; ++number) {
    cluster.start(number);
    const std::string problem = load.ledger().contradiction(cluster.node(number));
    CHECK_MESSAGE(problem.empty(), "node" << number << " alone: " << problem);
    cluster.node(number).kill_hard();
  }
}

TEST_CASE("a join, a leave and a crash at once lose nothing") {
  Cluster cluster(4, kSmallRing);
  Load load(cluster, {1, 4}, "l");
  await_more(load, 200);
  cluster.add_node();
  cluster.start(5);
  absl::StatusOr<io::HttpAnswer> left;
  std::thread leaving([&] {
    left =
        io::http_call("127.0.0.1", cluster.node(2).http_port(), "POST", "/admin/leave", "", 90000);
  });
  std::thread crashing([&] {
    cluster.node(3).kill_hard();
    cluster.node(3).launch();
  });
  cluster.join(5, 1);
  crashing.join();
  leaving.join();
  REQUIRE(left.ok());
  CHECK_MESSAGE(left->status == 200, left->body);
  cluster.node(2).kill_hard();
  await_more(load, 100);
  load.stop();
  REQUIRE(poll_until(15000, [&] { return cluster.node(3).is_ready(); }));
  cluster.settle({1, 3, 4, 5});
  check_ledger(cluster, {1, 3, 4, 5}, load.ledger());
}

TEST_CASE("joins that cannot be are refused and change nothing") {
  Cluster cluster(2);
  TempDir dir;
  NodeProcess other(dir.path() + "/other", {"--node_id", "other"});
  other.start();
  const auto join = [&](NodeProcess& node, const std::string& seed) {
    io::HttpAnswer answer;
    const int64_t ms = ms_of([&] {
      answer =
          node.http("POST", "/admin/join", fmt::format(R"({{"seed_node":"{}"}})", seed), 45000);
    });
    CHECK(ms < 40000);
    return answer;
  };
  const std::string seed = cluster.node(1).cluster_address();
  CHECK(join(other, fmt::format("127.0.0.1:{}", free_port())).status >= 400);
  // A port that speaks another protocol, and a seed of another name.
  CHECK(join(other, fmt::format("127.0.0.1:{}", cluster.node(1).http_port())).status >= 400);
  CHECK(join(other, "stranger@" + seed).status >= 400);
  ok(other, "PUT", "/kv/k", R"({"value":"mine"})");
  const io::HttpAnswer full = join(other, seed);
  CHECK(full.status == 409);
  CHECK(has(full.body, R"("error":"not_empty")"));
  CHECK(answers(other, "/kv/k", "mine"));
  CHECK(answers(other, "/status", "running"));
  CHECK(answers(cluster.node(2), "/kv/k", "not_found"));
  CHECK_FALSE(answers(cluster.node(1), "/admin/members", "other"));
  ok(other, "DELETE", "/kv/k");
}

TEST_CASE("a node with seeds says joining and serves nothing until one of them answers") {
  TempDir dir;
  NodeProcess seed(dir.path() + "/seed", {"--node_id", "seed"});
  NodeProcess node(dir.path() + "/node", {"--node_id", "node"});
  node.start(
      {"--seed_nodes", fmt::format("127.0.0.1:{},seed@{}", free_port(), seed.cluster_address())});
  CHECK(answers(node, "/status", R"("status":"joining")"));
  CHECK(node.http("PUT", "/kv/k", R"({"value":"v"})").status == 503);
  CHECK(node.http("GET", "/kv/k").status == 503);
  CHECK(node.http("GET", "/readyz").status == 503);
  CHECK(node.http("GET", "/healthz").status == 200);
  seed.start();
  CHECK(poll_until(20000, [&] { return answers(node, "/status", R"("status":"running")"); }));
  // Two copies, once the partitions have moved.
  CHECK(poll_until(30000, [&] {
    return node.http("PUT", "/kv/k?w=2", R"({"value":"v"})", 20000).status == 200;
  }));
  CHECK(answers(seed, "/kv/k", R"("value":"v")"));
  node.signal(SIGTERM);
  CHECK(node.wait(5000) == 0);
  // It remembers, without seeds.
  node.start();
  CHECK(answers(node, "/kv/k", R"("value":"v")"));
}

TEST_CASE("three nodes with the same initial_members found one cluster, and each takes writes") {
  TempDir dir;
  std::vector<std::unique_ptr<NodeProcess>> nodes;
  std::string listed;
  for (int number = 1; number <= 3; ++number) {
    const std::string id = fmt::format("node{}", number);
    nodes.push_back(std::make_unique<NodeProcess>(fmt::format("{}/{}", dir.path(), id),
                                                  std::vector<std::string>{"--node_id", id}));
    listed +=
        fmt::format("{}{}={}", listed.empty() ? "" : ",", id, nodes.back()->cluster_address());
  }
  const std::vector<std::string> flags = {"--initial_members", listed};
  nodes[0]->start(flags);
  nodes[1]->start(flags);
  CHECK(answers(*nodes[0], "/status", R"("status":"founding")"));
  CHECK(nodes[1]->http("PUT", "/kv/k", R"({"value":"v"})").status == 503);
  CHECK(nodes[1]->http("GET", "/readyz").status == 503);
  nodes[2]->start(flags);
  for (const auto& node : nodes) {
    CHECK(poll_until(20000, [&] { return answers(*node, "/status", R"("status":"running")"); }));
  }
  for (size_t i = 0; i < 3; ++i) {
    ok(*nodes[i], "PUT", fmt::format("/kv/k{}?w=3", i), R"({"value":"v"})");
  }
  for (const auto& node : nodes) {
    for (size_t i = 0; i < 3; ++i) {
      CHECK(answers(*node, fmt::format("/kv/k{}", i), R"("value":"v")"));
    }
    CHECK(answers(*node, "/admin/members", "node3"));
  }
  // A restart asks nobody.
  nodes[1]->kill_hard();
  nodes[0]->kill_hard();
  nodes[0]->start(flags);
  CHECK(answers(*nodes[0], "/status", R"("status":"running")"));
  CHECK(poll_until(20000, [&] { return answers(*nodes[0], "/kv/k2", R"("value":"v")"); }));
}

}  // namespace
}  // namespace vordb::server
