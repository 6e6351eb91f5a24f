// The hybrid logical clock: always forwards, near the wall clock when that moves.
#include "core/crdt/hlc.h"

#include <doctest/doctest.h>

using vordb::Hlc;
using vordb::HlcClock;

TEST_CASE("hlc: follows a wall clock that moves on") {
  HlcClock clock;
  CHECK(clock.tick(1000) == Hlc::from_ms(1000));
  CHECK(clock.tick(1001) == Hlc::from_ms(1001));
  CHECK(clock.last().ms() == 1001);
}

TEST_CASE("hlc: ticks within a millisecond and under a clock set back still rise") {
  HlcClock clock;
  const Hlc first = clock.tick(1000);
  const Hlc second = clock.tick(1000);
  const Hlc third = clock.tick(1);
  CHECK(first < second);
  CHECK(second < third);
  CHECK(third.ms() == 1000);
  CHECK(third.word == first.word + 2);
}

TEST_CASE("hlc: ticks are above what was observed, also from far ahead") {
  HlcClock clock;
  clock.tick(1000);
  clock.observe(Hlc{Hlc::from_ms(9000).word + 5});
  CHECK(clock.last().ms() == 9000);
  CHECK(clock.tick(1001) == Hlc{Hlc::from_ms(9000).word + 6});
  clock.observe(Hlc::from_ms(10));
  CHECK(clock.last().ms() == 9000);
}

TEST_CASE("hlc: a restart begins above its lease") {
  HlcClock clock(Hlc::from_ms(5000));
  CHECK(clock.tick(100) > Hlc::from_ms(5000));
}

TEST_CASE("hlc: the counter runs over into the milliseconds") {
  HlcClock clock(Hlc{Hlc::from_ms(7).word + 0xffff});
  CHECK(clock.tick(7) == Hlc::from_ms(8));
}

static_assert(Hlc::from_ms(1).word == 65536 && Hlc{65535}.ms() == 0);
