// How much of the ring each member is to own: the mean, unless zones of unequal size forbid it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vordb::cluster {

// Shares are counted in parts of one partition.
inline constexpr uint64_t kShareUnit = 1 << 20;

// Per member the number of partitions, in kShareUnit, that it owns when `width` owners each are
// spread over `partitions`: the first of them in as many distinct zones as there are. `zones` names
// each member's zone by a number below `zone_count`.
std::vector<uint64_t> fair_shares(const std::vector<size_t>& zones, size_t zone_count, size_t width,
                                  size_t partitions);

// Whether `load` is within floor(0.85) and ceil(1.15) of share / unit.
bool within_share(uint64_t load, uint64_t share, uint64_t unit);

}  // namespace vordb::cluster
