// What a simulated disk may do to its node: the kinds of faults, how often each comes by itself,
// and the counts that show that each was there and mattered. All rates start at zero; the world
// raises them within its fault budget and injects the rest (crashes, rot, lack of space, copies)
// itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace vordb::sim {

enum class DiskFault : uint8_t {
  kLostGroup,         // a crash took the group that was being written, wholly
  kTornGroup,         // a crash left half of a group in the log; recovery dropped it
  kKeptGroup,         // a crash kept a group that nobody had been told about
  kLostAcknowledged,  // `buffered`: a power loss took a group that the node had been told is
                      // durable
  kSyncFailure,       // a write or a sync failed: the process ended, its group is there or not
  kNoSpace,           // the reserve was touched
  kReadError,         // a read failed: Unavailable
  kDamage,            // rot that the disk's own checksum notices: DataLoss
  kSilentRot,         // rot that it does not notice: flipped bytes are served
  kStaleRead,         // a read that was answered later showed the moment when it was asked
  kSlow,              // the device stalled
  kRestored,          // the image was replaced by an older copy
  kWiped,             // the image was replaced by an empty one
  kOpenDamage,        // the store's own files were damaged: it does not open
};
inline constexpr int kDiskFaults = int(DiskFault::kOpenDamage) + 1;

// The name of a fault in reports, such as "lost_group".
const char* to_string(DiskFault fault);

// `injected`: how often it happened. `seen`: how often it changed what the node read (kSlow: when
// an answer came).
struct DiskFaultCount {
  uint64_t injected = 0;
  uint64_t seen = 0;
  bool operator==(const DiskFaultCount&) const = default;
};

struct DiskFaultCounts {
  std::array<DiskFaultCount, kDiskFaults> by_fault;

  DiskFaultCount& operator[](DiskFault fault) { return by_fault[size_t(fault)]; }
  const DiskFaultCount& operator[](DiskFault fault) const { return by_fault[size_t(fault)]; }
  void add(const DiskFaultCounts& other) {
    for (size_t i = 0; i < by_fault.size(); ++i) {
      by_fault[i].injected += other.by_fault[i].injected;
      by_fault[i].seen += other.by_fault[i].seen;
    }
  }
};

// May be changed at any time during a run. Times in virtual microseconds, both ends included; rates
// per million.
struct SimDiskKnobs {
  uint64_t write_us_min = 200;  // from the start of a group to its durability
  uint64_t write_us_max = 600;
  uint64_t read_us_min = 50;  // of a read that is not answered at once
  uint64_t read_us_max = 500;

  uint32_t late_reads = 100'000;  // of the reads: answered later, as of then or as of now
  uint32_t read_errors = 0;       // of the reads
  uint32_t sync_failures = 0;     // of the groups (`buffered`: and of the syncs)
  uint32_t rots = 0;              // of the groups: after it one durable record rots
  uint32_t silent_rots = 10'000;  // of the rots: the disk's own checksum does not notice
  uint32_t stalls = 0;            // of the groups and late reads
  uint64_t stall_us_max = 2'000'000;
};

}  // namespace vordb::sim
