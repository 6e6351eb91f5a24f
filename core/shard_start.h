// What a shard reads and writes before it serves: the node's identity, the configuration, the lease
// on its clock.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "core/cluster/configuration.h"
#include "core/env.h"
#include "core/shard.h"

namespace vordb {

struct StartState {
  std::shared_ptr<const Configuration> configuration;
  NodeNumber node = 0;
  uint64_t incarnation = 0;
  uint64_t boot = 0;
  uint16_t column_families = 0;
  Hlc clock_lease;  // no earlier life stamped a time above it
};

// On an empty disk shard 0 founds a cluster of one node. Shard 0 raises the boot number, durably;
// the other shards, which start after it, read what it wrote. FailedPrecondition when the disk
// belongs to another node or ring; DataLoss when what it holds is damaged.
absl::StatusOr<StartState> start_node(uint16_t shard, const NodeOptions& options, Env& env);

}  // namespace vordb
