// Counterexamples of DATA.md about what a crash takes back: announcements that are no single
// durable cut (O), and strips that get lost between two batches (Q).
#include <doctest/doctest.h>

#include "proto/peer.pb.h"
#include "sim/vnode_packets_test.h"

using namespace vordb::sim;

namespace {

// Everybody announces, hears and answers; the disk of node 1 makes nothing durable.
void rounds_without_disk_of_1(VnodeLab& lab, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    lab.advance(1000);
    for (const uint32_t node : kNodes) {
      lab.pulse(node);
      lab.tick(node);
      if (node == 1) lab.flush(1);
      if (node != 1) lab.settle(node);
    }
    while (!lab.packets.empty()) {
      const uint32_t to = lab.packets[0].to;
      lab.deliver(0);
      if (to == 1) lab.flush(1);
      if (to != 1) lab.settle(to);
    }
  }
}

// Node 3 adds two elements: node 2 gets the second only. The first is told to node 1 in what is
// returned. Then node 3 loses its disk.
std::vector<VnodeLab::Packet> lose_node_3(VnodeLab& lab) {
  lab.quiesce();
  lab.add(3, "s", {"first"});
  lab.settle(3);
  std::vector<VnodeLab::Packet> first = take_packets(lab, 1);
  lab.add(3, "s", {"second"});
  lab.settle(3);
  lab.packets = take_packets(lab, 2);
  lab.deliver_all();
  lab.lose_all();
  lab.wipe(3);
  lab.settle(3);
  return first;
}

void converged(VnodeLab& lab, const Members& members) {
  lab.quiesce(10);
  CHECK(lab.difference() == "");
  for (const uint32_t node : kNodes) CHECK(lab.members(node, "s") == members);
}

}  // namespace

TEST_CASE("O: a fence is announced with the clock of its own batch, not before") {
  VnodeLab lab(3);
  // Node 1 has merged the first element, and is about to make it durable.
  for (const VnodeLab::Packet& packet : lose_node_3(lab)) lab.packets.push_back(packet);
  lab.deliver(0);
  lab.flush(1);
  rounds_without_disk_of_1(lab, 4);
  lab.settle(1);
  converged(lab, {"first", "second"});
}

TEST_CASE("O: a fence that a crash takes back was not counted on") {
  VnodeLab lab(3);
  const std::vector<VnodeLab::Packet> late = lose_node_3(lab);
  rounds_without_disk_of_1(lab, 4);
  lab.restart(1);
  lab.lose_all();
  for (const VnodeLab::Packet& packet : late) lab.packets.push_back(packet);
  lab.deliver_all();
  lab.quiesce(10);
  CHECK(lab.difference() == "");
}

TEST_CASE("Q: a strip that a crash took away comes again") {
  VnodeLab lab(2);
  lab.quiesce();
  const std::vector<VnodeLab::Packet> first = leave_context(lab);
  // The first dot fills the gap: it is merged, and the strip of the other key waits for the disk.
  lab.disk(2).reads_wait = true;
  lab.packets = first;
  lab.deliver(0);
  lab.answer_reads(2);
  lab.flush(2);
  REQUIRE(lab.disk(2).pending() == 1);
  lab.make_one_durable(2);
  CHECK(lab.vnode(2).left_overs() == 1);
  lab.restart(2);
  lab.disk(2).reads_wait = false;
  lab.quiesce(4);
  CHECK(lab.vnode(2).left_overs() == 0);
  CHECK(lab.difference() == "");
}
