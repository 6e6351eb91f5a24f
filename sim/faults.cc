#include "sim/faults.h"

#include <algorithm>
#include <string>

namespace vordb::sim {

namespace {

constexpr uint64_t kAimedDelayUsMax = 400;
constexpr uint64_t kRetryUs = 300'000;

// Mostly below `short_us`, in `per_million` of a million cases below `long_us`.
uint64_t draw_length(const Choices& choices, uint32_t per_million, uint64_t long_us,
                     uint64_t short_us) {
  const bool is_long = choices.chance(Decision::kLastsLong, per_million);
  return choices.below(Decision::kDuration, is_long ? long_us : short_us);
}

}  // namespace

FaultInjector::FaultInjector(const FaultPlan& plan, const Limits& limits, Chooser& chooser,
                             FaultHost& host)
    : plan_(plan),
      limits_(limits),
      chooser_(chooser),
      host_(host),
      network_(host.links(), chooser),
      paces_(plan),
      sick_(limits.machines) {
  for (int kind = 0; kind < kFaultKinds; ++kind) {
    const bool aimed = FaultKind(kind) == FaultKind::kAimedCrash;
    const uint64_t every_ms = plan.every_ms[size_t(kind)];
    bool on =
        aimed ? plan.aimed_per_million > 0 : every_ms > 0 && every_ms <= limits.duration_ms * 2;
    // What was only buffered may be lost by these: within what `buffered` promises, but not what
    // the oracles expect.
    const bool loses_buffers =
        FaultKind(kind) == FaultKind::kPowerLoss || FaultKind(kind) == FaultKind::kSyncFailure;
    if (limits.buffered && loses_buffers) on = false;
    if (on && plan.swarm) on = when(FaultKind(kind)).chance(Decision::kFaultIsOn, 500'000);
    figures_.on[size_t(kind)] = on;
  }
}

void FaultInjector::start(uint64_t now_us) {
  running_ = true;
  for (int kind = 0; kind < kFaultKinds; ++kind) {
    if (!figures_.on[size_t(kind)] || FaultKind(kind) == FaultKind::kAimedCrash) continue;
    paces_.opens(FaultKind(kind), now_us);
    plan_next(FaultKind(kind));
  }
}

void FaultInjector::stop(uint64_t now_us) {
  running_ = false;
  ++period_;
  paces_.close(now_us);
  for (uint32_t machine = 0; machine < limits_.machines; ++machine) {
    SimNode& node = host_->machine(machine);
    node.time().drift(0);
    node.disk().set_space(SimDiskImage::Space::kPlenty);
    node.disk().knobs() = SimDiskKnobs{};
    Sick& sick = sick_[machine];
    if (sick.no_space) sick.no_space_until_us = now_us;
    sick.no_space = false;
  }
  host_->links().repair();
  if (disturbed_ > 0) disturbed_until_us_ = now_us;
  disturbed_ = 0;
}

FaultFigures FaultInjector::figures(uint64_t now_us) const {
  FaultFigures figures = figures_;
  FaultPaces until_now = paces_;
  until_now.close(now_us);
  figures.paces = until_now.paces();
  return figures;
}

bool FaultInjector::no_space_since(uint64_t time_us) const {
  return std::any_of(sick_.begin(), sick_.end(), [time_us](const Sick& sick) {
    return sick.no_space || sick.no_space_until_us >= time_us;
  });
}

bool FaultInjector::any_damaged() const {
  return std::any_of(sick_.begin(), sick_.end(), [](const Sick& sick) { return sick.damaged; });
}

void FaultInjector::plan_next(FaultKind kind) {
  host_->plan_fault(kind, 0,
                    1 + when(kind).below(Decision::kFaultDue, longest_wait_us(plan_, kind)), false);
}

void FaultInjector::came(FaultKind kind, uint64_t now_us, uint64_t again_us) {
  if (kind == FaultKind::kAimedCrash) return paces_.taken(kind);
  paces_.came(kind, now_us);
  paces_.opens(kind, again_us);
}

SimDiskImage::Crash FaultInjector::crash_kind(FaultKind kind) {
  if (limits_.buffered || how(kind).chance(Decision::kIsKill, 500'000))
    return SimDiskImage::Crash::kKill;
  return SimDiskImage::Crash::kPowerLoss;
}

void FaultInjector::step_clock(uint32_t machine) {
  // Mostly seconds, sometimes minutes; either way.
  const Choices choices = how(FaultKind::kClockStep);
  const int64_t limit_ms = limits_.clock_offset_ms;
  const uint64_t reach_ms = choices.chance(Decision::kStepIsFar, 300'000)
                                ? uint64_t(limit_ms)
                                : std::min<uint64_t>(uint64_t(limit_ms), 3'000);
  int64_t by_ms =
      int64_t(choices.below(Decision::kClockStep, 2 * reach_ms + 1)) - int64_t(reach_ms);
  int64_t& offset_ms = sick_[machine].clock_offset_ms;
  if (offset_ms + by_ms > limit_ms || offset_ms + by_ms < -limit_ms) by_ms = -by_ms;
  offset_ms += by_ms;
  host_->machine(machine).time().step(by_ms);
  host_->note_fault(FaultKind::kClockStep,
                    std::to_string(by_ms) + " ms at n" + std::to_string(machine));
}

void FaultInjector::due(FaultKind kind, uint32_t machine, bool ends, uint64_t now_us) {
  if (!running_) return;
  if (ends) return end(kind, machine, now_us);
  // An aimed crash was planned when its moment came by.
  const bool aimed = kind == FaultKind::kAimedCrash;
  if (!how(kind).yes(Decision::kStrikes)) {
    came(kind, now_us, now_us);
    return aimed ? void() : plan_next(kind);
  }
  if (is_of_network(kind)) return strike_network(kind, now_us);
  if (is_of_membership(kind)) {
    paces_.came(kind, now_us);
    if (!host_->change_membership(kind)) return host_->plan_fault(kind, 0, kRetryUs, false);
    ++figures_.hits[size_t(kind)];
    paces_.opens(kind, now_us);
    return plan_next(kind);
  }
  // Want of space comes again once it has ended.
  const bool lasts = kind == FaultKind::kNoSpace;
  if (!aimed && !lasts) plan_next(kind);
  if (!lasts) came(kind, now_us, now_us);
  const std::vector<uint32_t> there = host_->in_service();
  if (there.empty()) return;
  if (kind == FaultKind::kCrashAll) {
    ++figures_.hits[size_t(kind)];
    for (const uint32_t one : there) host_->crash(one, crash_kind(kind), "crash of all");
    return;
  }
  if (!aimed) machine = there[size_t(how(kind).below(Decision::kTarget, there.size()))];
  if (!host_->machine(machine).up() && kind != FaultKind::kClockStep && !lasts) return;
  ++figures_.hits[size_t(kind)];
  strike(kind, machine, now_us);
}

void FaultInjector::end(FaultKind kind, uint32_t machine, uint64_t now_us) {
  if (is_of_network(kind)) {
    network_.end(kind);
    --disturbed_;
    disturbed_until_us_ = now_us;
  } else {
    sick_[machine].no_space = false;
    sick_[machine].no_space_until_us = now_us;
    host_->machine(machine).disk().set_space(SimDiskImage::Space::kPlenty);
  }
  host_->note_fault(kind, "over");
  plan_next(kind);
}

void FaultInjector::strike_network(FaultKind kind, uint64_t now_us) {
  const uint64_t for_us = 50'000 + draw_length(how(kind), 150'000, kNetworkFaultUsMax, 1'500'000);
  const std::string what = network_.begin(kind, host_->in_service(), now_us + for_us);
  paces_.came(kind, now_us);
  if (what.empty()) return host_->plan_fault(kind, 0, kRetryUs, false);
  paces_.opens(kind, now_us + for_us);
  ++figures_.hits[size_t(kind)];
  ++disturbed_;
  host_->note_fault(kind, what + " for " + std::to_string(for_us) + " us", for_us);
  host_->plan_fault(kind, 0, for_us, true);
}

void FaultInjector::stall(uint64_t now_us, uint64_t for_us) {
  if (now_us > stalled_until_us_) stalled_from_us_ = now_us;
  stalled_until_us_ = std::max(stalled_until_us_, now_us + for_us);
}

void FaultInjector::strike(FaultKind kind, uint32_t machine, uint64_t now_us) {
  SimNode& node = host_->machine(machine);
  const std::string where = " at n" + std::to_string(machine);
  switch (kind) {
    case FaultKind::kCrash:
      return host_->crash(machine, SimDiskImage::Crash::kKill, "crash");
    case FaultKind::kPowerLoss:
      return host_->crash(machine, SimDiskImage::Crash::kPowerLoss, "power loss");
    case FaultKind::kAimedCrash:
      return host_->crash(machine, crash_kind(kind), "aimed crash");
    case FaultKind::kClockStep:
      return step_clock(machine);
    case FaultKind::kClockDrift: {
      const int32_t ppm = int32_t(how(kind).below(Decision::kClockDrift, 1001)) - 500;
      node.time().drift(ppm);
      return host_->note_fault(kind, std::to_string(ppm) + " ppm" + where);
    }
    case FaultKind::kPause: {
      const uint64_t for_us = 1000 + draw_length(how(kind), 100'000, kPauseUsMax, 300'000);
      stall(now_us, for_us);
      node.pause(now_us + for_us);
      return host_->note_fault(kind, std::to_string(for_us) + " us" + where, for_us);
    }
    case FaultKind::kSlowDisk: {
      const uint64_t for_us = 1000 + draw_length(how(kind), 100'000, 3'000'000, 300'000);
      stall(now_us, for_us);
      node.disk().stall(now_us + for_us);
      return host_->note_fault(kind, std::to_string(for_us) + " us" + where, for_us);
    }
    case FaultKind::kNoSpace: {
      sick_[machine].no_space = true;
      const bool full = !limits_.buffered && how(kind).chance(Decision::kDiskIsFull, 100'000);
      const bool little = !full && how(kind).chance(Decision::kDiskIsBelowHalf, 300'000);
      node.disk().set_space(full     ? SimDiskImage::Space::kFull
                            : little ? SimDiskImage::Space::kBelowHalf
                                     : SimDiskImage::Space::kBelowReserve);
      const uint64_t for_us = 1 + how(kind).below(Decision::kDuration, 500'000);
      const char* const left = full     ? "full"
                               : little ? "below half of the reserve"
                                        : "below the reserve";
      host_->note_fault(kind, left + where, for_us);
      came(kind, now_us, now_us + for_us);
      return host_->plan_fault(kind, machine, for_us, true);
    }
    case FaultKind::kSyncFailure:
      node.disk().fail_next_write();
      return host_->note_fault(kind, "the next write fails" + where);
    case FaultKind::kReadError:
      sick_[machine].damaged = true;
      node.disk().fail_next_read();
      return host_->note_fault(kind, "the next read fails" + where);
    case FaultKind::kUpgrade: {
      // The drawn one, or the next that still waits for it.
      const std::vector<uint32_t> there = host_->in_service();
      const auto drawn = std::find(there.begin(), there.end(), machine);
      for (size_t i = 0; i < there.size(); ++i) {
        const uint32_t one = there[(size_t(drawn - there.begin()) + i) % there.size()];
        if (host_->machine(one).is_former()) return host_->upgrade(one);
      }
      return;
    }
    case FaultKind::kBitRot: {
      sick_[machine].damaged = true;
      const bool detected = how(kind).chance(Decision::kRotIsDetected, 800'000);
      const bool rotted = node.disk().rot(detected);
      return host_->note_fault(
          kind, (rotted ? (detected ? "detected" : "silent") : "nothing to rot") + where);
    }
    default:
      return;
  }
}

void FaultInjector::moment(uint32_t machine, Moment moment) {
  ++figures_.moments[size_t(moment)];
  if (!running_ || !figures_.on[size_t(FaultKind::kAimedCrash)]) return;
  const Choices choices =
      chooser_->stream(StreamKind::kMoment, machine * kMoments + uint32_t(moment));
  // Rare moments get as many hits as common ones.
  const bool rare = is_rare(moment);
  const uint32_t per_million = rare ? plan_.aimed_per_million * 50 : plan_.aimed_per_million;
  paces_.offered(FaultKind::kAimedCrash, std::min(per_million, 1'000'000u));
  if (!choices.chance(Decision::kAims, per_million)) return;
  ++figures_.moment_hits[size_t(moment)];
  const bool now = choices.chance(Decision::kAimsAtOnce, 500'000);
  const uint64_t in_us = now ? 0 : choices.below(Decision::kAimedDelay, kAimedDelayUsMax);
  host_->plan_fault(FaultKind::kAimedCrash, machine, in_us, false);
}

}  // namespace vordb::sim
