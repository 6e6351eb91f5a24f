// The hybrid logical clock: always forwards, near the wall clock when that moves, and never still.
#include "core/crdt/hlc.h"

#include <doctest/doctest.h>

#include <initializer_list>

using vordb::Hlc;
using vordb::HlcClock;
using vordb::Instant;

namespace {

// The wall clock shows `wall_ms`, and no time has passed.
Instant wall(uint64_t wall_ms) { return {wall_ms, 0}; }

}  // namespace

TEST_CASE("hlc: follows a wall clock that moves on") {
  HlcClock clock;
  CHECK(clock.tick(wall(1000)) == Hlc::from_ms(1000));
  CHECK(clock.tick(wall(1001)) == Hlc::from_ms(1001));
  CHECK(clock.last().ms() == 1001);
}

TEST_CASE("hlc: ticks within a millisecond and under a clock set back still rise") {
  HlcClock clock;
  const Hlc first = clock.tick(wall(1000));
  const Hlc second = clock.tick(wall(1000));
  const Hlc third = clock.tick(wall(1));
  CHECK(first < second);
  CHECK(second < third);
  CHECK(third.ms() == 1000);
  CHECK(third.word == first.word + 2);
}

TEST_CASE("hlc: ticks are above what was observed, also from far ahead") {
  HlcClock clock;
  clock.tick(wall(1000));
  clock.observe(Hlc{Hlc::from_ms(9000).word + 5}, wall(1000));
  CHECK(clock.last().ms() == 9000);
  CHECK(clock.tick(wall(1001)) == Hlc{Hlc::from_ms(9000).word + 6});
  clock.observe(Hlc::from_ms(10), wall(1001));
  CHECK(clock.last().ms() == 9000);
}

TEST_CASE("hlc: a restart begins above its lease") {
  HlcClock clock(Hlc::from_ms(5000));
  CHECK(clock.tick(wall(100)) > Hlc::from_ms(5000));
}

TEST_CASE("hlc: the counter runs over into the milliseconds") {
  HlcClock clock(Hlc{Hlc::from_ms(7).word + 0xffff});
  CHECK(clock.tick(wall(7)) == Hlc::from_ms(8));
}

TEST_CASE("hlc: to advance is no tick") {
  HlcClock clock;
  const Hlc first = clock.tick(wall(1000));
  CHECK(clock.advance(wall(1000)) == first);
  CHECK(clock.advance(wall(1001)) == Hlc::from_ms(1001));
  CHECK(clock.advance(wall(3)) == Hlc::from_ms(1001));
}

TEST_CASE("hlc: with the wall clock set back an hour, time flows at 7/8 of its pace") {
  constexpr uint64_t kHourMs = 3'600'000;
  HlcClock clock;
  clock.tick({2 * kHourMs, 5'000'000});
  clock.tick({kHourMs, 5'000'000});
  CHECK(clock.at({kHourMs + 8'000, 13'000'000}) == Hlc::from_ms(2 * kHourMs + 7'000));
  // Looking often, in steps shorter than a millisecond, loses nothing.
  for (uint64_t us = 0; us < 8'000'000; us += 700) clock.tick({kHourMs, 5'000'000 + us});
  const uint64_t flowed_ms = clock.advance({kHourMs, 13'000'000}).ms() - 2 * kHourMs;
  CHECK(flowed_ms == 7'000);
}

TEST_CASE("hlc: a lead that was observed flows on and melts away") {
  HlcClock clock;
  clock.tick({1'000, 1'000'000});
  clock.observe(Hlc::from_ms(2'000), {1'000, 1'000'000});
  CHECK(clock.at({1'800, 1'800'000}) == Hlc::from_ms(2'700));
  // A second ahead, it meets the wall clock after eight.
  CHECK(clock.at({9'000, 9'000'000}) == Hlc::from_ms(9'000));
  CHECK(clock.at({9'100, 9'100'000}) == Hlc::from_ms(9'100));
}

TEST_CASE("hlc: after a restart time flows from the first look, not from the machine's start") {
  HlcClock clock(Hlc::from_ms(5'000));
  CHECK(clock.at({100, 777'000'000}) == Hlc::from_ms(5'000));
  clock.advance({100, 777'000'000});
  CHECK(clock.at({100, 777'800'000}) == Hlc::from_ms(5'700));
}

TEST_CASE("hlc: at the end of times a clock stays, whoever brought it there") {
  constexpr Hlc kLast{Hlc::kWordMax};
  for (const Hlc seen : {kLast, Hlc{uint64_t{1} << 63}, Hlc{UINT64_MAX}}) {
    HlcClock clock;
    clock.tick(wall(1000));
    clock.observe(seen, wall(1000));
    CHECK(clock.last() == kLast);
    CHECK(clock.tick(wall(1001)) == kLast);
    CHECK(clock.advance({1001, 8'000'000}) == kLast);
    CHECK(clock.tick({1001, 16'000'000}) == kLast);
    CHECK(HlcClock(seen).tick(wall(1)) == kLast);
  }
  HlcClock before(Hlc{Hlc::kWordMax - 1});
  CHECK(before.tick(wall(1)) == kLast);
  CHECK(before.tick(wall(1)) == kLast);
  HlcClock far;
  CHECK(far.tick(wall(UINT64_MAX)) == kLast);
}

static_assert(Hlc::from_ms(Hlc::kMsMax).ms() == Hlc::kMsMax);
static_assert(Hlc::from_ms(Hlc::kMsMax + 1).word == Hlc::kWordMax);
static_assert(Hlc::from_ms(UINT64_MAX).word == Hlc::kWordMax);
static_assert(Hlc::from_ms(1).word == 65536 && Hlc{65535}.ms() == 0);
