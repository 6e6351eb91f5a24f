// The door to chance: seeded in the simulator, from the system's entropy in production.
#pragma once

#include <cstdint>

namespace vordb {

class Random {
 public:
  virtual ~Random() = default;

  // 64 uniformly distributed bits.
  virtual uint64_t next() = 0;
};

}  // namespace vordb
