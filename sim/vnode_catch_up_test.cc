// What an owner that was away for many writes is sent: each mutation once, by its owner, unless
// that owner is away too.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "proto/peer.pb.h"
#include "sim/vnode_lab.h"

using vordb::sim::VnodeLab;

namespace {

constexpr int kWrites = 200;

// Nodes 1 and 2 have written and know of it; node 3 has heard nothing.
void write_without_third(VnodeLab& lab) {
  lab.quiesce();
  for (int i = 0; i < kWrites; ++i) {
    lab.put(i % 4 == 0 ? 2 : 1, "k" + std::to_string(i), "v");
    for (const uint32_t node : {1u, 2u}) lab.settle(node);
    std::erase_if(lab.packets, [](const auto& packet) { return packet.to == 3; });
    lab.deliver_all();
  }
  lab.lose_all();
}

size_t gossiped_keys(VnodeLab& lab) {
  size_t keys = 0;
  for (const auto& packet : lab.packets) {
    vordb::pb::PeerMessage message;
    REQUIRE(message.ParseFromString(packet.bytes));
    if (packet.to == 3) keys += size_t(message.gossip().keys_size());
  }
  return keys;
}

void deliver_to(VnodeLab& lab, const std::vector<uint32_t>& nodes) {
  for (size_t i = 0; i < lab.packets.size();) {
    const uint32_t to = lab.packets[i].to;
    if (std::find(nodes.begin(), nodes.end(), to) == nodes.end()) {
      ++i;
      continue;
    }
    lab.deliver(i);
    lab.settle(to);
  }
}

// Node 3 tells of itself, again and again, and takes in nothing of what it is sent.
size_t sent_before_any_answer(VnodeLab& lab, int rounds, std::vector<uint32_t> up = {1, 2}) {
  size_t keys = 0;
  for (int round = 0; round < rounds; ++round) {
    lab.tick(3);
    deliver_to(lab, up);
    keys += gossiped_keys(lab);
    lab.lose_all();
    lab.advance(1000);
  }
  return keys;
}

}  // namespace

TEST_CASE("catching up: each mutation is sent once, though the peer tells of itself again") {
  VnodeLab lab(3);
  write_without_third(lab);
  CHECK(sent_before_any_answer(lab, 2) == kWrites);
}

TEST_CASE("catching up: what was lost is sent again") {
  VnodeLab lab(3);
  write_without_third(lab);
  CHECK(sent_before_any_answer(lab, 2) == kWrites);
  lab.advance(2000);
  CHECK(sent_before_any_answer(lab, 1) >= kWrites);
  lab.quiesce(8);
  CHECK(lab.difference() == "");
}

TEST_CASE("catching up: where the owner of mutations is away another one sends them") {
  VnodeLab lab(3);
  write_without_third(lab);
  CHECK(sent_before_any_answer(lab, 2, {2}) == kWrites / 4);
  size_t keys = 0;
  for (int round = 0; round < 10; ++round) keys += sent_before_any_answer(lab, 1, {2});
  CHECK(keys >= kWrites);
}
