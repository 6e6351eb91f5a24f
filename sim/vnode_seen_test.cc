// A client is no replica: what it has read at one owner it may take away at another, which must
// know all of that first and takes away nothing else.
#include <doctest/doctest.h>

#include "sim/vnode_packets_test.h"

using namespace vordb;
using namespace vordb::sim;

TEST_CASE("a removal of what was read elsewhere waits for it and spares what came after") {
  VnodeLab lab(3);
  lab.quiesce();
  lab.add(1, "s", {"a", "b"});
  lab.settle(1);
  const VnodeLab::Seen seen = lab.seen(1, "s", kDefaultSet);
  REQUIRE(seen);
  const std::vector<VnodeLab::Packet> additions = take_packets(lab, 2);

  const OpId early = lab.remove(2, "s", {"a", "b"}, kDefaultSet, seen);
  lab.settle(2);
  CHECK_FALSE(lab.acknowledged(early));

  lab.add(3, "s", {"a"});
  lab.settle(3);
  lab.packets = take_packets(lab, 2);
  for (const VnodeLab::Packet& packet : additions) lab.packets.push_back(packet);
  lab.deliver_all();
  CHECK(lab.members(2, "s") == Members{"a", "b"});
  const OpId late = lab.remove(2, "s", {"a", "b"}, kDefaultSet, seen);
  lab.settle(2);
  CHECK(lab.acknowledged(late));
  lab.quiesce(10);
  for (const uint32_t node : kNodes) CHECK(lab.members(node, "s") == Members{"a"});
  CHECK(lab.difference() == "");
}
