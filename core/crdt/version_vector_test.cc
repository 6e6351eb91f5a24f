// Version vectors: sorted, without zeros, and ordered by what they cover.
#include "core/crdt/version_vector.h"

#include <doctest/doctest.h>

using vordb::crdt::Dot;
using vordb::crdt::ReplicaId;
using vordb::crdt::VersionVector;

namespace {

constexpr ReplicaId kA{1, 16, 1};
constexpr ReplicaId kB{1, 16, 2};
constexpr ReplicaId kC{2, 1, 1};

VersionVector of(std::initializer_list<VersionVector::Component> components) {
  VersionVector v;
  for (const VersionVector::Component& c : components) v.raise(c.replica, c.counter);
  return v;
}

}  // namespace

TEST_CASE("version vector: components are sorted, and zeros leave no trace") {
  const VersionVector v = of({{kC, 3}, {kA, 1}, {kB, 0}, {kB, 2}});
  REQUIRE(v.components().size() == 3);
  CHECK(v.components()[0].replica == kA);
  CHECK(v.components()[1].replica == kB);
  CHECK(v.components()[2].replica == kC);
  CHECK(v == of({{kA, 1}, {kB, 2}, {kC, 3}}));
  CHECK(of({{kA, 0}}).empty());
  CHECK(of({{kA, 0}}) == VersionVector{});
}

TEST_CASE("version vector: raising never lowers") {
  VersionVector v = of({{kA, 5}});
  v.raise(kA, 3);
  CHECK(v.get(kA) == 5);
  v.raise(Dot{kA, 6});
  CHECK(v.get(kA) == 6);
  CHECK(v.get(kB) == 0);
}

TEST_CASE("version vector: a dot is covered up to its replica's counter") {
  const VersionVector v = of({{kA, 2}});
  CHECK(v.covers(Dot{kA, 1}));
  CHECK(v.covers(Dot{kA, 2}));
  CHECK_FALSE(v.covers(Dot{kA, 3}));
  CHECK_FALSE(v.covers(Dot{kB, 1}));
}

TEST_CASE("version vector: covering compares every component") {
  const VersionVector low = of({{kA, 1}, {kB, 2}});
  const VersionVector high = of({{kA, 1}, {kB, 3}, {kC, 1}});
  CHECK(high.covers(low));
  CHECK_FALSE(low.covers(high));
  CHECK(low.covers(low));
  CHECK(low.covers(VersionVector{}));
  CHECK_FALSE(VersionVector{}.covers(low));
  CHECK_FALSE(of({{kA, 9}}).covers(of({{kC, 1}})));
}

TEST_CASE("version vector: a join takes the higher of each component") {
  VersionVector v = of({{kA, 4}, {kB, 1}});
  v.join(of({{kA, 2}, {kB, 7}, {kC, 1}}));
  CHECK(v == of({{kA, 4}, {kB, 7}, {kC, 1}}));
}

TEST_CASE("version vector: stripping removes what is covered and keeps what is higher") {
  VersionVector v = of({{kA, 4}, {kB, 2}, {kC, 1}});
  v.strip(of({{kA, 3}, {kB, 2}}));
  CHECK(v == of({{kA, 4}, {kC, 1}}));
  v.strip(of({{kA, 9}, {kC, 9}}));
  CHECK(v.empty());
}
