#include "core/vnode/seals.h"

#include <utility>

namespace vordb::vnode {

using crdt::ReplicaId;
using crdt::VnodeClock;

bool Seals::close(const Fence& fence, const Configuration& configuration) {
  bool changed = false;
  for (const auto& [node, latest] : fence.rows()) {
    const bool gone = !configuration.is_member(node);
    const ReplicaId below = gone ? ReplicaId{node, UINT64_MAX, UINT64_MAX} : latest;
    if (std::exchange(below_[node], below) != below) changed = true;
  }
  return changed;
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
