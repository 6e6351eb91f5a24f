// Real time that has passed since it was made.
#pragma once

#include <chrono>
#include <cstdint>

namespace vordb::server {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  }
  uint64_t ms() const { return uint64_t(seconds() * 1000); }

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace vordb::server
