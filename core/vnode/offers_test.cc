// Which large rounds of gossip are on their way, and when the dots of others are told.
#include "core/vnode/offers.h"

#include <doctest/doctest.h>

namespace vordb::vnode {
namespace {

constexpr uint64_t kPatienceUs = 1000;

PeerView peer(uint32_t content, uint64_t base) {
  PeerView view;
  view.replica = {3, 1, 1};
  view.content = content;
  if (base > 0) view.clock.raise_base({1, 1, 1}, base);
  return view;
}

crdt::Dot dot(uint64_t counter) { return {{1, 1, 1}, counter}; }

TEST_CASE("offers: a large round is on its way until it is acknowledged, or for as long as that") {
  Offers offers;
  CHECK_FALSE(offers.under_way(peer(1, 0), 5000, kPatienceUs));
  offers.sent(3, dot(20), 5000);
  CHECK(offers.under_way(peer(1, 0), 5001, kPatienceUs));
  CHECK(offers.under_way(peer(2, 19), 5999, kPatienceUs));
  CHECK_FALSE(offers.under_way(peer(2, 20), 5001, kPatienceUs));
  CHECK_FALSE(offers.under_way(peer(2, 19), 6000, kPatienceUs));
}

TEST_CASE("offers: the dots of others are told where they do not come, until none is lacking") {
  Offers offers;
  CHECK_FALSE(offers.relays(peer(1, 0), 5000, kPatienceUs));
  CHECK_FALSE(offers.relays(peer(1, 0), 5999, kPatienceUs));
  // Something new: they come.
  CHECK_FALSE(offers.relays(peer(2, 10), 6000, kPatienceUs));
  CHECK_FALSE(offers.relays(peer(2, 10), 6999, kPatienceUs));
  CHECK(offers.relays(peer(2, 10), 7000, kPatienceUs));
  CHECK(offers.relays(peer(3, 20), 7001, kPatienceUs));
  offers.close(3);
  CHECK_FALSE(offers.relays(peer(3, 20), 9000, kPatienceUs));
}

TEST_CASE("offers: of peers that are none any more nothing is kept") {
  Offers offers;
  offers.sent(3, dot(20), 5000);
  offers.keep_only({2});
  CHECK_FALSE(offers.under_way(peer(1, 0), 5001, kPatienceUs));
}

}  // namespace
}  // namespace vordb::vnode
