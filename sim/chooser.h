// The one source of chance in a simulation. Every decision, of the world, of a fault or of a node's
// own Random, is a draw from here; the record of draws is the run, and a recorded run replays from
// it without the seed.
#pragma once

#include <cstdint>
#include <vector>

namespace vordb::sim {

class Chooser {
 public:
  explicit Chooser(uint64_t seed);

  // A uniform number in [0, bound), bound >= 1. At most one draw in an expression: argument order
  // is the compiler's.
  uint64_t below(uint64_t bound);

  // True in `per_million` of a million cases.
  bool chance(uint32_t per_million) { return below(1'000'000) < per_million; }

  // A uniform number in [low, high].
  uint64_t between(uint64_t low, uint64_t high) { return low + below(high - low + 1); }

  // 64 uniform bits.
  uint64_t bits();

  // How many draws were made: part of the trace, so that a stray draw shows at once.
  uint64_t draws() const { return draws_; }

 private:
  uint64_t state_[4];
  uint64_t draws_ = 0;
};

}  // namespace vordb::sim
