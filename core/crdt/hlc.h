// Hybrid logical clocks: 48 bits of wall milliseconds and 16 bits of counter in one ordered word.
// Times end at 2^47 milliseconds (in the year 6429): nothing above is taken from anybody, and no
// clock goes beyond, so that no step and no sum on the way can wrap.
// (Kulkarni, Demirbas, Madappa, Avva, Leone: "Logical Physical Clocks", OPODIS 2014.)
#pragma once

#include <compare>
#include <cstdint>

#include "core/fields.h"

namespace vordb {

struct Hlc {
  uint64_t word = 0;

  static constexpr uint64_t kMsMax = (uint64_t{1} << 47) - 1;
  static constexpr uint64_t kWordMax = (uint64_t{1} << 63) - 1;

  // The last time there is for what lies beyond it.
  static constexpr Hlc from_ms(uint64_t ms) { return Hlc{ms > kMsMax ? kWordMax : ms << 16}; }
  constexpr uint64_t ms() const { return word >> 16; }
  constexpr auto operator<=>(const Hlc&) const = default;
  VORDB_FIELDS(Hlc, word)
};

// What a machine's clocks show at one moment.
struct Instant {
  uint64_t wall_ms = 0;       // of the Unix epoch; may step either way
  uint64_t monotonic_us = 0;  // since some fixed moment; never runs backwards
};

// The clock itself: each tick is above everything it has ticked or observed, whatever the wall
// clock does. And it never stands still: while the wall clock is behind, because it was set back or
// because somebody's was ahead, time flows at 7/8 of the machine's own pace. So a time to live
// holds within a seventh of its length, and a wrong lead melts away. At the end of all times it
// stays there: ticks repeat, and dots alone tell what came later.
class HlcClock {
 public:
  // `start`: no earlier time was above it.
  constexpr explicit HlcClock(Hlc start = {})
      : last_(no_later_than_the_last(start)), anchor_us_(last_.ms() * 1000) {}

  // What advance() would give.
  constexpr Hlc at(const Instant& now) const {
    const Hlc flowed = Hlc::from_ms(flowed_us(now) / 1000);
    const Hlc wall = Hlc::from_ms(now.wall_ms);
    return flowed > wall ? (flowed > last_ ? flowed : last_) : (wall > last_ ? wall : last_);
  }

  // The time now; not above an earlier one if none has passed.
  constexpr Hlc advance(const Instant& now) {
    observe(at(now), now);
    return last_;
  }

  // A new time, above all before it and not behind the wall clock.
  constexpr Hlc tick(const Instant& now) {
    const Hlc reached = at(now);
    observe(reached > last_ ? reached : Hlc{last_.word + 1}, now);
    return last_;
  }

  // Later ticks will be above `seen`.
  constexpr void observe(Hlc seen, const Instant& now) {
    if (seen > last_) last_ = no_later_than_the_last(seen);
    if (anchored_at_us_ == kNever || last_.ms() * 1000 > flowed_us(now)) {
      anchor_us_ = last_.ms() * 1000;
      anchored_at_us_ = now.monotonic_us;
    }
  }

  // The highest time ticked or observed.
  constexpr Hlc last() const { return last_; }

  constexpr bool operator==(const HlcClock&) const = default;

 private:
  static constexpr uint64_t kNever = UINT64_MAX;

  static constexpr Hlc no_later_than_the_last(Hlc time) {
    return time.word > Hlc::kWordMax ? Hlc{Hlc::kWordMax} : time;
  }

  constexpr uint64_t flowed_us(const Instant& now) const {
    if (anchored_at_us_ == kNever || now.monotonic_us < anchored_at_us_) return anchor_us_;
    return anchor_us_ + (now.monotonic_us - anchored_at_us_) / 8 * 7;
  }

  Hlc last_;
  // The time flows from here. It is moved only by what is ahead of the flow, so that many small
  // steps lose nothing to rounding.
  uint64_t anchor_us_ = 0;  // of the Unix epoch
  uint64_t anchored_at_us_ = kNever;
  VORDB_FIELDS(HlcClock, last_, anchor_us_, anchored_at_us_)
};

}  // namespace vordb
