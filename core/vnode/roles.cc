#include "core/vnode/roles.h"

#include <algorithm>

namespace vordb::vnode {

namespace {

bool contains(const std::vector<NodeNumber>& nodes, NodeNumber node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

}  // namespace

Roles roles_of(const Configuration& configuration, PlacementId placement, NodeNumber self) {
  Roles roles;
  roles.epoch = configuration.epoch;
  if (placement.partition >= configuration.partitions.size()) return roles;
  const Partition& partition = configuration.partition(placement);
  roles.pv = partition.pv;
  roles.move = partition.move;
  const auto owners = configuration.owners(placement);
  const auto next = configuration.next_owners(placement);
  roles.owners.assign(owners.begin(), owners.end());
  roles.next.assign(next.begin(), next.end());
  roles.owner = contains(roles.owners, self);
  roles.next_owner = contains(roles.next, self);
  roles.draining = !roles.serves() && contains(partition.draining, self);
  const auto add = [&](const std::vector<NodeNumber>& nodes, std::vector<NodeNumber>& to) {
    for (const NodeNumber node : nodes) {
      if (node != self && configuration.is_member(node) && !contains(to, node)) to.push_back(node);
    }
  };
  add(roles.owners, roles.receivers);
  add(roles.next, roles.receivers);
  roles.others = roles.receivers;
  add(partition.draining, roles.others);
  return roles;
}

}  // namespace vordb::vnode
