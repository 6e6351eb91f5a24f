#include "core/vnode/durable_cut.h"

#include <algorithm>

#include "core/assert.h"
#include "core/codec.h"
#include "core/vnode/group.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

void encode_standing(const Standing& from, pb::VnodeState* to) {
  for (const auto& [node, latest] : from.fence.rows()) to_pb(latest, to->add_fence());
  for (const auto& [id, known] : from.seals.before()) {
    pb::ReplicaClock* out = to->add_sealed();
    to_pb(id, out->mutable_replica());
    out->set_base(known.base);
    for (const uint64_t counter : known.above) out->add_above(counter);
  }
  for (const auto& [node, life] : from.seals.below()) to_pb(life, to->add_sealed_below());
  to->set_fenced(from.fenced);
  to->set_complete(from.complete);
  to->set_synced(from.synced);
}

Standing decode_standing(const pb::VnodeState& from) {
  Standing standing;
  for (const pb::ReplicaId& latest : from.fence()) standing.fence.raise(from_pb(latest));
  for (const pb::ReplicaClock& row : from.sealed()) {
    standing.seals.add(
        {from_pb(row.replica()), row.base(), {row.above().begin(), row.above().end()}});
  }
  for (const pb::ReplicaId& life : from.sealed_below()) {
    standing.seals.set_below(from_pb(life));
  }
  standing.fenced = from.fenced();
  standing.complete = from.complete();
  standing.synced = from.synced();
  return standing;
}

void DurableCut::advance(const Group& group) {
  VORDB_ASSERT(any || group.standing, "a life's first batch says how it stands");
  any = true;
  for (const crdt::Dot& dot : group.dots) clock.add(dot);
  for (const crdt::Dot& raised : group.bases) clock.raise_base(raised.replica, raised.counter);
  clock.join(group.joined);
  if (group.standing) standing = *group.standing;
  left_over = group.left_over;
  hlc = std::max(hlc, group.highest_hlc);
}

crdt::VersionVector retired_contexts(const DurableCut& cut, const Configuration& configuration) {
  crdt::VersionVector contexts;
  for (const auto& c : cut.left_over.components()) {
    if (retired(c.replica, cut.standing.fence, configuration)) {
      contexts.raise(c.replica, c.counter);
    }
  }
  return contexts;
}

crdt::VersionVector sealed_counters(const DurableCut& cut) {
  crdt::VersionVector sealed;
  for (const auto& [id, known] : cut.standing.seals.before()) {
    sealed.raise(id, cut.clock.base_of(id));
  }
  return sealed;
}

}  // namespace vordb::vnode
