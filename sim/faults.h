// Injects faults: draws which kinds a run has, when each comes and to whom, and aims crashes at the
// moments where they hurt. Counts what it did, so that a fault that was planned and never came
// shows.
//
// Within the budget: crashes of any number of machines, power losses (with `fsync` durability),
// clocks within what nodes tolerate, pauses, slow or full disks, failed syncs, and all that the
// network does must lose nothing. A disk is only lost while the cluster is whole and at rest, so
// that no two copies of anything are lost at once (sim/operators.h sees to that). Read errors and
// rot are over the budget of one node: then data may be refused, but never wrong.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/bound.h"
#include "sim/event_queue.h"
#include "sim/fault_kinds.h"
#include "sim/fault_pace.h"
#include "sim/network_faults.h"
#include "sim/node.h"

namespace vordb::sim {

struct FaultFigures {
  std::array<bool, kFaultKinds> on{};
  std::array<uint64_t, kFaultKinds> hits{};
  std::array<FaultPace, kFaultKinds> paces{};
  std::array<uint64_t, kMoments> moments{};      // how often each came by
  std::array<uint64_t, kMoments> moment_hits{};  // and had a crash aimed at it

  uint64_t crashes() const {
    return hits[size_t(FaultKind::kCrash)] + hits[size_t(FaultKind::kPowerLoss)] +
           hits[size_t(FaultKind::kAimedCrash)] + hits[size_t(FaultKind::kSyncFailure)] +
           hits[size_t(FaultKind::kCrashAll)];
  }
};

class FaultHost {
 public:
  virtual ~FaultHost() = default;
  // Those that a fault may befall: members, and those on their way to be one.
  virtual std::vector<uint32_t> in_service() const = 0;
  virtual SimNode& machine(uint32_t index) = 0;
  virtual Links& links() = 0;
  // `ends`: the end of a fault that lasts.
  virtual void plan_fault(FaultKind kind, uint32_t machine, uint64_t in_us, bool ends) = 0;
  virtual void crash(uint32_t machine, SimDiskImage::Crash kind, const char* why) = 0;
  // Ends the machine's process; the next one is of this version.
  virtual void upgrade(uint32_t machine) = 0;
  // A fault that takes a disk or changes who is a member. False: not now.
  virtual bool change_membership(FaultKind kind) = 0;
  // `lasts_us`: 0 where it is over at once, or nobody knows yet.
  virtual void note_fault(FaultKind kind, const std::string& what, uint64_t lasts_us = 0) = 0;
};

class FaultInjector {
 public:
  struct Limits {
    bool buffered = false;
    uint64_t duration_ms = 0;
    uint32_t machines = 1;
    int64_t clock_offset_ms = 0;  // no wall clock is set further off
  };

  FaultInjector(const FaultPlan& plan, const Limits& limits, Chooser& chooser, FaultHost& host);

  // For a copy that shall live in another world.
  void attach(Chooser& chooser, FaultHost& host) {
    chooser_.bind(chooser);
    host_.bind(host);
    network_.attach(host.links(), chooser);
  }

  // Plans the first fault of each kind that is on.
  void start(uint64_t now_us);
  // No more faults; those that last are healed.
  void stop(uint64_t now_us);

  void due(FaultKind kind, uint32_t machine, bool ends, uint64_t now_us);
  void moment(uint32_t machine, Moment moment);

  // Of the time until now.
  FaultFigures figures(uint64_t now_us) const;
  bool on(FaultKind kind) const { return figures_.on[size_t(kind)]; }
  // A fault that makes some node refuse writes was there at or after this time.
  bool no_space_since(uint64_t time_us) const;
  bool no_space(uint32_t machine) const { return sick_[machine].no_space; }
  bool damaged(uint32_t machine) const { return sick_[machine].damaged; }
  bool any_damaged() const;
  // The disk was replaced.
  void disk_replaced(uint32_t machine) { sick_[machine].damaged = false; }
  // Nothing could be answered before this time, whoever asked.
  uint64_t stalled_until_us() const { return stalled_until_us_; }
  // For so long that calls ran out of time, at or after this time.
  bool stalled_long_since(uint64_t time_us) const {
    return stalled_until_us_ >= time_us && stalled_until_us_ - stalled_from_us_ >= kLongStallUs;
  }
  // The network, or a machine's pace, was disturbed at or after this time.
  bool disturbed_since(uint64_t time_us) const {
    return disturbed_ > 0 || disturbed_until_us_ >= time_us || stalled_until_us_ >= time_us;
  }
  bool running() const { return running_; }
  // How often faults were stopped: what was planned before that is over.
  uint64_t period() const { return period_; }

 private:
  void stall(uint64_t now_us, uint64_t for_us);
  // What lasts of the faults that befell one machine.
  struct Sick {
    bool no_space = false;
    bool damaged = false;
    uint64_t no_space_until_us = 0;
    int64_t clock_offset_ms = 0;
  };

  void plan_next(FaultKind kind);
  // It came, and may come again from that time on.
  void came(FaultKind kind, uint64_t now_us, uint64_t again_us);
  Choices when(FaultKind kind) { return chooser_->stream(StreamKind::kFault, uint32_t(kind)); }
  Choices how(FaultKind kind) { return chooser_->stream(StreamKind::kStrike, uint32_t(kind)); }
  SimDiskImage::Crash crash_kind(FaultKind kind);
  void step_clock(uint32_t machine);
  void strike(FaultKind kind, uint32_t machine, uint64_t now_us);
  void strike_network(FaultKind kind, uint64_t now_us);
  void end(FaultKind kind, uint32_t machine, uint64_t now_us);

  const FaultPlan& plan_;
  const Limits limits_;
  Bound<Chooser> chooser_;
  Bound<FaultHost> host_;
  NetworkFaults network_;
  FaultFigures figures_;
  FaultPaces paces_;
  std::vector<Sick> sick_;
  static constexpr uint64_t kLongStallUs = 1'000'000;

  uint64_t stalled_from_us_ = 0;
  uint64_t stalled_until_us_ = 0;
  uint64_t disturbed_until_us_ = 0;
  uint32_t disturbed_ = 0;  // network faults under way
  bool running_ = false;
  uint64_t period_ = 0;
};

}  // namespace vordb::sim
