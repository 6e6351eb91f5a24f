// The pulse of a shard: drivers call Shard::tick() so often, and what actors do by themselves is
// timed in it.
#pragma once

#include <cstdint>

namespace vordb {

inline constexpr uint64_t kTickMs = 50;

}  // namespace vordb
