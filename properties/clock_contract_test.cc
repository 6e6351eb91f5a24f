// What core relies on in a Clock, checked on the simulated and on the machine's.
#include <doctest/doctest.h>

#include <functional>

#include "io/system_clock.h"
#include "sim/sim_clock.h"

namespace vordb {
namespace {

constexpr uint64_t kYear2020Ms = 1'577'836'800'000;
constexpr uint64_t kYear3000Ms = 32'503'680'000'000;

// `pass` lets some time go by.
void check_contract(Clock& clock, const std::function<void()>& pass) {
  // Wall time is in milliseconds of the Unix epoch: another unit would be out of these bounds.
  CHECK(clock.wall_ms() > kYear2020Ms);
  CHECK(clock.wall_ms() < kYear3000Ms);
  uint64_t last_us = clock.monotonic_us();
  const uint64_t first_us = last_us;
  for (int i = 0; i < 1000; ++i) {
    pass();
    const uint64_t now_us = clock.monotonic_us();
    REQUIRE(now_us >= last_us);
    last_us = now_us;
  }
  CHECK(last_us > first_us);
}

// Both clocks run at the same pace: microseconds against milliseconds.
void check_pace(Clock& clock, const std::function<void()>& pass, uint64_t tolerance_ms) {
  const uint64_t wall_ms = clock.wall_ms();
  const uint64_t start_us = clock.monotonic_us();
  while (clock.monotonic_us() < start_us + 20'000) pass();
  const uint64_t by_monotonic_ms = (clock.monotonic_us() - start_us) / 1000;
  const uint64_t by_wall_ms = clock.wall_ms() - wall_ms;
  CHECK(by_wall_ms + tolerance_ms >= by_monotonic_ms);
}

TEST_CASE("clock contract: the simulated clock") {
  uint64_t now_us = 0;
  sim::NodeTime time(now_us);
  sim::SimClock clock(time);
  check_contract(clock, [&] { now_us += 100; });
  check_pace(
      clock, [&] { now_us += 100; }, 1);
  for (const int32_t ppm : {500, -500}) {
    time.drift(ppm);
    check_contract(clock, [&] { now_us += 7; });
    check_pace(
        clock, [&] { now_us += 7; }, 1);
  }
  // A step moves the wall clock only.
  const uint64_t before_us = clock.monotonic_us();
  const uint64_t wall_ms = clock.wall_ms();
  time.step(-600'000);
  CHECK(clock.wall_ms() == wall_ms - 600'000);
  CHECK(clock.monotonic_us() == before_us);
  CHECK(time.highest_lead_ms() < 100);
  time.step(1'200'000);
  CHECK(clock.wall_ms() == wall_ms + 600'000);
  CHECK(time.highest_lead_ms() >= 600'000 - 100);
  time.step(-600'000);
  CHECK(time.highest_lead_ms() >= 600'000 - 100);
  check_contract(clock, [&] { now_us += 100; });
}

TEST_CASE("clock contract: the simulated clock drifts by as much as it is told") {
  uint64_t now_us = 0;
  sim::NodeTime time(now_us);
  time.drift(500);
  now_us += 1'000'000'000;
  CHECK(time.monotonic_us() == 1'000'500'000);
  time.drift(-500);
  now_us += 1'000'000'000;
  CHECK(time.monotonic_us() == 2'000'000'000);
}

TEST_CASE("clock contract: the machine's clock") {
  io::SystemClock clock;
  check_contract(clock, [] {});
  // The machine's wall clock may be stepped meanwhile; a run of 20 ms is short enough for that not
  // to matter.
  check_pace(
      clock, [] {}, 15);
}

}  // namespace
}  // namespace vordb
