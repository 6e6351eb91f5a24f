// Looks at a node's disk behind the node's back: what is durable must be sound whatever the node
// says about it.
//
// Checked on every look: each record has its checksum; a dot belongs to one key; a dot that an
// entry holds is in its vnode's clock, which never shrinks. Checked at an acknowledgement: the
// value is there, or a later one. Not checked: records that the simulator itself has let rot, and
// counters' sums.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/crdt/dot.h"
#include "core/crdt/vnode_clock.h"
#include "core/ids.h"
#include "sim/findings.h"
#include "sim/sim_disk_image.h"

namespace vordb::sim {

class DiskOracle {
 public:
  explicit DiskOracle(Findings& findings) : findings_(findings) {}

  void look(const SimDiskImage& disk);

  // A put of `value` under `key` of a default bucket was acknowledged with this timestamp.
  void acknowledged(const SimDiskImage& disk, BucketId bucket, const std::string& key,
                    const std::string& value, uint64_t timestamp_ms);

 private:
  void check_states(const SimDiskImage& disk);
  void check_entries(const SimDiskImage& disk);
  void check_dot(const crdt::Dot& dot, PlacementId placement, BucketId bucket,
                 std::string_view key);

  Findings& findings_;
  std::map<PlacementId, crdt::VnodeClock> clocks_;
  // Whose each dot is: of the key, not of the entry, for one mutation may touch several entries of
  // a key. Dots of one replica id belong to one placement.
  std::map<crdt::Dot, uint64_t> owners_;
};

}  // namespace vordb::sim
