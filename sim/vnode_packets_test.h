// What histories of a VnodeLab do with messages: hold some back, let some through, lose the rest.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "proto/peer.pb.h"
#include "sim/vnode_lab.h"

namespace vordb::sim {

using Members = std::vector<std::string>;
inline constexpr uint32_t kNodes[] = {1, 2, 3};

inline pb::PeerMessage parsed(const VnodeLab::Packet& packet) {
  pb::PeerMessage message;
  REQUIRE(message.ParseFromString(packet.bytes));
  return message;
}

using Wanted = std::function<bool(const VnodeLab::Packet&, const pb::PeerMessage&)>;

// Those that are wanted; all others are lost.
inline std::vector<VnodeLab::Packet> take(VnodeLab& lab, const Wanted& wanted) {
  std::erase_if(lab.packets, [&](const VnodeLab::Packet& p) { return !wanted(p, parsed(p)); });
  return std::exchange(lab.packets, {});
}

inline std::vector<VnodeLab::Packet> take_packets(VnodeLab& lab, uint32_t to) {
  return take(lab, [to](const auto& packet, const auto&) { return packet.to == to; });
}

// Until no message is left; those that are not wanted are lost.
inline void deliver_wanted(VnodeLab& lab, const Wanted& wanted) {
  while (!lab.packets.empty()) {
    const VnodeLab::Packet packet = lab.packets[0];
    if (!wanted(packet, parsed(packet))) {
      lab.packets.erase(lab.packets.begin());
      continue;
    }
    lab.deliver(0);
    lab.settle(packet.to);
  }
}

// Everybody speaks; only what is wanted arrives.
inline void rounds(VnodeLab& lab, int rounds, const Wanted& wanted) {
  for (int round = 0; round < rounds; ++round) {
    lab.advance(1000);
    for (const uint32_t node : kNodes) {
      lab.pulse(node);
      lab.tick(node);
      lab.settle(node);
    }
    deliver_wanted(lab, wanted);
  }
}

// Node 2 holds an entry whose context names a dot of node 1 that it lacks. What would bring that
// one is returned.
inline std::vector<VnodeLab::Packet> leave_context(VnodeLab& lab) {
  lab.add(1, "s", {"first"});
  lab.settle(1);
  const std::vector<VnodeLab::Packet> first = take_packets(lab, 2);
  lab.add(1, "t", {"e"});
  lab.remove(1, "t", {"e"});
  lab.settle(1);
  lab.packets = take_packets(lab, 2);
  lab.deliver_all();
  REQUIRE(lab.vnode(2).left_overs() == 1);
  return first;
}

}  // namespace vordb::sim
