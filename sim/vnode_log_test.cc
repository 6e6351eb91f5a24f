// The dot log (DATA.md rule 15): it holds what some owner may still ask for, and nothing else.
#include <doctest/doctest.h>

#include <string>

#include "core/vnode/record_keys.h"
#include "proto/peer.pb.h"
#include "sim/vnode_lab.h"

using vordb::sim::VnodeLab;
using vordb::vnode::Table;
using vordb::vnode::table_begin;

namespace {

constexpr int kMany = 1000;  // several pages of the walk that forgets

void add_many(VnodeLab& lab, uint32_t node) {
  for (int i = 0; i < kMany; ++i) lab.add(node, "s" + std::to_string(i % 7), {std::to_string(i)});
  lab.settle(node);
}

// The log of `node` loses its first records, in the order of their dots.
void forget_first_dots(VnodeLab& lab, uint32_t node, int count) {
  const std::string begin = table_begin(lab.vnode(node).id(), Table::kDots);
  auto& records = lab.disk(node).records();
  auto at = records.lower_bound({1, begin});
  for (int i = 0; i < count; ++i) at = records.erase(at);
}

bool tells_of(const VnodeLab::Packet& packet, const std::string& key) {
  vordb::pb::PeerMessage message;
  REQUIRE(message.ParseFromString(packet.bytes));
  for (const auto& update : message.gossip().keys()) {
    if (update.key() == key) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("dot log: what every owner has is forgotten, however much it is") {
  VnodeLab lab(3);
  lab.quiesce();
  add_many(lab, 1);
  CHECK(lab.logged_dots(1) == kMany);
  lab.deliver_all();
  lab.quiesce();
  for (const uint32_t node : {1, 2, 3}) CHECK(lab.logged_dots(node) == 0);
}

TEST_CASE("dot log: nothing is forgotten that one owner lacks, and all of it once it has come") {
  VnodeLab lab(3);
  lab.quiesce();
  const auto lose_those_of_3 = [&] {
    std::erase_if(lab.packets, [](const VnodeLab::Packet& p) { return p.from == 3 || p.to == 3; });
  };
  add_many(lab, 1);
  for (int round = 0; round < 4; ++round) {
    lose_those_of_3();
    lab.deliver_all();
    for (const uint32_t node : {1, 2}) {
      lab.tick(node);
      lab.settle(node);
    }
  }
  lab.lose_all();
  for (const uint32_t node : {1, 2}) CHECK(lab.logged_dots(node) == kMany);
  lab.quiesce(12);
  for (const uint32_t node : {1, 2, 3}) CHECK(lab.logged_dots(node) == 0);
  CHECK(lab.difference() == "");
}

TEST_CASE("dot log: what one owner lacks is still known after a crash of who wrote it") {
  VnodeLab lab(3);
  lab.quiesce();
  lab.add(1, "s", {"a", "b"});
  lab.settle(1);
  lab.remove(1, "s", {"a"});
  lab.settle(1);
  lab.lose_all();
  lab.restart(1);
  lab.settle(1);
  lab.quiesce();
  for (const uint32_t node : {2, 3}) {
    CHECK(lab.members(node, "s") == std::vector<std::string>{"b"});
    CHECK(lab.snapshots_received(node) == 0);
  }
  CHECK(lab.difference() == "");
}

TEST_CASE("dot log: dots that it has lost hold up none behind them") {
  for (const int lost : {300, 5000}) {
    CAPTURE(lost);
    VnodeLab lab(2);
    lab.quiesce();
    for (int i = 0; i < lost; ++i) lab.count(1, "lost", 1);
    lab.settle(1);
    lab.add(1, "kept", {"x"});
    lab.settle(1);
    lab.lose_all();
    forget_first_dots(lab, 1, lost);
    // Node 2 says what it has until it is told of the last dot; it gets no snapshot.
    bool told = false;
    for (int round = 0; round < 4 && !told; ++round) {
      lab.advance(1000);
      lab.tick(2);
      lab.settle(2);
      while (!lab.packets.empty() && lab.packets[0].to == 1) lab.deliver(0);
      lab.settle(1);
      for (const VnodeLab::Packet& packet : lab.packets) told |= tells_of(packet, "kept");
      lab.lose_all();
    }
    CHECK(told);
  }
}

TEST_CASE("R: a dot whose bucket is gone can be passed on") {
  VnodeLab lab(3);
  lab.quiesce();
  const vordb::BucketId bucket = lab.create_bucket(vordb::BucketType::kOrswot, 0);
  for (const uint32_t node : {1, 2, 3}) lab.learn_configuration(node);
  lab.add(3, "s", {"x"}, bucket);
  lab.settle(3);
  std::erase_if(lab.packets, [](const VnodeLab::Packet& p) { return p.to != 1; });
  lab.drop_bucket(bucket);
  lab.learn_configuration(1);
  lab.settle(1);
  // Node 1 alone hears of the dot, when it has no entry any more; then its origin's disk is lost.
  lab.deliver_all();
  CHECK(lab.vnode(1).durable_clock().contains({lab.vnode(3).self(), 1}));
  CHECK(lab.logged_dots(1) == 1);
  const vordb::crdt::Dot dot{lab.vnode(3).self(), 1};
  lab.wipe(3);
  for (const uint32_t node : {2, 3}) lab.learn_configuration(node);
  lab.settle(3);
  lab.quiesce(12);
  CHECK(lab.difference() == "");
  for (const uint32_t node : {1, 2, 3}) {
    CHECK(lab.vnode(node).durable_clock().contains(dot));
    CHECK(lab.logged_dots(node) == 0);
  }
}
