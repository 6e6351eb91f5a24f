// One chain: whatever node uses a configuration of some epoch, it is the same one; and no node goes
// back. What a node forgot at a crash it may take up again.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "core/cluster/configuration.h"
#include "sim/bound.h"
#include "sim/findings.h"

namespace vordb::sim {

class ConfigurationOracle {
 public:
  explicit ConfigurationOracle(Findings& findings) : findings_(findings) {}
  // For a copy that shall live in another world.
  void attach(Findings& findings) { findings_.bind(findings); }

  // A shard of the machine uses this configuration from now on, in place of one of epoch `before`.
  void used(uint32_t machine, uint64_t before, const Configuration& configuration);

 private:
  struct First {
    uint64_t checksum = 0;
    uint32_t machine = 0;
  };

  Bound<Findings> findings_;
  // By cluster and epoch. Who is forced to go on alone is a cluster of its own.
  std::map<std::pair<uint64_t, uint64_t>, First> first_;
};

}  // namespace vordb::sim
