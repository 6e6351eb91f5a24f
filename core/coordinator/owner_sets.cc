#include "core/coordinator/owner_sets.h"

#include <algorithm>
#include <bit>

namespace vordb::coordinator {

static_assert(2 * kReplicationMax <= 32, "a mask has a bit for every owner of both sets");

OwnerSets OwnerSets::of(const Configuration& configuration, PlacementId placement) {
  OwnerSets sets;
  if (placement.partition >= configuration.partitions.size()) return sets;
  sets.pv = configuration.partition(placement).pv;
  const auto add = [&](NodeNumber node) {
    if (const OwnerMask known = sets.bit(node); known != 0) return known;
    const OwnerMask fresh = OwnerMask{1} << sets.nodes.size();
    sets.nodes.push_back(node);
    if (configuration.is_member(node)) sets.members |= fresh;
    return fresh;
  };
  for (const NodeNumber node : configuration.owners(placement)) sets.owners |= add(node);
  for (const NodeNumber node : configuration.next_owners(placement)) sets.next |= add(node);
  return sets;
}

OwnerMask OwnerSets::bit(NodeNumber node) const {
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i] == node) return OwnerMask{1} << i;
  }
  return 0;
}

bool OwnerSets::reached(OwnerMask who, unsigned needed) const {
  const OwnerMask counted = who & members;
  return unsigned(std::popcount(counted & owners)) >= needed &&
         (next == 0 || unsigned(std::popcount(counted & next)) >= needed);
}

unsigned OwnerSets::present() const {
  const unsigned now = unsigned(std::popcount(owners & members));
  return next == 0 ? now : std::min(now, unsigned(std::popcount(next & members)));
}

}  // namespace vordb::coordinator
