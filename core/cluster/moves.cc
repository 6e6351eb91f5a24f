#include "core/cluster/moves.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"

namespace vordb::cluster {

namespace {

using Nodes = std::vector<NodeNumber>;

bool contains(const Nodes& nodes, NodeNumber node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

Nodes first_n(const Nodes& nodes, size_t n) {
  return Nodes(nodes.begin(), nodes.begin() + ptrdiff_t(std::min(n, nodes.size())));
}

bool in_use(const Configuration& configuration, size_t n) {
  return configuration.replication_since[n - 1] != 0;
}

// No placement in use has other owners.
bool same_owners(const Configuration& configuration, const Nodes& a, const Nodes& b) {
  for (size_t n = 1; n <= kReplicationMax; ++n) {
    if (!in_use(configuration, n)) continue;
    Nodes of_a = first_n(a, n);
    Nodes of_b = first_n(b, n);
    std::sort(of_a.begin(), of_a.end());
    std::sort(of_b.begin(), of_b.end());
    if (of_a != of_b) return false;
  }
  return true;
}

// Whoever may hold data of a placement as one of `before` and has no part in it any more.
void drain(Configuration& next, Partition& partition, const Nodes& before) {
  for (size_t n = 1; n <= kReplicationMax; ++n) {
    if (!in_use(next, n)) continue;
    const Nodes owners = first_n(partition.owners, n);
    const Nodes to_be = first_n(partition.next, n);
    for (const NodeNumber node : first_n(before, n)) {
      if (!next.is_member(node) || contains(owners, node) || contains(to_be, node)) continue;
      Nodes& draining = partition.draining;
      const auto at = std::lower_bound(draining.begin(), draining.end(), node);
      if (at == draining.end() || *at != node) draining.insert(at, node);
    }
  }
}

void set_target(Configuration& next, Partition& partition, Nodes target) {
  const Nodes aim = partition.move == 0 ? partition.owners : partition.next;
  if (same_owners(next, aim, target)) {
    if (partition.move != 0 || aim == target) return;
    partition.owners = std::move(target);  // another order, which nobody's data follows
    partition.pv = next.epoch;
    return;
  }
  const Nodes aborted = std::move(partition.next);
  const bool back = same_owners(next, partition.owners, target);
  partition.next = back ? Nodes{} : std::move(target);
  partition.move = back ? 0 : next.epoch;
  partition.pv = next.epoch;
  drain(next, partition, aborted);
}

}  // namespace

std::vector<RingMember> ring_members(const Configuration& configuration) {
  std::vector<RingMember> members;
  for (const Member& m : configuration.members) {
    if (m.status == MemberStatus::kUp || m.status == MemberStatus::kDown) {
      members.push_back({m.node, m.zone});
    }
  }
  return members;
}

size_t replication_in_use(const Configuration& configuration) {
  for (size_t n = kReplicationMax; n > 0; --n) {
    if (in_use(configuration, n)) return n;
  }
  return 1;
}

OwnerLists owners_to_come(const Configuration& configuration) {
  OwnerLists lists;
  lists.reserve(configuration.partitions.size());
  for (const Partition& p : configuration.partitions) {
    lists.push_back(p.move == 0 ? p.owners : p.next);
  }
  return lists;
}

void move_to_members(Configuration& next) {
  OwnerLists target =
      assign_owners(owners_to_come(next), ring_members(next), replication_in_use(next));
  for (size_t p = 0; p < target.size(); ++p) {
    set_target(next, next.partitions[p], std::move(target[p]));
  }
}

void lengthen_owners(Configuration& next, size_t before) {
  const std::vector<RingMember> members = ring_members(next);
  const size_t width = std::min(replication_in_use(next), members.size());
  std::vector<size_t> load(next.last_node + 1);
  const auto lengthen = [&](Nodes& nodes) {
    bool longer = false;
    while (nodes.size() >= before && nodes.size() < width) {
      const RingMember* best = nullptr;
      for (const RingMember& m : members) {
        const bool better = !best || load[m.node] < load[best->node];
        if (better && !contains(nodes, m.node)) best = &m;
      }
      if (!best) break;
      nodes.push_back(best->node);
      ++load[best->node];
      longer = true;
    }
    return longer;
  };
  for (const Partition& p : next.partitions) {
    for (const NodeNumber node : p.owners) ++load[node];
  }
  for (Partition& p : next.partitions) {
    const bool owners_longer = lengthen(p.owners);
    const bool next_longer = p.move != 0 && lengthen(p.next);
    if (owners_longer || next_longer) p.pv = next.epoch;
  }
}

void cut_over(Configuration& next, uint16_t partition) {
  Partition& p = next.partitions[partition];
  VORDB_ASSERT(p.move != 0 && !p.next.empty(), "a partition that moves");
  const Nodes before = std::exchange(p.owners, std::move(p.next));
  p.next.clear();
  p.move = 0;
  p.pv = next.epoch;
  drain(next, p, before);
}

void stop_draining(Configuration& next, NodeNumber node) {
  for (Partition& p : next.partitions) std::erase(p.draining, node);
}

bool has_part_in_ring(const Configuration& configuration, NodeNumber node) {
  for (const Partition& p : configuration.partitions) {
    if (contains(p.owners, node) || contains(p.next, node) || contains(p.draining, node)) {
      return true;
    }
  }
  return false;
}

}  // namespace vordb::cluster
