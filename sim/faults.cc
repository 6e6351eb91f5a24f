#include "sim/faults.h"

#include <string>

namespace vordb::sim {

namespace {

constexpr uint64_t kAimedDelayUsMax = 400;
// A request token lives for ten minutes of the node's time, so that the wall clock moves by less
// than that in all.
constexpr int64_t kClockOffsetMsMax = 4 * 60'000;

}  // namespace

FaultInjector::FaultInjector(const FaultPlan& plan, bool buffered, uint64_t duration_ms,
                             Chooser& chooser, FaultHost& host)
    : plan_(plan), buffered_(buffered), chooser_(chooser), host_(host) {
  for (int kind = 0; kind < kFaultKinds; ++kind) {
    const bool aimed = FaultKind(kind) == FaultKind::kAimedCrash;
    bool on =
        aimed ? plan.aimed_per_million > 0
              : plan.every_ms[size_t(kind)] > 0 && plan.every_ms[size_t(kind)] <= duration_ms * 2;
    // What was only buffered may be lost by these: within what `buffered` promises, but not what
    // the oracles expect.
    const bool loses_buffers =
        FaultKind(kind) == FaultKind::kPowerLoss || FaultKind(kind) == FaultKind::kSyncFailure;
    if (buffered && loses_buffers) on = false;
    if (on && plan.swarm) on = chooser.chance(500'000);
    figures_.on[size_t(kind)] = on;
  }
}

void FaultInjector::start() {
  running_ = true;
  for (int kind = 0; kind < kFaultKinds; ++kind) {
    if (figures_.on[size_t(kind)] && FaultKind(kind) != FaultKind::kAimedCrash)
      plan_next(FaultKind(kind));
  }
}

void FaultInjector::stop(uint64_t now_us) {
  running_ = false;
  SimNode& node = host_.victim();
  node.time().drift(0);
  node.disk().set_space(SimDiskImage::Space::kPlenty);
  if (no_space_) no_space_until_us_ = now_us;
  no_space_ = false;
  node.disk().knobs() = SimDiskKnobs{};
}

void FaultInjector::plan_next(FaultKind kind) {
  host_.plan_fault(kind, 1 + chooser_.below(plan_.every_ms[size_t(kind)] * 2000), false);
}

SimDiskImage::Crash FaultInjector::crash_kind() {
  if (buffered_ || chooser_.chance(500'000)) return SimDiskImage::Crash::kKill;
  return SimDiskImage::Crash::kPowerLoss;
}

void FaultInjector::step_clock() {
  // Mostly seconds, sometimes minutes; either way.
  const uint64_t reach_ms = chooser_.chance(300'000) ? uint64_t(kClockOffsetMsMax) : 3'000;
  int64_t by_ms = int64_t(chooser_.below(2 * reach_ms + 1)) - int64_t(reach_ms);
  if (clock_offset_ms_ + by_ms > kClockOffsetMsMax || clock_offset_ms_ + by_ms < -kClockOffsetMsMax)
    by_ms = -by_ms;
  clock_offset_ms_ += by_ms;
  host_.victim().time().step(by_ms);
  host_.note_fault(FaultKind::kClockStep, std::to_string(by_ms) + " ms");
}

void FaultInjector::due(FaultKind kind, bool ends, uint64_t now_us) {
  if (!running_) return;
  SimNode& node = host_.victim();
  if (ends) {
    no_space_ = false;
    no_space_until_us_ = now_us;
    node.disk().set_space(SimDiskImage::Space::kPlenty);
    host_.note_fault(kind, "over");
    return plan_next(kind);
  }
  // An aimed crash was planned when its moment came by.
  if (kind != FaultKind::kAimedCrash && kind != FaultKind::kNoSpace) plan_next(kind);
  if (!node.up() && kind != FaultKind::kClockStep && kind != FaultKind::kNoSpace) return;
  ++figures_.hits[size_t(kind)];
  switch (kind) {
    case FaultKind::kCrash:
      return host_.crash_victim(SimDiskImage::Crash::kKill, "crash");
    case FaultKind::kPowerLoss:
      return host_.crash_victim(SimDiskImage::Crash::kPowerLoss, "power loss");
    case FaultKind::kAimedCrash:
      return host_.crash_victim(crash_kind(), "aimed crash");
    case FaultKind::kClockStep:
      return step_clock();
    case FaultKind::kClockDrift: {
      const int32_t ppm = int32_t(chooser_.below(1001)) - 500;
      node.time().drift(ppm);
      return host_.note_fault(kind, std::to_string(ppm) + " ppm");
    }
    case FaultKind::kPause: {
      const uint64_t for_us = 1000 + chooser_.below(chooser_.chance(100'000) ? 5'000'000 : 300'000);
      stalled_until_us_ = now_us + for_us;
      node.pause(now_us + for_us);
      return host_.note_fault(kind, std::to_string(for_us) + " us");
    }
    case FaultKind::kSlowDisk: {
      const uint64_t for_us = 1000 + chooser_.below(chooser_.chance(100'000) ? 3'000'000 : 300'000);
      stalled_until_us_ = now_us + for_us;
      node.disk().stall(now_us + for_us);
      return host_.note_fault(kind, std::to_string(for_us) + " us");
    }
    case FaultKind::kNoSpace: {
      no_space_ = true;
      const bool full = !buffered_ && chooser_.chance(100'000);
      node.disk().set_space(full ? SimDiskImage::Space::kFull : SimDiskImage::Space::kBelowReserve);
      host_.note_fault(kind, full ? "full" : "below the reserve");
      return host_.plan_fault(kind, 1 + chooser_.below(500'000), true);
    }
    case FaultKind::kSyncFailure:
      node.disk().fail_next_write();
      return host_.note_fault(kind, "the next write fails");
    case FaultKind::kReadError:
      damaged_ = true;
      node.disk().fail_next_read();
      return host_.note_fault(kind, "the next read fails");
    case FaultKind::kBitRot: {
      damaged_ = true;
      const bool detected = !chooser_.chance(200'000);
      const bool rotted = node.disk().rot(detected);
      return host_.note_fault(kind, rotted ? (detected ? "detected" : "silent") : "nothing to rot");
    }
  }
}

void FaultInjector::moment(Moment moment) {
  ++figures_.moments[size_t(moment)];
  if (!running_ || !figures_.on[size_t(FaultKind::kAimedCrash)]) return;
  // Rare moments get as many hits as common ones.
  const bool rare =
      moment == Moment::kStarting || moment == Moment::kPurging || moment == Moment::kBucketChanged;
  if (!chooser_.chance(rare ? plan_.aimed_per_million * 50 : plan_.aimed_per_million)) return;
  ++figures_.moment_hits[size_t(moment)];
  const bool now = chooser_.chance(500'000);
  host_.plan_fault(FaultKind::kAimedCrash, now ? 0 : chooser_.below(kAimedDelayUsMax), false);
}

}  // namespace vordb::sim
