// The faults that a run may inject, and how often. Each stands for something that real machines do;
// what a fault of the disk means exactly is told in sim/sim_disk.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/fields.h"

namespace vordb::sim {

enum class FaultKind : uint8_t {
  kCrash,        // kill -9: the process is gone, what the kernel has stays
  kPowerLoss,    // the machine is gone: what was not synced is kept, lost or torn
  kAimedCrash,   // either of the two at a moment that matters (Moment)
  kClockStep,    // the wall clock jumps, as an administrator or ntpd lets it
  kClockDrift,   // the clock runs fast or slow by up to 500 parts per million
  kPause,        // SIGSTOP, a virtual machine that moves: nothing runs for a while
  kSlowDisk,     // writes take long
  kNoSpace,      // the device is nearly full for a while
  kSyncFailure,  // a sync fails and the node must stop
  kReadError,    // a read returns an I/O error
  kBitRot,       // bytes at rest change
  // ---- of a cluster
  kCrashAll,    // every machine at once, each by either of the two
  kLoss,        // some links lose messages
  kDoubling,    // double them
  kReordering,  // bring them out of order
  kDelay,       // are slow
  kReset,       // break in the middle of a message, and lose what was under way
  kSplit,       // two halves do not hear one another
  kIsolate,     // one machine hears nobody
  kOneWay,      // a machine is not heard by another, but hears it
  kBridge,      // two halves, and one machine that hears both
  kRing,        // each machine hears two neighbours
  kClog,        // a machine's links hold everything for a while
  kWipe,        // a machine comes back with an empty disk and joins again
  kRestore,     // a machine comes back with an older copy of its disk
  // ---- of an operator
  kJoin,     // a new machine joins
  kLeave,    // one leaves, and is switched off as soon as it may
  kRemove,   // one dies for good and is removed
  kReplace,  // one dies for good and a new one takes its place
  kUpgrade,  // one that runs the former version is started with this one; all begin with that
};
inline constexpr int kFaultKinds = int(FaultKind::kUpgrade) + 1;
const char* to_string(FaultKind kind);
// The setting, of a scenario's `faults`, that says how often it comes.
std::string setting_of(FaultKind kind);

// Those that lie in the network, and last.
constexpr bool is_of_network(FaultKind kind) {
  return kind >= FaultKind::kLoss && kind <= FaultKind::kClog;
}
// Those of them that change what links do by chance.
constexpr bool is_weather(FaultKind kind) {
  return kind >= FaultKind::kLoss && kind <= FaultKind::kReset;
}
// Those that take a disk, or change who is a member.
constexpr bool is_of_membership(FaultKind kind) {
  return kind >= FaultKind::kWipe && kind <= FaultKind::kReplace;
}

// Where a crash hurts most.
enum class Moment : uint8_t {
  kCommitQueued,   // a batch is on its way to the disk
  kDurable,        // it is durable, and the node does not know yet
  kAnswered,       // an acknowledgement has just left
  kStarting,       // between two steps of a start
  kPurging,        // expired data is being removed
  kBucketChanged,  // a configuration was just handed to the shards
  // Something has just been sent:
  kGossiped,  // what another owner lacked
  kSnapshot,  // a part of a snapshot
  kRepaired,  // a request to push entries: read repair, write-back, the search for W holders
  kPromised,  // in a round of the configuration chain
  kAccepted,
  kChosen,    // a configuration
  kReported,  // of moves: what counts, what has been dropped
};
inline constexpr int kMoments = int(Moment::kReported) + 1;
constexpr bool is_rare(Moment moment) {
  switch (moment) {
    case Moment::kStarting:
    case Moment::kPurging:
    case Moment::kBucketChanged:
    case Moment::kSnapshot:
    case Moment::kPromised:
    case Moment::kAccepted:
    case Moment::kReported:
      return true;
    default:
      return false;
  }
}
const char* to_string(Moment moment);

// How long the faults last that end by themselves, at most.
inline constexpr uint64_t kPauseUsMax = 5'000'000;
inline constexpr uint64_t kNetworkFaultUsMax = 6'000'000;
// What a slow link adds to each message, at most.
inline constexpr uint32_t kSlowLinkUsMax = 400'000;

struct FaultPlan {
  // The mean time between two faults of a kind; 0: never. Of kAimedCrash: hits in a million of such
  // moments.
  std::array<uint64_t, kFaultKinds> every_ms{};
  uint32_t aimed_per_million = 0;
  // A process starts with up to so many knobs that are not as in production.
  uint32_t odd_knobs_max = 0;
  // So many of the places of core/env/buggify.h do what is rare in a run.
  uint32_t sites_per_million = 0;
  // Each kind, all odd knobs and all such places wholly off in half of the runs.
  bool swarm = true;
  VORDB_FIELDS(FaultPlan, every_ms, aimed_per_million, odd_knobs_max, sites_per_million, swarm)
};

// The wait for a fault is drawn evenly from 1 us to this; 0: it never comes by itself.
constexpr uint64_t longest_wait_us(const FaultPlan& plan, FaultKind kind) {
  return plan.every_ms[size_t(kind)] * 2000;
}

}  // namespace vordb::sim
