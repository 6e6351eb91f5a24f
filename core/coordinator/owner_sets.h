// Who counts towards a quorum of one placement, as one configuration says (CLUSTER.md rules 11, 13
// and 14): distinct owners, and while the placement moves enough of the owners to be as well.
//
// Removed members keep their places, so that no quorum is lowered, and never count. A node that
// came back with another disk has another number: an acknowledgement of its earlier disk is of
// nobody here.
#pragma once

#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "core/cluster/configuration.h"
#include "core/fields.h"
#include "core/ids.h"

namespace vordb::coordinator {

// Some of OwnerSets::nodes, a bit each.
using OwnerMask = uint32_t;

struct OwnerSets {
  uint64_t pv = 0;
  // The owners in ring order, then the owners to be that are none of them.
  absl::InlinedVector<NodeNumber, 6> nodes;
  OwnerMask owners = 0;
  OwnerMask next = 0;     // 0: the placement does not move
  OwnerMask members = 0;  // those who were not removed

  static OwnerSets of(const Configuration& configuration, PlacementId placement);

  // 0: of neither set.
  OwnerMask bit(NodeNumber node) const;
  // Whether `who` holds `needed` members of each set.
  bool reached(OwnerMask who, unsigned needed) const;
  // How many members the smaller set has: the largest quorum that can be reached.
  unsigned present() const;

  bool operator==(const OwnerSets&) const = default;
  VORDB_FIELDS(OwnerSets, pv, nodes, owners, next, members)
};

}  // namespace vordb::coordinator
