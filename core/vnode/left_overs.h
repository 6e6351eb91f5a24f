// The index of entries with a context left over (DATA.md rule 6): a context names dots that the
// clock's base does not cover yet, and strips to nothing once it does. The index is made of the
// entries alone, so what it says is due can be asked again at any time: no strip gets lost.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "core/crdt/dot.h"
#include "core/crdt/version_vector.h"
#include "core/fields.h"

namespace vordb::vnode {

class LeftOvers {
 public:
  bool empty() const { return contexts_.empty(); }
  size_t size() const { return contexts_.size(); }
  bool contains(const std::string& name) const { return contexts_.contains(name); }

  // The context of the entry of this name is now `context`; empty: none is left over.
  void update(const std::string& name, const crdt::VersionVector& context);
  // Entries of names in [begin, end) are gone.
  void erase(const std::string& begin, const std::string& end);
  void clear();

  // Entries with something that `base` covers, at most `limit` of them.
  std::vector<std::string> covered(const crdt::VersionVector& base, size_t limit) const;
  // By replica, the highest counter in any context.
  crdt::VersionVector highest() const;

  bool operator==(const LeftOvers&) const = default;

 private:
  void forget_dots(const std::string& name, const crdt::VersionVector& context);

  absl::btree_map<std::string, crdt::VersionVector> contexts_;
  absl::btree_set<std::pair<crdt::Dot, std::string>> by_dot_;
  VORDB_FIELDS(LeftOvers, contexts_, by_dot_)
};

}  // namespace vordb::vnode
