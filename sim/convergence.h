// Whether a cluster has come to rest, and whether it has converged (I2): looked at from outside,
// through the configurations in use and behind the nodes' backs through their disks. An answer is
// the reason why not, empty when it has.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/cluster/configuration.h"
#include "sim/node.h"

namespace vordb::sim {

// All shards of all `nodes` use one configuration, whose members are exactly they, all up, and no
// partition moves or drains.
std::string why_not_settled(const std::vector<const SimNode*>& nodes);

// In a settled cluster: the owners of every placement have equal durable clocks and byte-equal
// entries, and no other node has entries of it.
std::string why_not_converged(const std::vector<const SimNode*>& nodes,
                              const Configuration& configuration);

// The highest time that a process which starts on this disk may begin at, in milliseconds.
uint64_t highest_ceiling_ms(const SimDiskImage& disk);

}  // namespace vordb::sim
