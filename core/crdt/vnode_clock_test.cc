// Vnode clocks: a contiguous base and the dots above it, growing only.
#include "core/crdt/vnode_clock.h"

#include <vector>

#include <doctest/doctest.h>

using vordb::crdt::Dot;
using vordb::crdt::ReplicaId;
using vordb::crdt::VnodeClock;

namespace {

constexpr ReplicaId kA{1, 16, 1};
constexpr ReplicaId kB{2, 16, 1};

VnodeClock of(std::initializer_list<Dot> dots) {
  VnodeClock clock;
  for (const Dot& dot : dots) clock.add(dot);
  return clock;
}

std::vector<Dot> missing(const VnodeClock& have, const VnodeClock& other) {
  std::vector<Dot> dots;
  have.for_each_missing(other, [&](const Dot& dot) {
    dots.push_back(dot);
    return true;
  });
  CHECK(have.count_missing(other) == dots.size());
  return dots;
}

}  // namespace

TEST_CASE("vnode clock: dots in order raise the base") {
  VnodeClock clock;
  CHECK(clock.empty());
  CHECK(clock.add({kA, 1}));
  CHECK(clock.add({kA, 2}));
  CHECK_FALSE(clock.add({kA, 2}));
  CHECK(clock.base_of(kA) == 2);
  CHECK(clock.contiguous());
  CHECK(clock.contains({kA, 1}));
  CHECK_FALSE(clock.contains({kA, 3}));
  CHECK_FALSE(clock.contains({kB, 1}));
}

TEST_CASE("vnode clock: a gap keeps later dots above the base until it fills") {
  VnodeClock clock = of({{kA, 3}, {kA, 5}, {kA, 4}});
  CHECK(clock.base_of(kA) == 0);
  CHECK(clock.highest_of(kA) == 5);
  CHECK_FALSE(clock.contiguous());
  CHECK(clock.contains({kA, 4}));
  CHECK_FALSE(clock.contains({kA, 1}));
  CHECK(clock.base().empty());
  CHECK(clock.add({kA, 1}));
  CHECK(clock.base_of(kA) == 1);
  CHECK(clock.replicas()[0].above == std::vector<uint64_t>{3, 4, 5});
  CHECK(clock.add({kA, 2}));
  CHECK(clock.base_of(kA) == 5);
  CHECK(clock.contiguous());
}

TEST_CASE("vnode clock: a raised base takes in what it reaches") {
  VnodeClock clock = of({{kA, 3}, {kA, 5}, {kA, 8}});
  CHECK(clock.raise_base(kA, 4));
  CHECK(clock.base_of(kA) == 5);
  CHECK(clock.replicas()[0].above == std::vector<uint64_t>{8});
  CHECK_FALSE(clock.raise_base(kA, 5));
  CHECK_FALSE(clock.raise_base(kA, 1));
  CHECK(clock.base_of(kA) == 5);
  CHECK_FALSE(clock.raise_base(kB, 0));
  CHECK(clock.replicas().size() == 1);
}

TEST_CASE("vnode clock: equal sets of dots are equal clocks, in whatever order they came") {
  const VnodeClock expected = of({{kA, 1}, {kA, 2}, {kA, 4}, {kB, 1}});
  CHECK(of({{kB, 1}, {kA, 4}, {kA, 2}, {kA, 1}}) == expected);
  VnodeClock joined = of({{kA, 2}, {kA, 4}});
  CHECK(joined.join(of({{kA, 1}, {kB, 1}})));
  CHECK(joined == expected);
  CHECK_FALSE(joined.join(expected));
}

TEST_CASE("vnode clock: a join tells whether a base grew, not whether a dot came above one") {
  VnodeClock clock = of({{kA, 1}});
  CHECK_FALSE(clock.join(of({{kA, 5}})));
  CHECK(clock.contains({kA, 5}));
}

TEST_CASE("vnode clock: covering looks at every dot, below and above the base") {
  const VnodeClock gap = of({{kA, 1}, {kA, 3}});
  CHECK(of({{kA, 1}, {kA, 2}, {kA, 3}}).covers(gap));
  CHECK_FALSE(of({{kA, 1}, {kA, 2}}).covers(gap));
  CHECK_FALSE(gap.covers(of({{kA, 1}, {kA, 2}})));
  CHECK(gap.covers(VnodeClock{}));
  CHECK_FALSE(gap.covers(of({{kB, 1}})));
}

TEST_CASE("vnode clock: missing dots come in order, each once, until the visitor stops") {
  const VnodeClock have = of({{kA, 1}, {kA, 2}, {kA, 3}, {kA, 6}, {kB, 2}});
  const VnodeClock other = of({{kA, 2}, {kA, 6}});
  CHECK(missing(have, other) == std::vector<Dot>{{kA, 1}, {kA, 3}, {kB, 2}});
  CHECK(missing(have, have).empty());
  CHECK(missing(other, have).empty());
  int visited = 0;
  have.for_each_missing(other, [&](const Dot&) { return ++visited < 2; });
  CHECK(visited == 2);
}

TEST_CASE("vnode clock: the base as a version vector leaves out what lies above it") {
  const VnodeClock clock = of({{kA, 1}, {kA, 2}, {kA, 4}, {kB, 3}});
  CHECK(clock.base().get(kA) == 2);
  CHECK(clock.base().get(kB) == 0);
  CHECK(clock.base().components().size() == 1);
}
