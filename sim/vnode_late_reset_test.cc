// A reset of a counter that arrives once more after every owner has dropped the counter's entry.
#include <doctest/doctest.h>

#include "sim/vnode_lab.h"

using vordb::kDefaultCounter;
using vordb::sim::VnodeLab;

namespace {

constexpr uint32_t kNodes[] = {1, 2, 3};

}  // namespace

TEST_CASE("a late copy of a reset leaves nothing of a counter that was dropped") {
  VnodeLab lab(3);
  lab.quiesce();
  lab.count(2, "c", 2);
  lab.settle(2);
  lab.deliver_all();
  lab.erase(1, "c", kDefaultCounter);
  lab.settle(1);
  const std::vector<VnodeLab::Packet> late = lab.packets;
  REQUIRE(late.size() == 2);
  lab.deliver_all();
  lab.quiesce(10);
  lab.sweep_all();
  for (const uint32_t node : kNodes) REQUIRE(lab.entries(node) == 0);

  lab.packets.push_back(late.back());
  lab.deliver_all();
  lab.quiesce(10);
  lab.sweep_all();
  CHECK(lab.difference() == "");
  for (const uint32_t node : kNodes) CHECK(lab.entries(node) == 0);
}

TEST_CASE("a counter counts on after a late copy of its reset") {
  VnodeLab lab(3);
  lab.quiesce();
  lab.count(2, "c", 2);
  lab.settle(2);
  lab.deliver_all();
  lab.erase(1, "c", kDefaultCounter);
  lab.settle(1);
  const std::vector<VnodeLab::Packet> late = lab.packets;
  lab.deliver_all();
  lab.quiesce(10);
  lab.sweep_all();
  for (const VnodeLab::Packet& packet : late) lab.packets.push_back(packet);
  lab.deliver_all();
  lab.count(2, "c", 5);
  lab.settle(2);
  lab.deliver_all();
  lab.quiesce(6);
  for (const uint32_t node : kNodes) CHECK(lab.total(node, "c") == 5);
  CHECK(lab.difference() == "");
}
