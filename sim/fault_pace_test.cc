// What is to be expected of a fault is what comes of it, over many runs that end anywhere; and an
// injector that died is overdue.
#include "sim/fault_pace.h"

#include <doctest/doctest.h>

#include <cmath>

#include "sim/chooser.h"

namespace vordb::sim {
namespace {

constexpr FaultKind kKind = FaultKind::kCrash;

FaultPlan plan_of(uint64_t every_ms) {
  FaultPlan plan;
  plan.every_ms[size_t(kKind)] = every_ms;
  return plan;
}

// Runs of `lasts_us` in which the fault comes as it is drawn, at most `most` times.
FaultPace sum_of_runs(uint64_t every_ms, uint64_t lasts_us, uint32_t runs, uint64_t most) {
  const FaultPlan plan = plan_of(every_ms);
  Chooser chooser(7);
  FaultPace sum;
  for (uint32_t run = 0; run < runs; ++run) {
    FaultPaces paces(plan);
    paces.opens(kKind, 0);
    uint64_t now_us = 0;
    for (uint64_t hits = 0; hits < most; ++hits) {
      now_us += 1 + chooser.below(longest_wait_us(plan, kKind));
      if (now_us > lasts_us) break;
      paces.came(kKind, now_us);
      paces.opens(kKind, now_us);
    }
    paces.close(lasts_us);
    const FaultPace& pace = paces.paces()[size_t(kKind)];
    sum.came += pace.came;
    sum.expected_millionths += pace.expected_millionths;
    sum.overdue_us += pace.overdue_us;
    CHECK(pace.waited_us == lasts_us);
  }
  return sum;
}

double sigmas(const FaultPace& pace) {
  const double expected = double(pace.expected_millionths) / 1e6;
  return (double(pace.came) - expected) / std::sqrt(expected);
}

TEST_CASE("fault pace: what comes is what is to be expected, however long runs are") {
  for (const uint64_t lasts_us : {100'000, 900'000, 2'500'000, 10'000'000, 60'000'000}) {
    const FaultPace sum = sum_of_runs(1'000, lasts_us, 10'000, UINT64_MAX);
    CAPTURE(lasts_us);
    CAPTURE(sum.came);
    CAPTURE(sum.expected_millionths);
    CHECK(std::abs(sigmas(sum)) < 4);
    CHECK(sum.overdue_us == 0);
  }
}

TEST_CASE("fault pace: one that comes once and no more is far from it, and overdue") {
  const FaultPace sum = sum_of_runs(1'000, 10'000'000, 100, 1);
  CHECK(sigmas(sum) < -5);
  CHECK(sum.overdue_us > 100'000'000);
}

TEST_CASE("fault pace: nothing is to be expected while nobody waits") {
  const FaultPlan plan = plan_of(1'000);
  FaultPaces paces(plan);
  paces.came(kKind, 5);
  paces.opens(kKind, 1'000'000);
  paces.close(900'000);
  const FaultPace& pace = paces.paces()[size_t(kKind)];
  CHECK(pace.came == 0);
  CHECK(pace.expected_millionths == 0);
}

TEST_CASE("fault pace: the wait adds up as the logarithm of what is left of it") {
  CHECK(expected_of_wait(0, 2'000'000) == 0);
  for (const uint64_t age_us : {1'000, 500'000, 1'000'000, 1'800'000}) {
    const double exact = std::log(2e6 / (2e6 - double(age_us)));
    CHECK(double(expected_of_wait(age_us, 2'000'000)) / 1e6 ==
          doctest::Approx(exact).epsilon(1e-3));
  }
  CHECK(expected_of_wait(3'000'000, 2'000'000) ==
        expected_of_wait(2'000'000, 2'000'000) + 1'000'000);
}

}  // namespace
}  // namespace vordb::sim
