// The door to time. One clock belongs to one shard and is called by its thread only.
#pragma once

#include <cstdint>

#include "core/crdt/hlc.h"

namespace vordb {

class Clock {
 public:
  virtual ~Clock() = default;

  // Wall time in milliseconds of the Unix epoch. May step either way at any moment.
  virtual uint64_t wall_ms() = 0;

  // Time since some fixed moment, in microseconds. Never runs backwards while the process lives.
  virtual uint64_t monotonic_us() = 0;

  Instant now() { return {wall_ms(), monotonic_us()}; }
};

}  // namespace vordb
