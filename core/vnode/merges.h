// Entries from other owners: merged one by one, their dots settled only when all they touch has
// come (rules 4-6).
#pragma once

#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::pb {
class KeyUpdate;
class Updates;
}  // namespace vordb::pb

namespace vordb::vnode {

class Merges : Part {
 public:
  explicit Merges(const Part& part) : Part(part) {}

  // `pv`: of the placement, where it was sent.
  void take_in(const pb::Updates& updates, const crdt::ReplicaId& from, uint64_t pv);
  // Starts the task of one key; `common` says where it comes from.
  void take_in_key(const pb::KeyUpdate& update, const MergeTask& common);
  // What the entries are merged with is loaded.
  void finish(KeyTask& task);
};

}  // namespace vordb::vnode
