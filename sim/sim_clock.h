// The twin of the system's clocks. A node's wall clock starts at some date, drifts by parts per
// million and may be stepped either way at any moment; its monotonic clock only drifts. Integers
// only: the same on every platform.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/env/clock.h"
#include "sim/bound.h"

namespace vordb::sim {

// One node's time; its shards' clocks all read it.
class NodeTime {
 public:
  static constexpr uint64_t kEpochMs = 1'800'000'000'000;  // where every run begins, in 2027

  // The date of a clock that neither drifts nor was stepped.
  static uint64_t true_ms(uint64_t now_us) { return kEpochMs + now_us / 1000; }

  explicit NodeTime(const uint64_t& now_us) : now_us_(now_us) {}

  // For a copy that shall live in another world.
  void attach(const uint64_t& now_us) { now_us_.bind(now_us); }

  uint64_t wall_ms() const { return uint64_t(int64_t(kEpochMs + local_us() / 1000) + offset_ms_); }
  uint64_t monotonic_us() const { return local_us(); }

  void step(int64_t by_ms) {
    highest_lead_ms_ = highest_lead_ms();
    offset_ms_ += by_ms;
    ++steps_;
  }

  // From now on the clocks gain so many microseconds a second (negative: lose).
  void drift(int32_t ppm) {
    highest_lead_ms_ = highest_lead_ms();
    base_local_us_ = local_us();
    base_us_ = now_us_;
    ppm_ = ppm;
  }

  // How far the wall clock was ever ahead of the run's own time (negative: always behind); how
  // often it was stepped.
  int64_t highest_lead_ms() const {
    return std::max(highest_lead_ms_, int64_t(wall_ms()) - int64_t(true_ms(now_us_)));
  }
  uint32_t steps() const { return steps_; }

 private:
  uint64_t local_us() const {
    const int64_t passed = int64_t(*now_us_ - base_us_);
    return base_local_us_ + uint64_t(passed + passed * ppm_ / 1'000'000);
  }

  Bound<const uint64_t> now_us_;
  uint64_t base_us_ = 0;
  uint64_t base_local_us_ = 0;
  int64_t offset_ms_ = 0;
  int64_t highest_lead_ms_ = INT64_MIN;
  int32_t ppm_ = 0;
  uint32_t steps_ = 0;
};

class SimClock : public Clock {
 public:
  explicit SimClock(const NodeTime& time) : time_(time) {}
  void attach(const NodeTime& time) { time_.bind(time); }
  uint64_t wall_ms() override { return time_->wall_ms(); }
  uint64_t monotonic_us() override { return time_->monotonic_us(); }

 private:
  Bound<const NodeTime> time_;
};

}  // namespace vordb::sim
