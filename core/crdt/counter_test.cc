// Counters: cumulative totals of one birth, baselines of resets, sums without overflow.
#include "core/crdt/counter.h"

#include <doctest/doctest.h>

#include "core/crdt/merge.h"

using namespace vordb::crdt;
using vordb::Hlc;

namespace {

constexpr ReplicaId kA{1, 16, 1};
const VersionVector kNothing;

Entry apply(const Entry& state, const Entry& delta) {
  return merge(EntryKind::kCounter, {state, kNothing}, {delta, kNothing});
}

Entry raise(const Entry& state, uint64_t counter, uint64_t p, uint64_t n) {
  return apply(state, counter_raise(state, {kA, counter}, p, n));
}

}  // namespace

TEST_CASE("counter: totals are cumulative and a vacant entry begins a birth") {
  const Entry one = raise({}, 7, 5, 0);
  CHECK(one.live[0].payload.birth == 7);
  const Entry two = raise(one, 8, 1, 4);
  REQUIRE(two.live.size() == 1);
  CHECK(two.live[0].payload.birth == 7);
  CHECK(two.live[0].payload.p == 6);
  CHECK(two.live[0].payload.n == 4);
  CHECK(apply(two, one).live == two.live);
  CHECK(apply(one, two).live == two.live);
}

TEST_CASE("counter: applying a delta twice counts it once") {
  const Entry one = raise({}, 1, 5, 0);
  const Entry delta = counter_raise(one, {kA, 2}, 3, 0);
  CHECK(counter_share(apply(apply(one, delta), delta)).p == 8);
}

TEST_CASE("counter: a reset takes away what it saw and leaves a concurrent increment") {
  const Entry ten = raise({}, 1, 10, 2);
  const Entry reset = apply(ten, counter_reset(ten, Hlc{5}));
  CHECK_FALSE(counter_present(reset));
  const Entry eleven = raise(ten, 2, 1, 0);
  CHECK(counter_share(apply(eleven, reset)).p == 1);
  CHECK(counter_share(apply(reset, eleven)).p == 1);
  CHECK(counter_share(apply(reset, eleven)).n == 0);
  CHECK(counter_share(raise(reset, 2, 4, 0)).p == 4);
}

TEST_CASE("counter: a reset that would change nothing changes nothing") {
  const Entry ten = raise({}, 1, 10, 0);
  const Entry reset = apply(ten, counter_reset(ten, Hlc{5}));
  CHECK(counter_reset(reset, Hlc{99}) == reset);
  CHECK(counter_reset({}, Hlc{99}) == Entry{});
}

TEST_CASE("counter: a value back at zero is still a counter") {
  const Entry zero = raise(raise({}, 1, 3, 0), 2, 0, 3);
  CHECK(counter_present(zero));
  CounterSum sum;
  sum.add(zero);
  CHECK(sum.saturated() == 0);
}

TEST_CASE("counter: a baseline of another birth says nothing about these totals") {
  Entry entry = raise({}, 4, 3, 0);
  entry.baseline = {1, 3, 0, Hlc{5}};
  CHECK(counter_share(entry).p == 3);
  entry.baseline = {4, 9, 0, Hlc{5}};  // has seen more than this older state
  CHECK(counter_share(entry).p == 0);
}

TEST_CASE("counter: a spent entry is dropped only once its reset is known everywhere") {
  const Entry ten = raise({}, 1, 10, 0);
  CHECK_FALSE(counter_spent(ten, Hlc{UINT64_MAX}));
  const Entry reset = apply(ten, counter_reset(ten, Hlc{5}));
  CHECK_FALSE(counter_spent(reset, Hlc{5}));
  CHECK(counter_spent(reset, Hlc{6}));
  CHECK_FALSE(counter_spent({}, Hlc{UINT64_MAX}));
}

TEST_CASE("counter: totals may pass 64 bits while the value stays within") {
  Entry entry;
  for (uint64_t c = 1; c <= 8; c += 2) {
    entry = raise(entry, c, INT64_MAX, 0);
    entry = raise(entry, c + 1, 0, INT64_MAX);
  }
  entry = raise(entry, 9, 2, 0);
  CHECK(counter_share(entry).p > UINT64_MAX);
  CounterSum sum;
  sum.add(entry);
  CHECK(sum.fits());
  CHECK(sum.saturated() == 2);
}

TEST_CASE("counter: the sum of many of the largest totals is exact") {
  Entry entry = raise({}, 1, 1, 0);
  entry.live[0].payload.p = kCounterTotalMax;
  CounterSum sum;
  for (int i = 0; i < 10'000; ++i) sum.add(entry);
  CHECK_FALSE(sum.fits());
  entry.live[0].payload.p = 7;
  entry.live[0].payload.n = kCounterTotalMax;
  for (int i = 0; i < 10'000; ++i) sum.add(entry);
  CHECK(sum.fits());
  CHECK(sum.saturated() == 70'000);
}

TEST_CASE("counter: sums are exact, say when they leave int64, and saturate") {
  CounterSum sum;
  sum.add(INT64_MAX, 0);
  CHECK(sum.fits());
  CHECK(sum.saturated() == INT64_MAX);
  sum.add(1, 0);
  CHECK_FALSE(sum.fits());
  CHECK(sum.saturated() == INT64_MAX);
  sum.add(0, CounterTotal{1} << 63);
  CHECK(sum.fits());
  CHECK(sum.saturated() == 0);
  sum.add(0, CounterTotal{1} << 63);
  CHECK(sum.fits());
  CHECK(sum.saturated() == INT64_MIN);
  sum.add(0, 1);
  CHECK_FALSE(sum.fits());
  CHECK(sum.saturated() == INT64_MIN);
}
