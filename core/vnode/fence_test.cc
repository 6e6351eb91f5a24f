#include "core/vnode/fence.h"

#include <doctest/doctest.h>

#include "core/vnode/seals.h"

using vordb::Configuration;
using vordb::Member;
using vordb::NodeNumber;
using vordb::crdt::Dot;
using vordb::crdt::ReplicaId;
using vordb::crdt::VnodeClock;
using vordb::vnode::Fence;
using vordb::vnode::retired;
using vordb::vnode::Seals;

namespace {

Configuration members(std::initializer_list<NodeNumber> nodes) {
  Configuration configuration;
  for (const NodeNumber node : nodes) {
    Member member;
    member.node = node;
    configuration.members.push_back(member);
  }
  return configuration;
}

}  // namespace

TEST_CASE("fence: the latest life of a node retires those before it, and only grows") {
  Fence fence;
  CHECK(fence.latest(1) == nullptr);
  CHECK(fence.raise({1, 16, 5}));
  CHECK(!fence.raise({1, 16, 5}));
  CHECK(!fence.raise({1, 16, 4}));
  CHECK(*fence.latest(1) == ReplicaId{1, 16, 5});
  CHECK(fence.retired({1, 16, 4}));
  CHECK(!fence.retired({1, 16, 5}));
  CHECK(!fence.retired({1, 17, 1}));
  CHECK(!fence.retired({2, 16, 1}));
}

TEST_CASE("fence: joining takes the later life of each node") {
  Fence mine;
  mine.raise({1, 16, 5});
  mine.raise({2, 16, 1});
  Fence theirs;
  theirs.raise({2, 17, 1});
  theirs.raise({1, 16, 2});
  CHECK(mine.join(theirs));
  CHECK(!mine.join(theirs));
  CHECK(*mine.latest(1) == ReplicaId{1, 16, 5});
  CHECK(*mine.latest(2) == ReplicaId{2, 17, 1});
}

TEST_CASE("fence: two are alike when they agree on every member that either knows") {
  const Configuration configuration = members({1, 2});
  Fence mine;
  mine.raise({1, 16, 5});
  Fence theirs = mine;
  CHECK(mine.alike(theirs, configuration));
  theirs.raise({3, 16, 1});  // no member
  CHECK(mine.alike(theirs, configuration));
  theirs.raise({2, 16, 1});
  CHECK(!mine.alike(theirs, configuration));
  CHECK(!theirs.alike(mine, configuration));
  mine.raise({2, 16, 2});
  CHECK(!mine.alike(theirs, configuration));
}

TEST_CASE("fence: whoever is no member is retired") {
  const Configuration configuration = members({1});
  CHECK(!retired({1, 16, 1}, Fence{}, configuration));
  CHECK(retired({2, 16, 1}, Fence{}, configuration));
}

TEST_CASE("seals: void dots are in the clock and not in what is known") {
  const ReplicaId dead{2, 16, 1};
  const ReplicaId living{1, 16, 1};
  VnodeClock clock;
  clock.raise_base(living, 7);
  clock.raise_base(dead, 2);
  clock.add({dead, 4});
  Seals seals;
  CHECK(seals.known(clock) == clock);
  const VnodeClock before = clock;
  for (const VnodeClock::Replica& r : before.replicas()) {
    if (r.id == dead) seals.add(r);
  }
  clock.raise_base(dead, 9);
  CHECK(seals.known(clock) == before);
  // Sealed again, higher: still only that was known.
  seals.add({dead, 9, {}});
  clock.raise_base(dead, 11);
  CHECK(seals.known(clock) == before);
}

TEST_CASE("seals: the lives below a node's latest are closed, and all of one that is gone") {
  Fence fence;
  fence.raise({1, 16, 5});
  fence.raise({2, 16, 3});
  Seals seals;
  CHECK(!seals.closed(fence, members({1})));
  seals.close(fence, members({1}));
  CHECK(seals.closed(fence, members({1})));
  CHECK(seals.below().at(1) == ReplicaId{1, 16, 5});
  CHECK(seals.below().at(2) == ReplicaId{2, UINT64_MAX, UINT64_MAX});
}
