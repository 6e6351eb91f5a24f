// The histogram against sorted lists of the same values.
#include "server/histogram.h"

#include <doctest/doctest.h>
#include <vector>

namespace vordb::server {
namespace {

// What quantile() approximates.
uint64_t exact(std::vector<uint64_t> values, double share) {
  std::sort(values.begin(), values.end());
  size_t index = 0;
  while (index + 1 < values.size() && double(index + 1) < share * double(values.size())) ++index;
  return values[index];
}

void check_close(const Histogram& histogram, const std::vector<uint64_t>& values) {
  for (const double share : {0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const uint64_t right = exact(values, share);
    CAPTURE(share);
    CHECK(histogram.quantile(share) >= right);
    CHECK(histogram.quantile(share) - right <= right / 64);
  }
}

TEST_CASE("an empty histogram answers zero") {
  const Histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.min() == 0);
  CHECK(histogram.max() == 0);
  CHECK(histogram.mean() == 0);
  CHECK(histogram.quantile(0.5) == 0);
}

TEST_CASE("small values are exact") {
  Histogram histogram;
  for (uint64_t value = 0; value < 64; ++value) histogram.record(value);
  CHECK(histogram.quantile(0) == 0);
  CHECK(histogram.quantile(0.5) == 31);
  CHECK(histogram.quantile(1) == 63);
  CHECK(histogram.mean() == doctest::Approx(31.5));
}

TEST_CASE("quantiles are at most one 64th too high over the whole range of 64 bits") {
  std::vector<uint64_t> values = {0, 1, 63, 64, 65, 127, 128, UINT64_MAX, UINT64_MAX - 1};
  uint64_t state = 12345;
  for (int i = 0; i < 20000; ++i) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    values.push_back(state >> (i % 64));
  }
  Histogram histogram;
  for (const uint64_t value : values) histogram.record(value);
  CHECK(histogram.count() == values.size());
  CHECK(histogram.max() == UINT64_MAX);
  check_close(histogram, values);
}

TEST_CASE("merged histograms hold what both recorded") {
  Histogram left, right, both;
  std::vector<uint64_t> values;
  for (uint64_t value = 1; value < 100000; value += 7) {
    (value % 2 ? left : right).record(value * value);
    both.record(value * value);
    values.push_back(value * value);
  }
  left.merge(right);
  CHECK(left.count() == both.count());
  CHECK(left.min() == 1);
  CHECK(left.max() == both.max());
  CHECK(left.mean() == doctest::Approx(both.mean()));
  check_close(left, values);
}

}  // namespace
}  // namespace vordb::server
