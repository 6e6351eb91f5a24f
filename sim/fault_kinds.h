// The faults that a run may inject, and how often. Each stands for something that real machines do;
// what a fault of the disk means exactly is told in sim/sim_disk.h.
#pragma once

#include <array>
#include <cstdint>

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
};
inline constexpr int kFaultKinds = int(FaultKind::kBitRot) + 1;
const char* to_string(FaultKind kind);

// Where a crash hurts most.
enum class Moment : uint8_t {
  kCommitQueued,   // a batch is on its way to the disk
  kDurable,        // it is durable, and the node does not know yet
  kAnswered,       // an acknowledgement has just left
  kStarting,       // between two steps of a start
  kPurging,        // expired data is being removed
  kBucketChanged,  // a configuration was just handed to the shards
};
inline constexpr int kMoments = int(Moment::kBucketChanged) + 1;
const char* to_string(Moment moment);

struct FaultPlan {
  // The mean time between two faults of a kind; 0: never. Of kAimedCrash: hits in a million of such
  // moments.
  std::array<uint64_t, kFaultKinds> every_ms{};
  uint32_t aimed_per_million = 0;
  // Each kind wholly off in half of the runs.
  bool swarm = true;
};

}  // namespace vordb::sim
