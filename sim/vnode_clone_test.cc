// A disk that was copied runs twice: to the life that its peers do not take for the newest of its
// node they tell so, and it takes no part any more.
#include <doctest/doctest.h>

#include "core/codec.h"
#include "sim/vnode_packets_test.h"

using namespace vordb;
using namespace vordb::sim;

TEST_CASE("a life whose node has a later one takes no writes any more") {
  VnodeLab lab(3);
  lab.quiesce();
  lab.put(3, "k", "before");
  lab.settle(3);
  lab.deliver_all();
  // Node 1 has met the copy, which was started after node 3.
  lab.tick(1);
  lab.settle(1);
  lab.packets = take(lab, [](const auto& packet, const pb::PeerMessage& message) {
    return packet.to == 3 && message.has_announcement();
  });
  REQUIRE(!lab.packets.empty());
  lab.packets.resize(1);
  pb::PeerMessage message = parsed(lab.packets[0]);
  int changed = 0;
  for (pb::ReplicaId& life : *message.mutable_announcement()->mutable_fence()) {
    if (life.node() != 3) continue;
    life.set_life(life.life() + 1);
    ++changed;
  }
  REQUIRE(changed == 1);
  lab.packets[0].bytes = message.SerializeAsString();
  lab.deliver_all();

  CHECK_FALSE(lab.vnode(3).fenced());
  const OpId put = lab.put(3, "k", "after");
  lab.settle(3);
  CHECK_FALSE(lab.acknowledged(put));
  lab.deliver_all();
  CHECK(lab.value(1, "k") == "before");
}
