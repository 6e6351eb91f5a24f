// What a vnode has merged: per replica a contiguous base and the dots above it. A dot is in the
// clock once its effect on all its entries is merged here, and never before (DATA.md rule 5).
// Clocks only grow. (Server-wide dotted version vectors: Goncalves, Almeida, Baquero, Fonte, SRDS
// 2017.)
#pragma once

#include <cstdint>
#include <vector>

#include "core/crdt/dot.h"
#include "core/crdt/version_vector.h"
#include "core/fields.h"

namespace vordb::crdt {

class VnodeClock {
 public:
  struct Replica {
    ReplicaId id;
    uint64_t base = 0;
    std::vector<uint64_t> above;  // sorted, each > base + 1
    bool operator==(const Replica&) const = default;
    VORDB_FIELDS(Replica, id, base, above)
  };

  const std::vector<Replica>& replicas() const { return replicas_; }
  bool empty() const { return replicas_.empty(); }

  // Null: nothing of it was seen.
  const Replica* find(const ReplicaId& id) const;
  bool contains(const Dot& dot) const;
  // True when no replica has dots above its base.
  bool contiguous() const;
  uint64_t base_of(const ReplicaId& id) const;
  // The highest counter of `id` in this clock, base or above.
  uint64_t highest_of(const ReplicaId& id) const;
  VersionVector base() const;
  bool covers(const VnodeClock& other) const;
  bool covers(const Replica& theirs) const;

  // True when the base of the dot's replica grew.
  bool add(const Dot& dot);
  // Everything up to `counter` is covered. True when the base grew.
  bool raise_base(const ReplicaId& id, uint64_t counter);
  // True when any base grew.
  bool join(const VnodeClock& other);

  // Forgets the lives of its node below `life`.
  void drop_below(const ReplicaId& life);

  // Calls visit(Dot) for the dots of this clock that `other` lacks, in order, until visit returns
  // false.
  template <typename Visitor>
  void for_each_missing(const VnodeClock& other, Visitor&& visit) const {
    for (const Replica& r : replicas_) {
      const Replica* theirs = other.find(r.id);
      const uint64_t their_base = theirs ? theirs->base : 0;
      for (uint64_t c = their_base + 1; c <= r.base; ++c) {
        if (!in_above(theirs, c) && !visit(Dot{r.id, c})) return;
      }
      for (const uint64_t c : r.above) {
        if (c > their_base && !in_above(theirs, c) && !visit(Dot{r.id, c})) return;
      }
    }
  }

  // How many dots for_each_missing would visit.
  uint64_t count_missing(const VnodeClock& other) const;

  bool operator==(const VnodeClock&) const = default;

 private:
  static bool in_above(const Replica* replica, uint64_t counter);
  static bool absorb(Replica& replica);
  Replica& find_or_insert(const ReplicaId& id);

  std::vector<Replica> replicas_;  // sorted by id
  VORDB_FIELDS(VnodeClock, replicas_)
};

}  // namespace vordb::crdt
