// Injects faults: draws which kinds a run has, when each comes, and aims crashes at the moments
// where they hurt. Counts what it did, so that a fault that was planned and never came shows.
//
// Within the budget of one node: crashes, power losses (with `fsync` durability), clocks, pauses, a
// slow or full disk and failed syncs must lose nothing. Read errors and rot are over it: then data
// may be refused, but never wrong.
#pragma once

#include <array>
#include <cstdint>

#include "sim/event_queue.h"
#include "sim/fault_kinds.h"
#include "sim/node.h"

namespace vordb::sim {

struct FaultFigures {
  std::array<bool, kFaultKinds> on{};
  std::array<uint64_t, kFaultKinds> hits{};
  std::array<uint64_t, kMoments> moments{};      // how often each came by
  std::array<uint64_t, kMoments> moment_hits{};  // and had a crash aimed at it

  uint64_t crashes() const {
    return hits[size_t(FaultKind::kCrash)] + hits[size_t(FaultKind::kPowerLoss)] +
           hits[size_t(FaultKind::kAimedCrash)] + hits[size_t(FaultKind::kSyncFailure)];
  }
};

class FaultHost {
 public:
  virtual ~FaultHost() = default;
  virtual SimNode& victim() = 0;
  // `ends`: the end of a fault that lasts.
  virtual void plan_fault(FaultKind kind, uint64_t in_us, bool ends) = 0;
  virtual void crash_victim(SimDiskImage::Crash kind, const char* why) = 0;
  virtual void note_fault(FaultKind kind, const std::string& what) = 0;
};

class FaultInjector {
 public:
  FaultInjector(const FaultPlan& plan, bool buffered, uint64_t duration_ms, Chooser& chooser,
                FaultHost& host);

  // Plans the first fault of each kind that is on.
  void start();
  // No more faults; those that last are healed.
  void stop(uint64_t now_us);

  void due(FaultKind kind, bool ends, uint64_t now_us);
  void moment(Moment moment);

  const FaultFigures& figures() const { return figures_; }
  // A fault that makes the node refuse writes was there at or after this time.
  bool no_space_since(uint64_t time_us) const { return no_space_ || no_space_until_us_ >= time_us; }
  bool no_space() const { return no_space_; }
  bool damaged() const { return damaged_; }
  // Nothing could be answered before this time, whoever asked.
  uint64_t stalled_until_us() const { return stalled_until_us_; }
  bool running() const { return running_; }

 private:
  void plan_next(FaultKind kind);
  SimDiskImage::Crash crash_kind();
  void step_clock();

  const FaultPlan& plan_;
  const bool buffered_;
  Chooser& chooser_;
  FaultHost& host_;
  FaultFigures figures_;
  uint64_t no_space_until_us_ = 0;
  uint64_t stalled_until_us_ = 0;
  int64_t clock_offset_ms_ = 0;
  bool no_space_ = false;
  bool damaged_ = false;
  bool running_ = false;
};

}  // namespace vordb::sim
