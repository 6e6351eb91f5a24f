// How often something took how long, in coarse steps of milliseconds: what dashboards draw.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/fields.h"

namespace vordb {

struct LagHistogram {
  // Upper bounds, both included; above the last: the rest.
  static constexpr std::array<uint64_t, 15> kBoundsMs = {
      1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10'000, 60'000, 600'000};

  std::array<uint64_t, kBoundsMs.size() + 1> buckets{};  // not cumulative
  uint64_t sum_ms = 0;

  void record(uint64_t ms) {
    size_t bucket = 0;
    while (bucket < kBoundsMs.size() && ms > kBoundsMs[bucket]) ++bucket;
    ++buckets[bucket];
    sum_ms += ms;
  }
  void add(const LagHistogram& other) {
    for (size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
    sum_ms += other.sum_ms;
  }

  bool operator==(const LagHistogram&) const = default;
  VORDB_FIELDS(LagHistogram, buckets, sum_ms)
};

}  // namespace vordb
