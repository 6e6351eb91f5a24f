// A version vector: per replica the counter up to which everything is covered. Sorted and without
// zeros, so equal vectors are equal bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "core/crdt/dot.h"
#include "core/fields.h"

namespace vordb::crdt {

class VersionVector {
 public:
  struct Component {
    ReplicaId replica;
    uint64_t counter = 0;
    auto operator<=>(const Component&) const = default;
    VORDB_FIELDS(Component, replica, counter)
  };

  bool empty() const { return components_.empty(); }
  const std::vector<Component>& components() const { return components_; }

  // 0 when the replica is not named.
  uint64_t get(const ReplicaId& replica) const;
  bool covers(const Dot& dot) const { return dot.counter <= get(dot.replica); }
  bool covers(const VersionVector& other) const;

  // Covers the replica's dots up to `counter`, if it did not yet.
  void raise(const ReplicaId& replica, uint64_t counter);
  void raise(const Dot& dot) { raise(dot.replica, dot.counter); }
  void join(const VersionVector& other);

  // Removes every component that `covered` covers.
  void strip(const VersionVector& covered);

  bool operator==(const VersionVector&) const = default;

 private:
  std::vector<Component> components_;
  VORDB_FIELDS(VersionVector, components_)
};

}  // namespace vordb::crdt
