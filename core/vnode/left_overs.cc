#include "core/vnode/left_overs.h"

#include <cstdint>
#include <iterator>
#include <string_view>

namespace vordb::vnode {

using crdt::Dot;
using crdt::VersionVector;

void LeftOvers::update(const std::string& name, const VersionVector& context) {
  const auto at = contexts_.find(name);
  if (at != contexts_.end()) {
    if (at->second == context) return;
    forget_dots(name, at->second);
    if (context.empty()) {
      contexts_.erase(at);
      return;
    }
    at->second = context;
  } else {
    if (context.empty()) return;
    contexts_.emplace(name, context);
  }
  for (const auto& c : context.components()) by_dot_.insert({Dot{c.replica, c.counter}, name});
}

void LeftOvers::forget_dots(const std::string& name, const VersionVector& context) {
  for (const auto& c : context.components()) by_dot_.erase({Dot{c.replica, c.counter}, name});
}

void LeftOvers::erase(const std::string& begin, const std::string& end) {
  const auto first = contexts_.lower_bound(begin);
  const auto last = contexts_.lower_bound(end);
  for (auto at = first; at != last; ++at) forget_dots(at->first, at->second);
  contexts_.erase(first, last);
}

void LeftOvers::clear() {
  contexts_.clear();
  by_dot_.clear();
}

std::vector<std::string> LeftOvers::covered(const VersionVector& base, size_t limit) const {
  // An entry may wait for several dots; it is named once.
  absl::btree_set<std::string_view> names;
  for (auto at = by_dot_.begin(); at != by_dot_.end() && names.size() < limit;) {
    const Dot& dot = at->first;
    if (base.covers(dot)) {
      names.insert(at->second);
      ++at;
    } else {
      // The dots of one replica lie in order: go on with the next one.
      at = by_dot_.lower_bound({Dot{dot.replica, UINT64_MAX}, std::string()});
    }
  }
  return {names.begin(), names.end()};
}

VersionVector LeftOvers::highest() const {
  VersionVector highest;
  for (auto at = by_dot_.begin(); at != by_dot_.end();) {
    const crdt::ReplicaId replica = at->first.replica;
    at = by_dot_.lower_bound({Dot{replica, UINT64_MAX}, std::string()});
    highest.raise(std::prev(at)->first);
  }
  return highest;
}

}  // namespace vordb::vnode
