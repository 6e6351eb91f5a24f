// A repair, or a delta, of an owner that lives on arrives after what it carries was removed
// everywhere and every trace of the removal was forgotten: it must bring nothing back.
#include <doctest/doctest.h>

#include <vector>

#include "sim/vnode_packets_test.h"

using namespace vordb;
using namespace vordb::sim;

namespace {

// A register, an element and a counter that node 1 wrote, as a repair and as deltas that are held
// back; then all owners remove them and forget that they did.
struct Forgotten {
  Forgotten() {
    lab.quiesce();
    lab.put(1, "r", "old");
    lab.add(1, "s", {"old"});
    lab.count(1, "c", 5);
    lab.settle(1);
    late = lab.packets;
    lab.repair(1, 3, "r", kDefaultLww);
    lab.repair(1, 3, "s", kDefaultSet);
    lab.repair(1, 3, "c", kDefaultCounter);
    for (const VnodeLab::Packet& packet : lab.packets) late.push_back(packet);
    lab.deliver_all();
    lab.erase(2, "r", kDefaultLww);
    lab.remove(2, "s", {"old"});
    lab.erase(2, "c", kDefaultCounter);
    lab.settle(2);
    lab.deliver_all();
    lab.quiesce(10);
    lab.sweep_all();
    for (const uint32_t node : kNodes) REQUIRE(lab.entries(node) == 0);
  }

  void bring_late() {
    lab.packets = late;
    lab.deliver_all();
  }

  VnodeLab lab{3};
  std::vector<VnodeLab::Packet> late;
};

}  // namespace

TEST_CASE("a late repair of what was removed and forgotten brings nothing back") {
  Forgotten forgotten;
  VnodeLab& lab = forgotten.lab;
  forgotten.bring_late();
  for (const uint32_t node : kNodes) {
    CHECK(lab.value(node, "r") == std::nullopt);
    CHECK(lab.members(node, "s").empty());
    CHECK(lab.total(node, "c") == 0);
  }
  lab.quiesce(10);
  lab.sweep_all();
  for (const uint32_t node : kNodes) CHECK(lab.entries(node) == 0);
  CHECK(lab.difference() == "");
}

TEST_CASE("what was written anew after a removal was forgotten outlives a late repair of the old") {
  Forgotten forgotten;
  VnodeLab& lab = forgotten.lab;
  lab.put(1, "r", "new");
  lab.add(1, "s", {"new"});
  lab.count(1, "c", 2);
  lab.settle(1);
  lab.deliver_all();
  forgotten.bring_late();
  lab.quiesce(10);
  for (const uint32_t node : kNodes) {
    CHECK(lab.value(node, "r") == "new");
    CHECK(lab.members(node, "s") == Members{"new"});
    CHECK(lab.total(node, "c") == 2);
  }
  CHECK(lab.difference() == "");
}
