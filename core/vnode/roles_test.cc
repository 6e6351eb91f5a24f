// What a configuration makes of each node for one placement.
#include <doctest/doctest.h>

#include "core/vnode/roles.h"

using vordb::Configuration;
using vordb::Member;
using vordb::MemberStatus;
using vordb::NodeNumber;
using vordb::PlacementId;
using vordb::vnode::Roles;
using vordb::vnode::roles_of;

namespace {

using Nodes = std::vector<NodeNumber>;
constexpr PlacementId kPlacement{3, 0};

// Partition 0 moves from {1 2 3} to {2 3 4}; 5 still drains, 6 has nothing to do with it.
Configuration moving() {
  Configuration configuration;
  configuration.epoch = 30;
  for (NodeNumber node = 1; node <= 6; ++node) {
    Member member;
    member.node = node;
    member.admitted = 16 + node;
    configuration.members.push_back(member);
  }
  configuration.partitions.resize(1);
  configuration.partitions[0] = {29, 28, {1, 2, 3}, {2, 3, 4}, {5}};
  return configuration;
}

}  // namespace

TEST_CASE("roles: both owner sets receive, and whoever drains is waited for") {
  const Roles roles = roles_of(moving(), kPlacement, 2);
  CHECK(roles.pv == 29);
  CHECK(roles.move == 28);
  CHECK(roles.owner);
  CHECK(roles.next_owner);
  CHECK(roles.receivers == Nodes{1, 3, 4});
  CHECK(roles.others == Nodes{1, 3, 4, 5});
}

TEST_CASE("roles: an owner to be serves, a draining one does not, a stranger has no role") {
  const Configuration configuration = moving();
  CHECK(roles_of(configuration, kPlacement, 4).serves());
  CHECK_FALSE(roles_of(configuration, kPlacement, 4).owner);
  const Roles draining = roles_of(configuration, kPlacement, 5);
  CHECK(draining.draining);
  CHECK_FALSE(draining.serves());
  CHECK(draining.receivers == Nodes{1, 2, 3, 4});
  const Roles stranger = roles_of(configuration, kPlacement, 6);
  CHECK_FALSE(stranger.draining);
  CHECK_FALSE(stranger.serves());
}

TEST_CASE("roles: a removed member stays in its sets and is spoken to no more") {
  Configuration configuration = moving();
  configuration.members[0].status = MemberStatus::kRemoved;
  const Roles roles = roles_of(configuration, kPlacement, 2);
  CHECK(roles.owners == Nodes{1, 2, 3});
  CHECK(roles.receivers == Nodes{3, 4});
}

TEST_CASE("roles: a smaller placement has the first owners only") {
  const Roles roles = roles_of(moving(), PlacementId{1, 0}, 2);
  CHECK(roles.owners == Nodes{1});
  CHECK(roles.next == Nodes{2});
  CHECK_FALSE(roles.owner);
  CHECK(roles.next_owner);
}
