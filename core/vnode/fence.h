// Who is retired (DATA.md rule 8): the table node -> latest replica id. What an older life says is
// refused, however late it comes. The table only grows.
#pragma once

#include <map>

#include "core/cluster/configuration.h"
#include "core/crdt/dot.h"
#include "core/fields.h"

namespace vordb::vnode {

class Fence {
 public:
  // The latest life of the node that is known; null: none is.
  const crdt::ReplicaId* latest(NodeNumber node) const;
  // A newer life of its node is known.
  bool retired(const crdt::ReplicaId& id) const;
  // True when the table has changed.
  bool raise(const crdt::ReplicaId& id);
  bool join(const Fence& other);

  // Both know the same latest life of each member that either knows.
  bool alike(const Fence& other, const Configuration& configuration) const;

  const std::map<NodeNumber, crdt::ReplicaId>& rows() const { return rows_; }

  bool operator==(const Fence&) const = default;

 private:
  bool covers_members(const Fence& other, const Configuration& configuration) const;

  std::map<NodeNumber, crdt::ReplicaId> rows_;
  VORDB_FIELDS(Fence, rows_)
};

// Nothing more is to be heard of this replica: its node runs a newer life, or is no member.
bool retired(const crdt::ReplicaId& id, const Fence& fence, const Configuration& configuration);

}  // namespace vordb::vnode
