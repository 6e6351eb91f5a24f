// Rules of the data plane (DATA.md), each in a history that ends badly without it: times, settling,
// retired lives, seals, the index of left-over contexts. scenarios/known-bugs
// takes the rules out one by one.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "proto/peer.pb.h"
#include "sim/vnode_packets_test.h"

using namespace vordb;
using namespace vordb::sim;

namespace {

constexpr int64_t kHourMs = 3'600'000;

bool announces(const VnodeLab::Packet&, const pb::PeerMessage& message) {
  return message.has_announcement();
}

void converged(VnodeLab& lab) {
  lab.quiesce(10);
  CHECK(lab.difference() == "");
  for (const uint32_t node : kNodes) CHECK(lab.vnode(node).left_overs() == 0);
}

}  // namespace

// Node 1's clock is an hour ahead, node 3's an hour behind. Node 2 hears of the first write only
// through another key, and node 3 through node 2.
TEST_CASE("rule 4: what is written after a merge comes after all that its sender had written") {
  VnodeLab lab(3);
  lab.quiesce();
  lab.skew(1, kHourMs);
  lab.skew(3, -kHourMs);
  lab.put(1, "k", "first");
  lab.settle(1);
  lab.lose_all();
  lab.add(1, "s", {"e"});
  lab.settle(1);
  lab.packets = take_packets(lab, 2);
  lab.deliver_all();
  lab.put(2, "k", "second");
  lab.settle(2);
  lab.lose_all();
  lab.add(2, "s", {"f"});
  lab.settle(2);
  lab.packets = take_packets(lab, 3);
  lab.deliver_all();
  lab.put(3, "k", "third");
  lab.settle(3);
  converged(lab);
  for (const uint32_t node : kNodes) CHECK(lab.value(node, "k") == "third");
}

TEST_CASE("rule 5: a dot of which an entry is missing is asked for again") {
  VnodeLab lab(3);
  lab.quiesce();
  lab.add(1, "s", {"a", "b"});
  lab.settle(1);
  lab.packets = take_packets(lab, 2);
  REQUIRE(lab.packets.size() == 1);
  pb::PeerMessage message = parsed(lab.packets[0]);
  REQUIRE(message.delta().keys(0).entries_size() == 2);
  message.mutable_delta()->mutable_keys(0)->mutable_entries()->RemoveLast();
  lab.packets[0].bytes = message.SerializeAsString();
  lab.deliver_all();
  CHECK(lab.vnode(2).durable_clock().empty());
  converged(lab);
  for (const uint32_t node : kNodes) CHECK(lab.members(node, "s") == Members{"a", "b"});
}

// Node 1 has said who is retired before it has read what it needs to merge the late addition.
TEST_CASE("rule 8: a merge that waits for the disk does not outlive its sender") {
  VnodeLab lab(3, 0);
  lab.quiesce();
  lab.add(3, "s", {"first"});
  lab.settle(3);
  const std::vector<VnodeLab::Packet> late = take_packets(lab, 1);
  lab.add(3, "s", {"second"});
  lab.settle(3);
  lab.packets = take_packets(lab, 2);
  lab.deliver_all();
  lab.lose_all();
  lab.disk(1).reads_wait = true;
  lab.packets = late;
  lab.deliver(0);
  lab.wipe(3);
  lab.settle(3);
  const auto commit = [&](uint32_t node) {
    if (node != 1) return lab.settle(node);
    lab.flush(1);
    while (lab.disk(1).pending() > 0) lab.make_one_durable(1);
  };
  for (int round = 0; round < 4; ++round) {
    lab.advance(1000);
    for (const uint32_t node : kNodes) {
      lab.tick(node);
      commit(node);
    }
    while (!lab.packets.empty()) {
      const VnodeLab::Packet packet = lab.packets[0];
      if (packet.to == 1 && !parsed(packet).has_announcement()) {
        lab.packets.erase(lab.packets.begin());
        continue;
      }
      lab.deliver(0);
      commit(packet.to);
    }
  }
  lab.disk(1).reads_wait = false;
  lab.answer_reads(1);
  lab.settle(1);
  CHECK(lab.members(1, "s").empty());
  converged(lab);
  for (const uint32_t node : kNodes) CHECK(lab.members(node, "s") == Members{"second"});
}

TEST_CASE("rule 8: nothing that a retired life says is answered") {
  VnodeLab lab(3);
  lab.quiesce();
  lab.tick(3);
  const std::vector<VnodeLab::Packet> late = take_packets(lab, 1);
  REQUIRE(!late.empty());
  lab.wipe(3);
  lab.settle(3);
  lab.quiesce();
  lab.packets = late;
  for (size_t i = 0; i < late.size(); ++i) lab.deliver(0);
  CHECK(lab.packets.empty());
}

