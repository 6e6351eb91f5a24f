// Expiry and snapshots (DATA.md rules 12 and 16): each history ends badly when its rule is taken
// out. scenarios/known-bugs takes them out one by one.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "proto/peer.pb.h"
#include "sim/vnode_packets_test.h"

using namespace vordb;
using namespace vordb::sim;

namespace {

constexpr BucketId kSet = VnodeLab::kTtlSet;
constexpr uint64_t kPastMs = VnodeLab::kTtlMs + 1000;
constexpr uint64_t kEveryTurnMs = 200'000;  // until any owner would purge

void sweep(VnodeLab& lab, uint32_t node) {
  lab.sweep(node);
  lab.settle(node);
}

void ends_empty(VnodeLab& lab) {
  lab.advance(VnodeLab::kTtlMs + kEveryTurnMs);
  for (int i = 0; i < 4; ++i) {
    lab.quiesce(4);
    lab.sweep_all();
  }
  lab.quiesce(4);
  CHECK(lab.difference() == "");
  for (const uint32_t node : kNodes) {
    CHECK(lab.members(node, "s", kSet).empty());
    CHECK(lab.entries(node) == 0);
  }
}

}  // namespace

// An owner that lacks an element has removed what it knew of, everybody has that removal, and only
// the element's own dot holds the stable time back.
TEST_CASE("N: a deadline waits for an older element though every removal is known") {
  VnodeLab lab(3);
  lab.quiesce();
  lab.add(2, "s", {"unseen"}, kSet);
  lab.settle(2);
  deliver_wanted(lab, [](const auto& p, const auto&) { return p.to == 1; });
  lab.add(1, "s", {"seen"}, kSet);
  lab.settle(1);
  const Wanted told = [](const VnodeLab::Packet& p, const pb::PeerMessage& m) {
    return p.to != 3 || m.has_announcement() || m.has_delta();
  };
  deliver_wanted(lab, told);
  REQUIRE(lab.live_elements(3, "s", kSet) == Members{"seen"});
  lab.advance(kPastMs + kEveryTurnMs);
  for (int i = 0; i < 3; ++i) {
    sweep(lab, 3);
    deliver_wanted(lab, told);
    rounds(lab, 3, told);
  }
  CHECK(lab.live_elements(1, "s", kSet) == Members{"unseen"});
  CHECK(lab.members(1, "s", kSet).empty());
  ends_empty(lab);
}

// The removal of what has expired reaches nobody, and by and by everybody says that the deadline
// has passed. Then its owner's disk is lost.
TEST_CASE("T: a deadline outlives no removal that another owner lacks") {
  VnodeLab lab(3);
  lab.quiesce();
  lab.add(1, "s", {"x"}, kSet);
  lab.settle(1);
  lab.deliver_all();
  lab.quiesce(8);
  REQUIRE(lab.logged_dots(1) == 0);
  lab.advance(kPastMs);
  sweep(lab, 1);
  lab.lose_all();
  REQUIRE(lab.live_elements(1, "s", kSet).empty());
  rounds(lab, 4, [](const auto&, const auto& m) { return m.has_announcement(); });
  sweep(lab, 1);
  deliver_wanted(lab, [](const auto&, const auto& m) { return m.has_delta(); });
  lab.wipe(1);
  lab.settle(1);
  lab.quiesce(8);
  for (const uint32_t node : kNodes) CHECK(lab.members(node, "s", kSet).empty());
  ends_empty(lab);
}

// Node 1 is cut off while another owner renews the deadline and a third one hears of it. Of a
// bucket that promises so little, what node 1 has observed goes with the deadline that it knows.
TEST_CASE("rule 12: where W+R > N a purge waits for those who may know of a renewal") {
  for (const uint8_t quorum : {1, 2}) {
    CAPTURE(int(quorum));
    VnodeLab lab(3);
    const vordb::BucketId set =
        lab.create_bucket(vordb::BucketType::kOrswot, VnodeLab::kTtlMs / 1000, quorum);
    for (const uint32_t node : kNodes) lab.learn_configuration(node);
    lab.quiesce();
    lab.add(1, "s", {"x"}, set);
    lab.settle(1);
    lab.quiesce(8);
    lab.advance(VnodeLab::kTtlMs / 2);
    lab.add(2, "s", {"y"}, set);
    lab.settle(2);
    deliver_wanted(lab, [](const auto& p, const auto&) { return p.to == 3; });
    lab.advance(VnodeLab::kTtlMs / 2 + 1000);
    sweep(lab, 1);
    lab.lose_all();
    CHECK(lab.live_elements(1, "s", set) == (quorum == 1 ? Members{} : Members{"x"}));
    lab.quiesce(8);
    sweep(lab, 1);
    lab.quiesce(8);
    for (const uint32_t node : kNodes)
      CHECK(lab.members(node, "s", set) == (quorum == 1 ? Members{"y"} : Members{"x", "y"}));

    lab.advance(VnodeLab::kTtlMs + kEveryTurnMs);
    for (int i = 0; i < 4; ++i) {
      lab.quiesce(4);
      lab.sweep_all();
    }
    CHECK(lab.difference() == "");
    for (const uint32_t node : kNodes) CHECK(lab.entries(node) == 0);
  }
}

