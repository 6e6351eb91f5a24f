#include "core/vnode/convergence_probe.h"

#include <doctest/doctest.h>

using vordb::LagHistogram;
using vordb::crdt::Dot;
using vordb::vnode::ConvergenceProbe;

namespace {

Dot dot(uint64_t counter) { return {{1, 16, 7}, counter}; }

}  // namespace

TEST_CASE("convergence probe: one mutation at a time is followed until all have it") {
  ConvergenceProbe probe;
  CHECK_FALSE(probe.dot());
  probe.begin(dot(1), 1'000'000);
  probe.begin(dot(2), 1'200'000);
  REQUIRE(probe.dot());
  CHECK(*probe.dot() == dot(1));
  probe.end(1'700'000);
  CHECK_FALSE(probe.dot());
  CHECK(probe.lags().sum_ms == 700);
  probe.begin(dot(3), 2'000'000);
  CHECK(*probe.dot() == dot(3));
}

TEST_CASE(
    "lag histogram: bounds belong to the step below them, and what is above all to the last") {
  LagHistogram lags;
  lags.record(0);
  lags.record(1);
  lags.record(2);
  lags.record(600'000);
  lags.record(600'001);
  CHECK(lags.buckets[0] == 2);
  CHECK(lags.buckets[1] == 1);
  CHECK(lags.buckets[LagHistogram::kBoundsMs.size() - 1] == 1);
  CHECK(lags.buckets[LagHistogram::kBoundsMs.size()] == 1);
  LagHistogram sum = lags;
  sum.add(lags);
  CHECK(sum.buckets[0] == 4);
  CHECK(sum.sum_ms == 2 * lags.sum_ms);
}
