// The data plane's rules at work on three owners: replication, repair, restarts, expiry,
// forgetting.
#include <doctest/doctest.h>

#include "sim/vnode_lab.h"

using vordb::kDefaultCounter;
using vordb::kDefaultLww;
using vordb::kDefaultSet;
using vordb::OpId;
using vordb::sim::VnodeLab;

namespace {
using Members = std::vector<std::string>;
}

TEST_CASE("a mutation is answered and shown only once it is durable") {
  VnodeLab lab(3);
  lab.quiesce();
  const OpId put = lab.put(1, "k", "v");
  CHECK(!lab.acknowledged(put));
  CHECK(lab.value(1, "k") == std::nullopt);
  lab.flush(1);
  CHECK(!lab.acknowledged(put));
  CHECK(lab.packets.empty());
  lab.make_one_durable(1);
  CHECK(lab.acknowledged(put));
  CHECK(lab.value(1, "k") == "v");
  CHECK(lab.packets.size() == 2);
}

TEST_CASE("deltas bring every type to every owner, and equal clocks are equal bytes") {
  VnodeLab lab(3);
  lab.put(1, "r", "one");
  lab.add(2, "s", {"x", "y"});
  lab.count(3, "c", 5);
  for (const uint32_t node : {1, 2, 3}) lab.settle(node);
  lab.deliver_all();
  for (const uint32_t node : {1, 2, 3}) {
    CHECK(lab.value(node, "r") == "one");
    CHECK(lab.members(node, "s") == Members{"x", "y"});
    CHECK(lab.total(node, "c") == 5);
  }
  CHECK(lab.difference() == "");
}

TEST_CASE("lost deltas are brought by gossip, doubled ones change nothing") {
  VnodeLab lab(3);
  lab.quiesce();
  for (int i = 0; i < 20; ++i) lab.count(1, "c", 1);
  lab.add(1, "s", {"a"});
  lab.settle(1);
  lab.lose_all();
  lab.remove(1, "s", {"a"});
  lab.add(1, "s", {"b"});
  lab.settle(1);
  for (size_t i = 0, n = lab.packets.size(); i < n; ++i) lab.deliver_copy(0);
  lab.deliver_all();
  lab.quiesce();
  CHECK(lab.difference() == "");
  CHECK(lab.total(2, "c") == 20);
  CHECK(lab.total(3, "c") == 20);
  CHECK(lab.members(3, "s") == Members{"b"});
}

TEST_CASE("deltas that overtake one another leave contexts over until the gap fills") {
  VnodeLab lab(2);
  lab.quiesce();
  lab.add(1, "s", {"a"});
  lab.settle(1);
  lab.add(1, "s", {"b"});
  lab.settle(1);
  REQUIRE(lab.packets.size() == 2);
  lab.deliver(1);
  lab.settle(2);
  // The second mutation alone: its element is here, the first is not taken for removed
  // (docs/hazards.md, H27).
  CHECK(lab.members(2, "s") == Members{"b"});
  lab.deliver_all();
  CHECK(lab.members(2, "s") == Members{"a", "b"});
  lab.quiesce();
  CHECK(lab.members(1, "s") == Members{"a", "b"});
  CHECK(lab.vnode(2).left_overs() == 0);
  CHECK(lab.difference() == "");
}

TEST_CASE("an addition wins over a concurrent removal, a removal over what it observed") {
  VnodeLab lab(3);
  lab.add(1, "s", {"e", "f"});
  lab.settle(1);
  lab.deliver_all();
  lab.remove(2, "s", {"e", "f"});
  lab.add(3, "s", {"e"});
  lab.settle(2);
  lab.settle(3);
  lab.deliver_all();
  for (const uint32_t node : {1, 2, 3}) CHECK(lab.members(node, "s") == Members{"e"});
}

TEST_CASE("an increment that a reset has not seen survives it") {
  VnodeLab lab(3);
  lab.count(1, "c", 10);
  lab.settle(1);
  lab.deliver_all();
  lab.erase(2, "c", kDefaultCounter);
  lab.count(1, "c", 1);
  lab.settle(1);
  lab.settle(2);
  lab.deliver_all();
  for (const uint32_t node : {1, 2, 3}) CHECK(lab.total(node, "c") == 1);
}

TEST_CASE("a crash loses what was not durable and no dot is minted twice") {
  VnodeLab lab(2);
  lab.add(1, "s", {"a"});
  lab.settle(1);
  const auto before = lab.vnode(1).self();
  lab.add(1, "s", {"lost"});
  lab.flush(1);
  lab.restart(1);
  CHECK(lab.members(1, "s") == Members{"a"});
  CHECK(before < lab.vnode(1).self());
  lab.add(1, "s", {"b"});
  lab.settle(1);
  lab.quiesce();
  CHECK(lab.members(2, "s") == Members{"a", "b"});
  CHECK(lab.difference() == "");
}

