// Hybrid logical clocks: 48 bits of wall milliseconds and 16 bits of counter in one ordered word.
// (Kulkarni, Demirbas, Madappa, Avva, Leone: "Logical Physical Clocks", OPODIS 2014.)
#pragma once

#include <compare>
#include <cstdint>

namespace vordb {

struct Hlc {
  uint64_t word = 0;

  static constexpr Hlc from_ms(uint64_t ms) { return Hlc{ms << 16}; }
  constexpr uint64_t ms() const { return word >> 16; }
  constexpr auto operator<=>(const Hlc&) const = default;
};

// The clock itself: each tick is above everything it has ticked or observed, whatever the wall
// clock does.
class HlcClock {
 public:
  constexpr explicit HlcClock(Hlc start = {}) : last_(start) {}

  // A new time, above all before it and not behind `wall_ms`.
  constexpr Hlc tick(uint64_t wall_ms) {
    const Hlc wall = Hlc::from_ms(wall_ms);
    last_ = wall > last_ ? wall : Hlc{last_.word + 1};
    return last_;
  }

  // Later ticks will be above `seen`.
  constexpr void observe(Hlc seen) {
    if (seen > last_) last_ = seen;
  }

  // The highest time ticked or observed.
  constexpr Hlc last() const { return last_; }

  constexpr bool operator==(const HlcClock&) const = default;

 private:
  Hlc last_;
};

}  // namespace vordb