// Node 2 has purged the set, nobody else knows of it. It or another owner that was told by it then
// renews the deadline, and only that arrives.
TEST_CASE("U: a renewed deadline takes the purge before it along") {
  for (const uint32_t renews : {2, 3}) {
    CAPTURE(renews);
    VnodeLab lab(3);
    lab.quiesce();
    lab.add(1, "s", {"x"}, kSet);
    lab.settle(1);
    lab.quiesce(8);
    REQUIRE(lab.logged_dots(3) == 0);
    lab.advance(VnodeLab::kTtlMs + kEveryTurnMs);
    sweep(lab, 2);
    deliver_wanted(lab, [&](const auto& p, const auto&) { return p.to == 3 && renews == 3; });
    lab.add(renews, "s", {"y"}, kSet);
    lab.settle(renews);
    deliver_wanted(lab, [](const auto& p, const auto& m) { return p.to == 1 && m.has_delta(); });
    CHECK(lab.members(1, "s", kSet) == Members{"y"});
    CHECK(lab.live_elements(1, "s", kSet) == Members{"y"});
    ends_empty(lab);
  }
}

namespace {

// All hold `old`, no log names it, and the last owner has a new disk and knows who is retired.
void forget_and_wipe(VnodeLab& lab, std::vector<uint32_t> wiped) {
  lab.quiesce();
  lab.add(1, "s", {"old"});
  lab.settle(1);
  lab.quiesce(8);
  REQUIRE(lab.logged_dots(1) == 0);
  for (const uint32_t node : wiped) {
    lab.wipe(node);
    lab.settle(node);
  }
  const Wanted fences = [&](const VnodeLab::Packet&, const pb::PeerMessage& m) {
    return m.has_announcement();
  };
  rounds(lab, 3, fences);
  for (const uint32_t node : wiped) REQUIRE(lab.vnode(node).fenced());
}

bool pulls(const VnodeLab::Packet&, const pb::PeerMessage& m) { return m.has_snapshot_pull(); }
bool parts(const VnodeLab::Packet&, const pb::PeerMessage& m) { return m.has_snapshot_part(); }

// Until node 3 asks node 1 for a snapshot; what it sends then.
std::vector<VnodeLab::Packet> first_pull(VnodeLab& lab) {
  std::vector<VnodeLab::Packet> found;
  for (int round = 0; round < 10 && found.empty(); ++round) {
    lab.advance(1000);
    for (const uint32_t node : {1, 3}) {
      lab.pulse(node);
      lab.tick(node);
      lab.settle(node);
    }
    while (!lab.packets.empty()) {
      const VnodeLab::Packet packet = lab.packets[0];
      if (packet.from == 3 && packet.to == 1 && pulls(packet, parsed(packet))) break;
      if (packet.from == 2 || packet.to == 2) {
        lab.packets.erase(lab.packets.begin());
        continue;
      }
      lab.deliver(0);
      lab.settle(packet.to);
    }
    found = take(lab, pulls);
  }
  REQUIRE(!found.empty());
  return {found[0]};
}

void deliver(VnodeLab& lab, const VnodeLab::Packet& packet) {
  lab.packets.insert(lab.packets.begin(), packet);
  lab.deliver(0);
  lab.settle(packet.to);
}

}  // namespace

// It came as a delta after the snapshot was asked for, and its removal is known by the clock alone.
TEST_CASE("rule 16: what is held and not in the snapshot goes") {
  VnodeLab lab(3);
  forget_and_wipe(lab, {3});
  const VnodeLab::Packet pull = first_pull(lab)[0];
  lab.add(1, "s", {"removed"});
  lab.settle(1);
  deliver_wanted(lab, [](const auto&, const auto& m) { return m.has_delta(); });
  REQUIRE(lab.members(3, "s") == Members{"removed"});
  lab.remove(1, "s", {"removed"});
  lab.settle(1);
  lab.lose_all();
  lab.packets = {pull};
  deliver_wanted(lab, [](const auto& p, const auto& m) { return parts(p, m) || pulls(p, m); });
  CHECK(lab.snapshots_received(3) == 1);
  CHECK(lab.members(3, "s") == Members{"old"});
  lab.quiesce(10);
  CHECK(lab.difference() == "");
  for (const uint32_t node : kNodes) CHECK(lab.members(node, "s") == Members{"old"});
}

