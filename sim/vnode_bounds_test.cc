// What owners send each other comes in bounded bodies, none of which cuts what belongs together.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "proto/peer.pb.h"
#include "sim/vnode_lab.h"

using vordb::kDefaultCounter;
using vordb::OpId;
using vordb::sim::VnodeLab;

namespace {

std::vector<vordb::pb::PeerMessage> messages_to(const VnodeLab& lab, uint32_t node) {
  std::vector<vordb::pb::PeerMessage> messages;
  for (const VnodeLab::Packet& packet : lab.packets) {
    if (packet.to != node) continue;
    REQUIRE(messages.emplace_back().ParseFromString(packet.bytes));
  }
  return messages;
}

}  // namespace

TEST_CASE("the mutations that one batch makes of a key travel as one update with one entry") {
  VnodeLab lab(3);
  lab.quiesce();
  for (int i = 0; i < 100; ++i) lab.count(1, "c", 1);
  lab.settle(1);
  const auto messages = messages_to(lab, 2);
  REQUIRE(messages.size() == 1);
  REQUIRE(messages[0].delta().keys_size() == 1);
  CHECK(messages[0].delta().keys(0).dots_size() == 100);
  CHECK(messages[0].delta().keys(0).entries_size() == 1);
  lab.deliver_all();
  CHECK(lab.total(2, "c") == 100);
  CHECK(lab.difference() == "");
}

TEST_CASE("a batch of more than a megabyte goes out in several deltas") {
  VnodeLab lab(3);
  lab.quiesce();
  for (int i = 0; i < 40; ++i) lab.put(1, "k" + std::to_string(i), std::string(100'000, 'v'));
  lab.settle(1);
  const auto messages = messages_to(lab, 2);
  CHECK(messages.size() >= 3);
  for (const auto& message : messages) CHECK(message.ByteSizeLong() < 1'300'000);
  lab.deliver_all();
  CHECK(lab.value(2, "k39") == std::string(100'000, 'v'));
  CHECK(lab.difference() == "");
}

TEST_CASE("gossip brings what a peer lacks in bodies of about a megabyte, until it has it all") {
  VnodeLab lab(3);
  lab.quiesce();
  for (int i = 0; i < 40; ++i) lab.put(1, "k" + std::to_string(i), std::string(100'000, 'v'));
  lab.settle(1);
  lab.lose_all();
  lab.tick(1);
  lab.tick(2);
  size_t largest = 0;
  int bodies = 0;
  for (int step = 0; step < 10'000 && !lab.packets.empty(); ++step) {
    vordb::pb::PeerMessage message;
    REQUIRE(message.ParseFromString(lab.packets.front().bytes));
    if (message.has_gossip() && lab.packets.front().to == 2) {
      largest = std::max(largest, lab.packets.front().bytes.size());
      ++bodies;
    }
    lab.deliver(0);
    for (const uint32_t node : {1, 2, 3}) lab.settle(node);
  }
  CHECK(bodies >= 4);
  CHECK(largest < 1'300'000);
  CHECK(lab.value(2, "k39") == std::string(100'000, 'v'));
  lab.quiesce();
  CHECK(lab.difference() == "");
}