TEST_CASE("rule 8: a new disk's writes come after all that the others have announced") {
  VnodeLab lab(3);
  lab.quiesce();
  lab.skew(3, -kHourMs);
  lab.wipe(3);
  lab.settle(3);
  lab.put(1, "k", "old");
  lab.erase(1, "k", kDefaultLww);
  lab.settle(1);
  lab.packets = take_packets(lab, 2);
  lab.deliver_all();
  rounds(lab, 3, announces);
  REQUIRE(lab.vnode(3).fenced());
  lab.put(3, "k", "new");
  lab.settle(3);
  converged(lab);
  for (const uint32_t node : kNodes) CHECK(lab.value(node, "k") == "new");
}

// Node 2's new disk has heard of node 3's new life from node 1 alone.
TEST_CASE("rule 8: an owner knows of a retired life by what others say") {
  VnodeLab lab(3);
  lab.quiesce();
  lab.add(3, "s", {"ghost"});
  lab.settle(3);
  const std::vector<VnodeLab::Packet> ghost = take_packets(lab, 2);
  lab.wipe(3);
  lab.settle(3);
  lab.quiesce(4);
  lab.wipe(2);
  lab.settle(2);
  lab.lose_all();
  rounds(lab, 3, [](const auto& p, const auto& m) {
    return m.has_announcement() && (p.to != 2 || p.from == 1);
  });
  REQUIRE(lab.vnode(2).fenced());
  lab.packets = ghost;
  lab.deliver_all();
  CHECK(lab.members(2, "s").empty());
  converged(lab);
}

// The copy was made before node 2 lost its disk; all others have sealed what nobody had.
TEST_CASE("rule 8: an old copy of a disk takes nothing before it has learnt who is retired") {
  VnodeLab lab(3);
  lab.quiesce();
  const sim::MemoryDisk::Records copy = lab.disk(3).records();
  lab.add(2, "s", {"ghost"});
  lab.settle(2);
  const std::vector<VnodeLab::Packet> ghost = take_packets(lab, 3);
  lab.add(2, "s", {"kept"});
  lab.settle(2);
  lab.packets = take_packets(lab, 1);
  lab.deliver_all();
  lab.wipe(2);
  lab.settle(2);
  converged(lab);
  lab.restore(3, copy);
  lab.settle(3);
  lab.lose_all();
  lab.packets = ghost;
  lab.deliver_all();
  CHECK(lab.members(3, "s").empty());
  converged(lab);
  for (const uint32_t node : kNodes) CHECK(lab.members(node, "s") == Members{"kept"});
}

namespace {

// Node 1 holds one of two keys that one batch of node 3 wrote, filled by a base that covers both.
// Then node 3 loses its disk: the other key's dot is in no clock and no log.
void leave_context_of_nothing(VnodeLab& lab, BucketId bucket) {
  lab.quiesce();
  lab.add(3, "s", {"kept"}, bucket);
  lab.add(3, "t", {"gone"}, bucket);
  lab.settle(3);
  lab.packets = take_packets(lab, 1);
  REQUIRE(lab.packets.size() == 1);
  pb::PeerMessage message = parsed(lab.packets[0]);
  REQUIRE(message.delta().keys(1).key() == "t");
  message.mutable_delta()->mutable_keys()->RemoveLast();
  lab.packets[0].bytes = message.SerializeAsString();
  lab.deliver_all();
  lab.lose_all();
  REQUIRE(lab.vnode(1).left_overs() == 1);
  lab.wipe(3);
  lab.settle(3);
}

}  // namespace

TEST_CASE("rule 9: a seal covers what only left-over contexts name") {
  VnodeLab lab(3);
  leave_context_of_nothing(lab, kDefaultSet);
  converged(lab);
  for (const uint32_t node : kNodes) CHECK(lab.members(node, "s") == Members{"kept"});
}

// The bucket whose entry had the context is dropped: of it nothing is left but the seals.
TEST_CASE("rule 9: an owner that comes late seals as far as those who have stripped") {
  VnodeLab lab(3);
  const BucketId bucket = lab.create_bucket(BucketType::kOrswot, 0);
  for (const uint32_t node : kNodes) lab.learn_configuration(node);
  leave_context_of_nothing(lab, bucket);
  rounds(lab, 8, [](const auto& p, const auto& m) {
    return p.to != 2 || (p.from == 3 && m.has_announcement());
  });
  REQUIRE(lab.vnode(1).left_overs() == 0);
  lab.drop_bucket(bucket);
  for (const uint32_t node : kNodes) {
    lab.learn_configuration(node);
    lab.settle(node);
  }
  lab.lose_all();
  converged(lab);
}

