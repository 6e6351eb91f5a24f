// The machine's clocks as the door core/env/clock.h.
#pragma once

#include <chrono>

#include "core/env/clock.h"
#include "io/steady_time.h"

namespace vordb::io {

class SystemClock final : public Clock {
 public:
  uint64_t wall_ms() override {
    return uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count());
  }
  uint64_t monotonic_us() override { return steady_us(); }
};

}  // namespace vordb::io
