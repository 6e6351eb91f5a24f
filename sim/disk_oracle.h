// Looks at the nodes' disks behind their backs: what is durable must be sound whatever the nodes
// say about it.
//
// Checked on every look: each record has its checksum; a dot belongs to one key, on all nodes; a
// dot that an entry holds is in its vnode's clock, which never shrinks. Checked at an
// acknowledgement: the value, or a later one, is on as many disks as the bucket's write quorum. Not
// checked: records that the simulator itself has let rot, and counters' sums.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/crdt/dot.h"
#include "core/crdt/vnode_clock.h"
#include "core/ids.h"
#include "core/vnode/stored_vnode.h"
#include "sim/bound.h"
#include "sim/findings.h"
#include "sim/sim_disk_image.h"

namespace vordb::sim {

class DiskOracle {
 public:
  explicit DiskOracle(Findings& findings) : findings_(findings) {}
  // For a copy that shall live in another world.
  void attach(Findings& findings) { findings_.bind(findings); }

  void look(uint32_t node, const SimDiskImage& disk);
  // The node's disk was replaced by another one, or by an older copy of itself.
  void disk_changed(uint32_t node);

  // A put of `value` under `key` of a default bucket was acknowledged with this timestamp: it must
  // be on `copies` of these disks.
  void acknowledged(std::span<const SimDiskImage* const> disks, uint32_t copies, BucketId bucket,
                    const std::string& key, const std::string& value, uint64_t timestamp_ms);

 private:
  enum class Held : uint8_t { kNo, kYes, kUnreadable };
  struct Vnode {  // as it was last seen
    crdt::VnodeClock clock;
    NodeNumber member = 0;
    uint64_t life = 0;
    bool synced = false;
    bool dropped = false;
  };

  void check_states(uint32_t node, const SimDiskImage& disk);
  void check_clock(uint32_t node, PlacementId id, vnode::StoredVnode stored);
  void check_entries(uint32_t node, const SimDiskImage& disk);
  void check_dot(const crdt::Dot& dot, uint32_t node, PlacementId placement, BucketId bucket,
                 std::string_view key);
  static std::string register_record_key(const SimDiskImage& disk, BucketId bucket,
                                         const std::string& key);
  static Held holds(const SimDiskImage& disk, BucketId bucket, const std::string& key,
                    const std::string& value, uint64_t timestamp_ms);

  Bound<Findings> findings_;
  std::map<std::pair<uint32_t, PlacementId>, Vnode> vnodes_;
  // Whose each dot is: of the key, not of the entry, for one mutation may touch several entries of
  // a key. Dots of one replica id belong to one placement.
  std::map<std::pair<PlacementId, crdt::Dot>, uint64_t>
      owners_;  // replica ids are a placement's own
};

}  // namespace vordb::sim
