// What was seen, with early lives in full: what it contains and covers, and that it stays small.
#include "core/crdt/causal_past.h"

#include <doctest/doctest.h>

#include "core/crdt/testing/seen.h"

using namespace vordb::crdt;

namespace {

constexpr ReplicaId life(uint64_t number, vordb::NodeNumber node = 1) { return {node, 16, number}; }

}  // namespace

TEST_CASE("causal past: contains the dots of its clock and all of the lives that are full") {
  CausalPast past = seen({{life(3), 1}, {life(3), 4}, {life(1, 2), 1}});
  CHECK(past.contains({life(3), 4}));
  CHECK_FALSE(past.contains({life(3), 2}));
  CHECK_FALSE(past.contains({life(2), 9}));
  past.fill_below(life(3));
  CHECK(past.contains({life(2), 9}));
  CHECK_FALSE(past.contains({life(3), 2}));
  CHECK(past.contains({life(1, 2), 1}));
  CHECK_FALSE(past.contains({life(1, 2), 2}));
  CHECK_FALSE(past.contains({life(0, 3), 1}));
}

TEST_CASE("causal past: full lives leave the clock, and no smaller claim takes them back") {
  CausalPast past = seen({{life(1), 1}, {life(2), 1}, {life(3), 1}, {life(1, 2), 1}});
  past.fill_below(life(3));
  past.fill_below(life(2));
  CHECK(past.clock() == seen({{life(3), 1}, {life(1, 2), 1}}).clock());
  past.add({life(2), 7});
  CHECK(past.clock() == seen({{life(3), 1}, {life(1, 2), 1}}).clock());
  CHECK(past.full_below() == std::vector<ReplicaId>{life(3)});
}

TEST_CASE("causal past: only who knows early lives in full covers that somebody does") {
  CausalPast full = seen({{life(5), 1}});
  full.fill_below(life(5));
  const CausalPast counted = seen({{life(4), 1}, {life(5), 1}});
  CHECK(full.covers(counted));
  CHECK_FALSE(counted.covers(full));
  CausalPast fuller = full;
  fuller.fill_below(life(6));
  CHECK(fuller.covers(full));
  CHECK_FALSE(full.covers(fuller));
  CHECK(full.covers(CausalPast{}));
  CHECK_FALSE(full.covers(seen({{life(5), 2}})));
  // Dots of a full life do not hide the missing ones behind it.
  CHECK_FALSE(full.covers(seen({{life(4), 1}, {life(1, 2), 1}})));
}

TEST_CASE("causal past: a join has seen what either has") {
  CausalPast one = seen({{life(2), 1}, {life(4), 2}, {life(1, 2), 3}});
  CausalPast other = seen({{life(4), 1}, {life(7, 2), 1}});
  other.fill_below(life(4));
  other.fill_below(life(7, 2));
  CausalPast joined = one;
  joined.join(other);
  CHECK(joined.covers(one));
  CHECK(joined.covers(other));
  CHECK(joined.clock() == seen({{life(4), 1}, {life(4), 2}, {life(7, 2), 1}}).clock());
  CausalPast turned = other;
  turned.join(one);
  CHECK(turned == joined);
}

TEST_CASE("causal past: a claim of dots without end is judged at once") {
  VnodeClock claimed;
  claimed.raise_base(life(2), kDotCounterMax);
  CausalPast past = seen({{life(3), 1}});
  past.fill_below(life(3));
  CHECK(past.covers(CausalPast(claimed)));
  claimed.raise_base(life(3), kDotCounterMax);
  CHECK_FALSE(past.covers(CausalPast(claimed)));
}
