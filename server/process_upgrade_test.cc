// A rolling upgrade of real nodes: each is stopped and started with this version, in turn. Until
// the last one runs it nothing is sent that the former version does not read.
#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <memory>

#include "server/cluster_harness.h"

namespace vordb::server {
namespace {

constexpr int kAgreeMs = 30000;
const char* const kOff = R"("features":[]})";
const char* const kOn = R"("features":["short-replicas"]})";

// While it lives, programs that are started run as the former version.
class FormerVersion {
 public:
  FormerVersion() { setenv("TEST_FORMER_VORDB_VERSION", "1", 1); }
  ~FormerVersion() { unsetenv("TEST_FORMER_VORDB_VERSION"); }
  FormerVersion(const FormerVersion&) = delete;
  FormerVersion& operator=(const FormerVersion&) = delete;
};

void await_ring(NodeProcess& node, const std::string& part) {
  CHECK_MESSAGE(
      poll_until(kAgreeMs, [&] { return has(node.http("GET", "/admin/ring").body, part); }),
      node.http("GET", "/admin/ring").body);
}

void await_more(const Load& load, uint64_t operations) {
  const uint64_t from = load.acknowledged();
  REQUIRE(poll_until(30000, [&] { return load.acknowledged() >= from + operations; }));
}

// Starts it as the former version and waits for its end.
std::string refused_start(NodeProcess& node) {
  const FormerVersion former;
  node.launch();
  CHECK(node.wait(15000) != 0);
  return node.log();
}

TEST_CASE("three nodes are upgraded one by one under load, and nothing acknowledged is lost") {
  auto former = std::make_unique<FormerVersion>();
  Cluster cluster(3);
  former.reset();
  Load load(cluster, {1, 2, 3}, "u");
  await_more(load, 200);
  for (size_t number = 1; number <= 3; ++number) {
    await_ring(cluster.node(number), kOff);
    cluster.node(number).signal(SIGTERM);
    CHECK(cluster.node(number).wait() == 0);
    await_more(load, 100);
    cluster.start(number);
    await_more(load, 100);
  }
  for (size_t number = 1; number <= 3; ++number) await_ring(cluster.node(number), kOn);
  await_more(load, 300);
  load.stop();
  cluster.settle({1, 2, 3});
  check_ledger(cluster, {1, 2, 3}, load.ledger());

  // There is no way back, and the node says why.
  cluster.node(3).signal(SIGTERM);
  CHECK(cluster.node(3).wait() == 0);
  CHECK(has(refused_start(cluster.node(3)),
            "the cluster has switched on short-replicas, which this node's program does not have"));
  cluster.start(3);
  cluster.settle({1, 2, 3});
}

TEST_CASE("a node of the former version cannot join a cluster that has gone on, and is told why") {
  Cluster cluster(1);
  await_ring(cluster.node(1), kOn);
  cluster.add_node();
  {
    const FormerVersion former;
    cluster.start(2);
  }
  const io::HttpAnswer answer = cluster.node(2).http(
      "POST", "/admin/join", R"({"seed_node":")" + cluster.node(1).cluster_address() + R"("})",
      40000);
  CHECK(answer.status == 409);
  CHECK_MESSAGE(has(answer.body, "has switched on short-replicas"), answer.body);
}

}  // namespace
}  // namespace vordb::server