TEST_CASE("tombstones are forgotten once stable and nothing comes back") {
  VnodeLab lab(3);
  lab.put(1, "k", "v");
  lab.settle(1);
  lab.deliver_all();
  lab.erase(2, "k", kDefaultLww);
  lab.settle(2);
  lab.deliver_all();
  CHECK(lab.entries(3) == 1);
  lab.quiesce();
  for (const uint32_t node : {1, 2, 3}) {
    lab.sweep(node);
    lab.settle(node);
  }
  lab.quiesce();
  for (const uint32_t node : {1, 2, 3}) {
    CHECK(lab.entries(node) == 0);
    CHECK(lab.value(node, "k") == std::nullopt);
  }
}

TEST_CASE("with one owner away nothing is forgotten") {
  VnodeLab lab(3);
  lab.quiesce();
  lab.put(1, "k", "v");
  lab.settle(1);
  lab.deliver_all();
  lab.erase(2, "k", kDefaultLww);
  lab.settle(2);
  for (int round = 0; round < 8; ++round) {
    lab.advance(1000);
    for (const uint32_t node : {1, 2}) {
      lab.tick(node);
      lab.settle(node);
      lab.sweep(node);
      lab.settle(node);
    }
    std::erase_if(lab.packets, [](const VnodeLab::Packet& p) { return p.to == 3; });
    lab.deliver_all();
  }
  CHECK(lab.entries(1) == 1);
  CHECK(lab.entries(2) == 1);
  lab.quiesce();
  CHECK(lab.value(3, "k") == std::nullopt);
  CHECK(lab.difference() == "");
}

TEST_CASE("an expired key is hidden, purged, and starts anew") {
  VnodeLab lab(3);
  for (const auto bucket : {VnodeLab::kTtlSet}) {
    lab.add(1, "s", {"old", "older"}, bucket);
    lab.count(2, "c", 7, VnodeLab::kTtlCounter);
    lab.put(3, "r", "v", VnodeLab::kTtlRegister);
    for (const uint32_t node : {1, 2, 3}) lab.settle(node);
    lab.deliver_all();
    CHECK(lab.members(2, "s", bucket) == Members{"old", "older"});
  }
  lab.advance(VnodeLab::kTtlMs + 1);
  CHECK(lab.members(2, "s", VnodeLab::kTtlSet).empty());
  CHECK(lab.total(1, "c", VnodeLab::kTtlCounter) == 0);
  lab.add(2, "s", {"new"}, VnodeLab::kTtlSet);
  lab.count(3, "c", 2, VnodeLab::kTtlCounter);
  for (const uint32_t node : {2, 3}) lab.settle(node);
  lab.quiesce();
  for (const uint32_t node : {1, 2, 3}) {
    CHECK(lab.members(node, "s", VnodeLab::kTtlSet) == Members{"new"});
    CHECK(lab.total(node, "c", VnodeLab::kTtlCounter) == 2);
    CHECK(lab.value(node, "r", VnodeLab::kTtlRegister) == std::nullopt);
  }
  lab.advance(VnodeLab::kTtlMs + 1);
  for (int round = 0; round < 4; ++round) {
    lab.quiesce();
    for (const uint32_t node : {1, 2, 3}) {
      lab.sweep(node);
      lab.settle(node);
    }
  }
  lab.quiesce();
  for (const uint32_t node : {1, 2, 3}) CHECK(lab.entries(node) == 0);
  CHECK(lab.difference() == "");
}

TEST_CASE("reads that come late from the disk keep a key's tasks in order") {
  VnodeLab lab(2);
  lab.count(1, "c", 1);
  lab.settle(1);
  lab.restart(1);
  lab.disk(1).reads_wait = true;
  for (int i = 0; i < 5; ++i) lab.count(1, "c", 1);
  lab.erase(1, "c", kDefaultCounter);
  lab.count(1, "c", 3);
  lab.settle(1);
  lab.disk(1).reads_wait = false;
  CHECK(lab.total(1, "c") == 3);
  lab.quiesce();
  CHECK(lab.total(2, "c") == 3);
}

TEST_CASE("a converged partition exchanges no data") {
  VnodeLab lab(3);
  lab.add(1, "s", {"a"});
  lab.settle(1);
  lab.quiesce();
  size_t bytes = 0;
  for (const uint32_t node : {1, 2, 3}) {
    lab.advance(100);
    lab.tick(node);
    lab.settle(node);
    for (const VnodeLab::Packet& packet : lab.packets) bytes += packet.bytes.size();
    lab.deliver_all();
    CHECK(lab.packets.empty());
  }
  CHECK(bytes < 6 * 400);
}

TEST_CASE("what was read before a write is not cached after it") {
  VnodeLab lab(1);
  lab.quiesce();
  lab.put(1, "k", "old");
  lab.settle(1);
  lab.restart(1);  // with an empty cache
  lab.quiesce();
  lab.disk(1).reads_wait = true;
  lab.begin_read(1, "k", kDefaultLww);
  const std::vector<vordb::DiskEvent> older = lab.disk(1).take_reads();
  REQUIRE(older.size() == 1);
  lab.disk(1).reads_wait = false;
  lab.put(1, "k", "new");
  lab.flush(1);
  lab.make_one_durable(1);
  lab.take(1, older[0]);
  CHECK(lab.value(1, "k") == "new");
}