TEST_CASE("rule 16: parts for an earlier disk end nothing") {
  VnodeLab lab(3);
  forget_and_wipe(lab, {3});
  std::vector<VnodeLab::Packet> late;
  for (lab.packets = first_pull(lab); !lab.packets.empty();) {
    const VnodeLab::Packet packet = lab.packets[0];
    if (parts(packet, parsed(packet))) late.push_back(packet);
    lab.deliver(0);
    lab.settle(packet.to);
  }
  REQUIRE(late.size() >= 2);
  lab.quiesce();
  lab.add(2, "s", {"since"});
  lab.settle(2);
  lab.quiesce(8);
  lab.wipe(3);
  lab.settle(3);
  rounds(lab, 3, [](const auto&, const auto& m) { return m.has_announcement(); });
  first_pull(lab);
  for (const VnodeLab::Packet& part : late) deliver(lab, part);
  CHECK(lab.snapshots_received(3) == 0);
  lab.quiesce(12);
  CHECK(lab.difference() == "");
  for (const uint32_t node : kNodes) CHECK(lab.members(node, "s") == Members{"old", "since"});
}

TEST_CASE("rule 16: a snapshot with a bucket that its receiver does not know yet is given up") {
  VnodeLab lab(3);
  forget_and_wipe(lab, {3});
  const VnodeLab::Packet pull = first_pull(lab)[0];
  const BucketId bucket = lab.create_bucket(BucketType::kOrswot, 0);
  lab.learn_configuration(1);
  lab.add(1, "b", {"e"}, bucket);
  lab.settle(1);
  lab.lose_all();
  lab.packets = {pull};
  deliver_wanted(lab, [](const auto& p, const auto& m) { return parts(p, m) || pulls(p, m); });
  CHECK(lab.snapshots_received(3) == 0);
  for (const uint32_t node : kNodes) lab.learn_configuration(node);
  lab.quiesce(12);
  CHECK(lab.difference() == "");
  for (const uint32_t node : kNodes) CHECK(lab.members(node, "b", bucket) == Members{"e"});
}

TEST_CASE("S: what came in a part is settled, though the disk it came from is lost") {
  VnodeLab lab(3);
  forget_and_wipe(lab, {3});
  const VnodeLab::Packet pull = first_pull(lab)[0];
  lab.add(1, "s", {"new", "removed"});
  lab.remove(1, "s", {"removed"});
  lab.settle(1);
  lab.packets = {pull};
  lab.deliver(0);
  lab.settle(1);
  const std::vector<VnodeLab::Packet> first_part = take(lab, parts);
  REQUIRE(first_part.size() == 1);
  deliver(lab, first_part[0]);
  REQUIRE(lab.snapshots_received(3) == 0);
  REQUIRE(lab.members(3, "s") == Members{"new", "old"});
  CHECK(lab.logged_dots(3) == 2);
  lab.lose_all();
  lab.wipe(1);
  lab.settle(1);
  lab.quiesce(12);
  CHECK(lab.difference() == "");
  for (const uint32_t node : kNodes) CHECK(lab.members(node, "s") == Members{"new", "old"});
}

// A removal whose entry is gone, and a dot whose bucket is.
TEST_CASE("V: what a snapshot's clock brings can be given on, and not before its end") {
  VnodeLab lab(3);
  const BucketId dropped = lab.create_bucket(BucketType::kOrswot, 0);
  for (const uint32_t node : kNodes) lab.learn_configuration(node);
  forget_and_wipe(lab, {3});
  const VnodeLab::Packet pull = first_pull(lab)[0];
  lab.add(1, "s", {"removed"});
  lab.remove(1, "s", {"removed"});
  lab.add(1, "d", {"e"}, dropped);
  lab.settle(1);
  lab.drop_bucket(dropped);
  for (const uint32_t node : kNodes) lab.learn_configuration(node);
  lab.settle(1);
  REQUIRE(lab.logged_dots(1) == 3);
  lab.packets = {pull};
  size_t logged = 0;
  while (!lab.packets.empty()) {
    const VnodeLab::Packet packet = lab.packets[0];
    const pb::SnapshotPart part = parsed(packet).snapshot_part();
    logged += size_t(part.log_size()) + size_t(part.voids_size());
    lab.packets.erase(lab.packets.begin());
    if (!pulls(packet, parsed(packet)) && !parts(packet, parsed(packet))) continue;
    deliver(lab, packet);
    if (lab.snapshots_received(3) == 0) CHECK(lab.logged_dots(3) == 0);
  }
  REQUIRE(lab.snapshots_received(3) == 1);
  CHECK(logged == 3);
  CHECK(lab.logged_dots(3) == 3);
  lab.wipe(1);
  lab.settle(1);
  lab.quiesce(12);
  CHECK(lab.difference() == "");
  CHECK(lab.snapshots_received(2) == 0);
  for (const uint32_t node : kNodes) CHECK(lab.members(node, "s") == Members{"old"});
}

