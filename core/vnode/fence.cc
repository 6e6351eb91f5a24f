#include "core/vnode/fence.h"

#include <algorithm>

namespace vordb::vnode {

using crdt::ReplicaId;

const ReplicaId* Fence::latest(NodeNumber node) const {
  const auto row = rows_.find(node);
  return row == rows_.end() ? nullptr : &row->second;
}

bool Fence::retired(const ReplicaId& id) const {
  const ReplicaId* newest = latest(id.node);
  return newest && id < *newest;
}

bool Fence::raise(const ReplicaId& id) {
  const auto [row, added] = rows_.try_emplace(id.node, id);
  if (added) return true;
  if (!(row->second < id)) return false;
  row->second = id;
  return true;
}

bool Fence::join(const Fence& other) {
  bool changed = false;
  for (const auto& [node, id] : other.rows_) changed |= raise(id);
  return changed;
}

bool Fence::covers_members(const Fence& other, const Configuration& configuration) const {
  return std::all_of(other.rows_.begin(), other.rows_.end(), [&](const auto& row) {
    if (!configuration.is_member(row.first)) return true;
    const ReplicaId* mine = latest(row.first);
    return mine && *mine == row.second;
  });
}

bool Fence::alike(const Fence& other, const Configuration& configuration) const {
  return covers_members(other, configuration) && other.covers_members(*this, configuration);
}

bool retired(const ReplicaId& id, const Fence& fence, const Configuration& configuration) {
  return !configuration.is_member(id.node) || fence.retired(id);
}

}  // namespace vordb::vnode
