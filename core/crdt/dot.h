// Dots: the unique names of mutations. A replica id lives from one start of a vnode to the next, so
// that a crash, a lost tail, a restored backup or a cloned disk can never mint a dot twice.
#pragma once

#include <compare>
#include <cstdint>

#include "core/fields.h"
#include "core/ids.h"

namespace vordb::crdt {

// One life of one vnode on one disk. Ordered by node, then by age.
struct ReplicaId {
  NodeNumber node = 0;
  uint64_t incarnation = 0;  // one disk: the epoch of the configuration entry that admitted it
  uint64_t life = 0;         // make_life()
  constexpr auto operator<=>(const ReplicaId&) const = default;
  VORDB_FIELDS(ReplicaId, node, incarnation, life)
};

// 32 bits of boot number, raised durably at each start; 16 that count the vnode's births within the
// boot; 16 random ones, which tell clones of one disk apart. Later lives are higher.
constexpr uint64_t make_life(uint64_t boot, uint64_t creation, uint64_t random) {
  return boot << 32 | (creation & 0xffff) << 16 | (random & 0xffff);
}
constexpr uint64_t boot_of(uint64_t life) { return life >> 32; }
constexpr uint64_t creation_of(uint64_t life) { return life >> 16 & 0xffff; }

inline constexpr uint64_t kDotCounterMax = uint64_t{1} << 62;

// The counter-th mutation of a replica. Counters start at 1.
struct Dot {
  ReplicaId replica;
  uint64_t counter = 0;
  constexpr auto operator<=>(const Dot&) const = default;
  VORDB_FIELDS(Dot, replica, counter)
};

}  // namespace vordb::crdt