// Each dot touched entries of every part: they go with the first one.
TEST_CASE("S: a key that takes several parts goes once, with all that the log names of it") {
  for (const BucketId bucket : {kDefaultSet, kSet}) {
    CAPTURE(bucket);
    VnodeLab lab(3);
    forget_and_wipe(lab, {3});
    const VnodeLab::Packet pull = first_pull(lab)[0];
    constexpr int kElements = 2500;
    constexpr int kDots = 5;
    for (int first = 0; first < kDots; ++first) {
      std::vector<std::string> elements;
      for (int i = first; i < kElements; i += kDots) elements.push_back("e" + std::to_string(i));
      lab.add(1, "large", elements, bucket);
      lab.settle(1);
    }
    lab.packets = {pull};
    int sent = 0;
    deliver_wanted(lab, [&](const auto& p, const auto& m) {
      const bool part = parts(p, m);
      for (const pb::KeyUpdate& key : m.snapshot_part().updates().keys()) {
        if (part && key.key() == "large") sent += key.entries_size();
      }
      if (part && m.snapshot_part().log_size() > 0) CHECK(lab.logged_dots(3) == kDots);
      return part || pulls(p, m);
    });
    CHECK(lab.snapshots_received(3) == 1);
    CHECK(lab.logged_dots(3) == kDots);
    CHECK(sent == kElements + (bucket == kSet ? 1 : 0));
    lab.wipe(1);
    lab.settle(1);
    lab.quiesce(12);
    CHECK(lab.difference() == "");
    for (const uint32_t node : kNodes) {
      CHECK(lab.live_elements(node, "large", bucket).size() == kElements);
    }
  }
}

TEST_CASE("V: an owner that is not complete gives no snapshot and gossips nothing") {
  VnodeLab lab(3);
  forget_and_wipe(lab, {2, 3});
  VnodeLab::Packet pull = first_pull(lab)[0];
  lab.lose_all();
  lab.add(1, "s", {"new"});
  lab.settle(1);
  deliver_wanted(lab, [](const auto& p, const auto&) { return p.to == 2; });
  REQUIRE(lab.members(2, "s") == Members{"new"});
  lab.tick(3);
  lab.settle(3);
  pull.to = 2;
  lab.packets.push_back(pull);
  deliver_wanted(lab, [](const auto& p, const auto& m) {
    CHECK(!(p.from == 2 && (m.has_snapshot_part() || m.has_gossip())));
    return p.to == 2;
  });
  lab.quiesce(12);
  CHECK(lab.difference() == "");
  for (const uint32_t node : kNodes) CHECK(lab.members(node, "s") == Members{"new", "old"});
}

// What node 1 announced before node 3 had its new disk is covered by an empty clock.
TEST_CASE("V: an announcement from before an owner's life does not make it complete") {
  VnodeLab lab(3);
  lab.quiesce();
  lab.tick(1);
  const auto early = take(lab, [](const auto& p, const auto&) { return p.to == 3; });
  REQUIRE(early.size() == 1);
  lab.add(1, "s", {"old"});
  lab.settle(1);
  lab.quiesce(8);
  lab.wipe(3);
  lab.settle(3);
  rounds(lab, 3, [](const auto& p, const auto& m) {
    return m.has_announcement() && (p.from != 1 || p.to != 3);
  });
  REQUIRE(lab.vnode(3).fenced());
  deliver(lab, early[0]);
  lab.lose_all();
  lab.tick(3);
  lab.settle(3);
  size_t told = 0;
  for (const VnodeLab::Packet& packet : lab.packets) {
    const pb::PeerMessage message = parsed(packet);
    if (!message.has_announcement()) continue;
    ++told;
    CHECK(!message.announcement().complete());
  }
  CHECK(told > 0);
  lab.quiesce(10);
  CHECK(lab.difference() == "");
}