// Node 3 has told of a write and not of its data: no seal is possible, and no merge comes.
TEST_CASE("rule 6: a strip whose read failed comes again though nobody writes") {
  VnodeLab lab(3, 0);
  lab.quiesce();
  lab.put(3, "k", "v");
  lab.settle(3);
  lab.lose_all();
  lab.tick(3);
  lab.settle(3);
  deliver_wanted(lab,
                 [](const auto& p, const auto& m) { return m.has_announcement() && p.from == 3; });
  const std::vector<VnodeLab::Packet> first = leave_context(lab);
  lab.lose_all();
  // The merge's own read succeeds, the strip's fails.
  lab.disk(2).reads_wait = true;
  lab.packets = first;
  lab.deliver(0);
  lab.disk(2).reads_wait = false;
  lab.disk(2).fail_reads = 0;
  for (DiskEvent& event : lab.disk(2).take_reads()) {
    lab.disk(2).fail_reads = 1;
    lab.take(2, std::move(event));
  }
  lab.settle(2);
  REQUIRE(lab.vnode(2).left_overs() == 1);
  lab.lose_all();
  lab.pulse(2);
  lab.settle(2);
  CHECK(lab.vnode(2).left_overs() == 0);
}

// Node 1 has told a time past a tombstone that it has not seen; what it writes then must win over
// that tombstone wherever it is still held.
TEST_CASE("rule 2: a restart begins above every time that was told, though the clock steps back") {
  VnodeLab lab(3);
  lab.quiesce();
  lab.erase(2, "k", kDefaultLww);
  lab.settle(2);
  rounds(lab, 3, [](const auto& p, const auto& m) { return p.to != 1 || m.has_announcement(); });
  lab.sweep(2);
  lab.settle(2);
  REQUIRE(lab.entries(1) == 0);
  REQUIRE(lab.entries(2) == 0);
  REQUIRE(lab.entries(3) == 1);
  lab.skew(1, -kHourMs);
  lab.restart(1);
  lab.settle(1);
  lab.put(1, "k", "after");
  lab.settle(1);
  converged(lab);
  for (const uint32_t node : kNodes) CHECK(lab.value(node, "k") == "after");
}

TEST_CASE("rule 2: what another owner announces is durable there, and no log forgets it before") {
  VnodeLab lab(2);
  lab.quiesce();
  lab.add(1, "s", {"e"});
  lab.settle(1);
  lab.deliver(0);
  lab.tick(2);
  lab.flush(2);
  REQUIRE(lab.disk(2).pending() == 1);
  while (!lab.packets.empty() && lab.packets[0].to == 1) lab.deliver(0);
  for (int i = 0; i < 3; ++i) {
    lab.tick(1);
    lab.settle(1);
  }
  CHECK(lab.logged_dots(1) == 1);
}

TEST_CASE("rule 2: an owner at rest writes nothing, and once where another waits for its time") {
  VnodeLab lab(3);
  lab.quiesce(8);
  const auto writes = [&] {
    int writes = 0;
    for (int i = 0; i < 50; ++i) {
      lab.advance(100);
      lab.tick(1);
      lab.flush(1);
      writes += lab.disk(1).pending() > 0;
      lab.settle(1);
    }
    return writes;
  };
  CHECK(writes() == 0);
  lab.erase(2, "k", kDefaultLww);
  lab.settle(2);
  lab.lose_all();
  lab.tick(2);
  deliver_wanted(lab,
                 [](const auto& p, const auto& m) { return p.to == 1 && m.has_announcement(); });
  CHECK(writes() == 1);
  CHECK(writes() == 0);
}

TEST_CASE("rule 1: readers and coordinators learn of a write once it is durable") {
  VnodeLab lab(3);
  lab.quiesce();
  lab.put(1, "k", "one");
  lab.settle(1);
  lab.deliver_all();
  const OpId two = lab.put(1, "k", "two");
  lab.flush(1);
  CHECK(lab.value(1, "k") == "one");
  lab.settle(1);
  CHECK(lab.value(1, "k") == "two");
  lab.packets = take_packets(lab, 2);
  lab.deliver(0);
  CHECK(!lab.confirmed(two, 2));
  lab.flush(2);
  CHECK(!lab.confirmed(two, 2));
  lab.make_one_durable(2);
  CHECK(lab.confirmed(two, 2));
  CHECK(!lab.confirmed(two, 3));
}

TEST_CASE("rule 15: entries of a bucket that an owner does not know yet come again") {
  VnodeLab lab(3);
  lab.quiesce();
  const BucketId bucket = lab.create_bucket(BucketType::kOrswot, 0);
  for (const uint32_t node : {1, 3}) lab.learn_configuration(node);
  lab.add(1, "s", {"e"}, bucket);
  lab.settle(1);
  lab.deliver_all();
  lab.learn_configuration(2);
  converged(lab);
  for (const uint32_t node : kNodes) CHECK(lab.members(node, "s", bucket) == Members{"e"});
}
