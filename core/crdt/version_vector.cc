#include "core/crdt/version_vector.h"

#include <algorithm>

namespace vordb::crdt {

namespace {

template <typename Components>
auto find(Components& components, const ReplicaId& replica) {
  return std::lower_bound(
      components.begin(), components.end(), replica,
      [](const VersionVector::Component& c, const ReplicaId& id) { return c.replica < id; });
}

}  // namespace

uint64_t VersionVector::get(const ReplicaId& replica) const {
  const auto at = find(components_, replica);
  return at != components_.end() && at->replica == replica ? at->counter : 0;
}

bool VersionVector::covers(const VersionVector& other) const {
  return std::all_of(other.components_.begin(), other.components_.end(),
                     [&](const Component& c) { return c.counter <= get(c.replica); });
}

void VersionVector::raise(const ReplicaId& replica, uint64_t counter) {
  if (counter == 0) return;
  const auto at = find(components_, replica);
  if (at == components_.end() || at->replica != replica) {
    components_.insert(at, Component{replica, counter});
  } else if (at->counter < counter) {
    at->counter = counter;
  }
}

void VersionVector::join(const VersionVector& other) {
  for (const Component& c : other.components_) raise(c.replica, c.counter);
}

void VersionVector::strip(const VersionVector& covered) {
  std::erase_if(components_,
                [&](const Component& c) { return c.counter <= covered.get(c.replica); });
}

}  // namespace vordb::crdt
