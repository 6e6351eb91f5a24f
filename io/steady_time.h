// The time that connections measure with: idle and slow clients, and how long requests take.
#pragma once

#include <chrono>
#include <cstdint>

namespace vordb::io {

// Microseconds since some fixed moment; never runs backwards.
inline uint64_t steady_us() {
  return uint64_t(std::chrono::duration_cast<std::chrono::microseconds>(
                      std::chrono::steady_clock::now().time_since_epoch())
                      .count());
}

}  // namespace vordb::io
