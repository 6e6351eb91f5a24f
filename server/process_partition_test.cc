// Real nodes in network namespaces of their own, cut off from one another in one direction, in both
// and so that only one node reaches the others. Needs root; says so where it is not.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "server/cluster_harness.h"

namespace vordb::server {
namespace {

constexpr int kAgreeMs = 30000;

bool shell(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

// A bridge with a namespace for each node. Routes into nothing cut one direction of one pair.
class Net {
 public:
  explicit Net(size_t nodes) : id_(getpid() % 100000), nodes_(nodes) {
    made_ =
        shell(fmt::format("ip link add {0} type bridge && ip addr add {1}/24 dev {0} && "
                          "ip link set {0} up",
                          bridge(), address(254)));
    for (size_t n = 1; made_ && n <= nodes_; ++n) {
      made_ = shell(
          fmt::format("ip netns add {0} && ip link add {1} type veth peer name eth0 netns {0} && "
                      "ip link set {1} master {2} up && ip -n {0} addr add {3}/24 dev eth0 && "
                      "ip -n {0} link set eth0 up && ip -n {0} link set lo up",
                      space(n), fmt::format("v{}x{}", id_, n), bridge(), address(n)));
    }
  }
  ~Net() {
    for (size_t n = 1; n <= nodes_; ++n) shell(fmt::format("ip netns del {}", space(n)));
    shell(fmt::format("ip link del {}", bridge()));
  }

  bool made() const { return made_; }
  std::string space(size_t n) const { return fmt::format("vordb{}x{}", id_, n); }
  std::string address(size_t n) const {
    return fmt::format("10.{}.{}.{}", 100 + id_ / 256 % 100, id_ % 256, n);
  }

  // What `from` sends to `to` is lost.
  void cut(size_t from, size_t to) { route("add", from, to); }
  void heal(size_t from, size_t to) { route("del", from, to); }

 private:
  std::string bridge() const { return fmt::format("b{}", id_); }
  void route(const char* what, size_t from, size_t to) {
    REQUIRE(
        shell(fmt::format("ip -n {} route {} blackhole {}/32", space(from), what, address(to))));
  }

  int id_;
  size_t nodes_;
  bool made_ = false;
};

void ok(NodeProcess& node, const std::string& method, const std::string& target,
        const std::string& body = "") {
  const io::HttpAnswer answer = node.http(method, target, body, 20000);
  REQUIRE_MESSAGE(answer.status / 100 == 2, method << " " << target << ": " << answer.body);
}

TEST_CASE("three nodes through partitions of all shapes: served where it can be, then all agree") {
  Net net(3);
  if (!net.made()) {
    MESSAGE("SKIPPED: network namespaces need root");
    return;
  }
  Cluster cluster(0);
  for (size_t n = 1; n <= 3; ++n) {
    cluster.add_node().settle_in(net.address(n), net.space(n));
    cluster.start(n);
    if (n > 1) cluster.join(n, 1);
  }
  cluster.settle({1, 2, 3});
  Ledger ledger;
  const auto write = [&](size_t n, const std::string& item, uint32_t w) {
    ok(cluster.node(n), "PUT", fmt::format("/kv/{}?w={}", item, w), R"({"value":"v"})");
    ok(cluster.node(n), "POST", fmt::format("/set/s/add?w={}", w),
       fmt::format(R"({{"element":"{}"}})", item));
    ok(cluster.node(n), "POST", fmt::format("/counter/c/increment?w={}", w));
    ledger.registers[item] = "v";
    ledger.added["s"].insert(item);
    ++ledger.increments["c"];
  };
  ok(cluster.node(1), "POST", "/buckets", R"({"name":"strict","consistency":"consistent"})");
  ok(cluster.node(1), "PUT", "/bucket/strict/k", R"({"value":"1"})");

  // Node 3 alone: it serves W = 1 and refuses what needs others; they go on.
  for (const size_t n : {size_t(1), size_t(2)}) net.cut(n, 3), net.cut(3, n);
  write(3, "alone", 1);
  write(1, "majority", 2);
  ok(cluster.node(2), "PUT", "/bucket/strict/k", R"({"value":"2"})");
  const io::HttpAnswer refused = cluster.node(3).http("GET", "/bucket/strict/k", "", 20000);
  CHECK(refused.status == 503);
  for (const size_t n : {size_t(1), size_t(2)}) net.heal(n, 3), net.heal(3, n);
  CHECK(poll_until(kAgreeMs, [&] {
    return has(cluster.node(3).http("GET", "/bucket/strict/k", "", 20000).body, R"("value":"2")");
  }));

  // One direction only: 1 hears nothing of 2.
  net.cut(2, 1);
  write(1, "deaf", 1);
  write(2, "unheard", 2);
  net.heal(2, 1);

  // A bridge: 1 and 2 see only node 3.
  net.cut(1, 2), net.cut(2, 1);
  write(1, "left", 2);
  write(2, "right", 2);
  write(3, "bridge", 1);
  net.heal(1, 2), net.heal(2, 1);

  check_ledger(cluster, {1, 2, 3}, ledger);
  cluster.settle({1, 2, 3});
}

}  // namespace
}  // namespace vordb::server
