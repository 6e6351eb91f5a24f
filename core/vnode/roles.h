// Who else has to do with a placement, as one configuration says: its owners, its owners to be, and
// those of earlier sets that still hand over what they hold (CLUSTER.md rules 17-22).
#pragma once

#include <cstdint>
#include <vector>

#include "core/cluster/configuration.h"
#include "core/fields.h"
#include "core/ids.h"

namespace vordb::vnode {

struct Roles {
  uint64_t epoch = 0;
  uint64_t pv = 0;
  uint64_t move = 0;  // 0: the placement does not move
  // Removed members stay in both: they count for nothing, but quorums are not lowered.
  std::vector<NodeNumber> owners;
  std::vector<NodeNumber> next;
  // Others that are to hold everything: deltas and gossip go to them.
  std::vector<NodeNumber> receivers;
  // Others that may hold what this vnode lacks, the receivers among them: stable time and seals
  // wait for them.
  std::vector<NodeNumber> others;
  bool owner = false;       // this node is one of the owners
  bool next_owner = false;  // or of the owners to be
  bool draining = false;    // or hands over, and takes no part in anything else

  bool serves() const { return owner || next_owner; }
  bool operator==(const Roles&) const = default;
  VORDB_FIELDS(Roles, epoch, pv, move, owners, next, receivers, others, owner, next_owner, draining)
};

Roles roles_of(const Configuration& configuration, PlacementId placement, NodeNumber self);

}  // namespace vordb::vnode
