// Names of things inside a cluster: nodes, placements, actors, operations. Plain values, ordered,
// without meaning of their own beyond identity.
#pragma once

#include <compare>
#include <cstdint>

#include "core/fields.h"

namespace vordb {

// A member's number, given by the configuration entry that admitted it and never reused.
using NodeNumber = uint32_t;

// The epoch of the configuration entry that created a bucket.
using BucketId = uint64_t;

// The first n owners of a partition, for the buckets with that replication_n (DESIGN.md section 2).
struct PlacementId {
  uint8_t n = 0;
  uint16_t partition = 0;
  auto operator<=>(const PlacementId&) const = default;
  VORDB_FIELDS(PlacementId, n, partition)
};

enum class ActorKind : uint8_t { kMembership, kCoordinator, kVnode };
inline constexpr int kActorKinds = 3;

// One actor of one node. `shard` names a coordinator; `placement` a vnode, which lives on the shard
// that its partition maps to.
struct ActorId {
  ActorKind kind = ActorKind::kMembership;
  uint16_t shard = 0;
  PlacementId placement;
  auto operator<=>(const ActorId&) const = default;
  VORDB_FIELDS(ActorId, kind, shard, placement)
};

// An operation of one actor that waits for something. Never reused while the process lives; 0 is no
// operation.
using OpId = uint64_t;

// A client's request as the connection that received it knows it.
using ClientId = uint64_t;

}  // namespace vordb
