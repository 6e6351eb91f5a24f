#include "core/vnode/seals.h"

#include <algorithm>

namespace vordb::vnode {

using crdt::ReplicaId;
using crdt::VnodeClock;

namespace {

ReplicaId first_not_closed(const ReplicaId& latest, const Configuration& configuration) {
  const bool gone = !configuration.is_member(latest.node);
  return gone ? ReplicaId{latest.node, UINT64_MAX, UINT64_MAX} : latest;
}

}  // namespace

bool Seals::closed(const Fence& fence, const Configuration& configuration) const {
  return std::all_of(fence.rows().begin(), fence.rows().end(), [&](const auto& row) {
    const auto at = below_.find(row.first);
    return at != below_.end() && at->second == first_not_closed(row.second, configuration);
  });
}

void Seals::close(const Fence& fence, const Configuration& configuration) {
  for (const auto& [node, latest] : fence.rows()) {
    set_below(first_not_closed(latest, configuration));
  }
}

VnodeClock Seals::known(const VnodeClock& clock) const {
  if (before_.empty()) return clock;
  VnodeClock known;
  for (const VnodeClock::Replica& replica : clock.replicas()) {
    const auto at = before_.find(replica.id);
    const VnodeClock::Replica& taken = at == before_.end() ? replica : at->second;
    known.raise_base(taken.id, taken.base);
    for (const uint64_t counter : taken.above) known.add(crdt::Dot{taken.id, counter});
  }
  return known;
}

}  // namespace vordb::vnode
