// Counting owners: distinct, of each set, members only.
#include "core/coordinator/owner_sets.h"

#include <doctest/doctest.h>

using namespace vordb;
using namespace vordb::coordinator;

namespace {

constexpr PlacementId kPlace{3, 0};

Configuration cluster(std::vector<NodeNumber> owners, std::vector<NodeNumber> next = {}) {
  Configuration out;
  out.epoch = 30;
  out.ring_size = 1;
  for (NodeNumber node = 1; node <= 5; ++node) {
    Member member;
    member.node = node;
    out.members.push_back(member);
  }
  out.partitions.push_back(Partition{29, 0, std::move(owners), std::move(next), {}});
  return out;
}

OwnerMask of(const OwnerSets& sets, std::initializer_list<NodeNumber> nodes) {
  OwnerMask mask = 0;
  for (const NodeNumber node : nodes) mask |= sets.bit(node);
  return mask;
}

}  // namespace

TEST_CASE("owner sets: one set") {
  const OwnerSets sets = OwnerSets::of(cluster({3, 1, 2}), kPlace);
  CHECK(sets.pv == 29);
  CHECK(sets.bit(4) == 0);
  CHECK_FALSE(sets.reached(of(sets, {1}), 2));
  CHECK(sets.reached(of(sets, {1, 3}), 2));
  CHECK_FALSE(sets.reached(of(sets, {1, 3}), 3));
  CHECK(sets.present() == 3);
}

TEST_CASE("owner sets: both sets while the placement moves, kept owners in both") {
  const OwnerSets sets = OwnerSets::of(cluster({1, 2, 3}, {2, 4, 5}), kPlace);
  CHECK(sets.nodes.size() == 5);
  CHECK_FALSE(sets.reached(of(sets, {1, 2, 3}), 2));
  CHECK_FALSE(sets.reached(of(sets, {2, 4, 5}), 2));
  CHECK(sets.reached(of(sets, {1, 2, 4}), 2));
  CHECK(sets.reached(of(sets, {2}), 1));
  CHECK_FALSE(sets.reached(of(sets, {1}), 1));
}

TEST_CASE("owner sets: removed members keep their places and never count") {
  Configuration configuration = cluster({1, 2, 3});
  configuration.members[1].status = MemberStatus::kRemoved;
  configuration.members[2].status = MemberStatus::kDown;
  const OwnerSets sets = OwnerSets::of(configuration, kPlace);
  CHECK(sets.present() == 2);
  CHECK_FALSE(sets.reached(of(sets, {1, 2}), 2));
  CHECK(sets.reached(of(sets, {1, 3}), 2));
}

TEST_CASE("owner sets: a placement is the first n of its partition") {
  const OwnerSets sets = OwnerSets::of(cluster({1, 2, 3}, {4, 2, 3}), PlacementId{1, 0});
  CHECK(sets.present() == 1);
  CHECK_FALSE(sets.reached(of(sets, {1}), 1));
  CHECK(sets.reached(of(sets, {1, 4}), 1));
  CHECK(sets.bit(2) == 0);
}
