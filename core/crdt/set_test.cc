// Sets: additions win over what they did not see, removals take away exactly what was observed.
#include "core/crdt/set.h"

#include <doctest/doctest.h>

#include "core/crdt/merge.h"
#include "core/crdt/testing/seen.h"

using namespace vordb::crdt;

namespace {

constexpr ReplicaId kA{1, 16, 1};
constexpr ReplicaId kB{2, 16, 1};
const VersionVector kNothing;

Entry apply(const Entry& state, const Entry& delta, EntryKind kind = EntryKind::kElement) {
  return merge(kind, {state, kNothing}, {delta, kNothing});
}

Entry added(const Dot& dot) { return element_add({}, dot); }

}  // namespace

TEST_CASE("set: an addition holds one dot in place of all that it saw") {
  const Entry both = apply(added({kA, 1}), added({kB, 1}));
  CHECK(both.live.size() == 2);
  const Entry again = apply(both, element_add(both, {kA, 2}));
  REQUIRE(again.live.size() == 1);
  CHECK(again.live[0].dot == Dot{kA, 2});
  CHECK(element_present(again));
}

TEST_CASE("set: a removal takes what it observed and leaves a concurrent addition") {
  const Entry seen = added({kA, 1});
  const Entry removal = element_remove(seen);
  CHECK_FALSE(element_present(apply(seen, removal)));
  const Entry concurrent = apply(seen, element_add(seen, {kB, 1}));
  const Entry merged = apply(apply(seen, removal), concurrent);
  REQUIRE(merged.live.size() == 1);
  CHECK(merged.live[0].dot == Dot{kB, 1});
  CHECK(apply(concurrent, apply(seen, removal)).live == merged.live);
}

TEST_CASE("set: an addition after a removal stays") {
  const Entry empty = apply(added({kA, 1}), element_remove(added({kA, 1})));
  const Entry back = apply(empty, element_add(empty, {kA, 2}));
  CHECK(element_present(back));
  CHECK(element_present(apply(back, empty)));
}

TEST_CASE("set: a removal of what a client has read leaves what it has not") {
  const Entry both = apply(added({kA, 1}), added({kB, 1}));
  const Entry left = apply(both, element_remove_seen(both, seen({{kA, 1}})));
  REQUIRE(left.live.size() == 1);
  CHECK(left.live[0].dot == Dot{kB, 1});
  CHECK(apply(both, element_remove_seen(both, {})).live == both.live);
  CHECK_FALSE(element_present(apply(both, element_remove_seen(both, seen({{kA, 1}, {kB, 1}})))));
}

TEST_CASE("set: an unseen dot below a seen one of its replica survives the removal") {
  Entry entry;
  entry.live.push_back({{kA, 1}, {}});
  entry.live.push_back({{kA, 3}, {}});
  const Entry left = apply(entry, element_remove_seen(entry, seen({{kA, 3}})));
  REQUIRE(left.live.size() == 1);
  CHECK(left.live[0].dot == Dot{kA, 1});
}

TEST_CASE("set: deadlines never move backwards and merge by max") {
  const Entry first = meta_renew({}, {kA, 1}, 1000);
  CHECK(meta_deadline(first) == 1000);
  const Entry earlier = apply(first, meta_renew(first, {kA, 2}, 500), EntryKind::kMeta);
  CHECK(meta_deadline(earlier) == 1000);
  CHECK(earlier.live.size() == 1);
  const Entry concurrent = apply(earlier, meta_renew(first, {kB, 1}, 2000), EntryKind::kMeta);
  CHECK(concurrent.live.size() == 2);
  CHECK(meta_deadline(concurrent) == 2000);
}

TEST_CASE("set: a key expires at its deadline, and never without one") {
  const Entry meta = meta_renew({}, {kA, 1}, 1000);
  CHECK_FALSE(meta_expired(meta, 999));
  CHECK(meta_expired(meta, 1000));
  CHECK_FALSE(meta_expired({}, UINT64_MAX));
  CHECK(meta_deadline({}) == 0);
}
