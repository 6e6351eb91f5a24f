// The simulated side of the Disk door: one shard's view of its node's SimDiskImage, for one life of
// the node's process. The image holds the data, the fault model and the driver's interface; see
// sim/sim_disk_image.h.
#pragma once

#include <cstdint>
#include <optional>

#include "core/env/disk.h"
#include "sim/bound.h"
#include "sim/sim_disk_image.h"

namespace vordb::sim {

class SimDisk : public Disk {
 public:
  // `image` outlives the disk. After image.crash() this object is dead and asserts when used.
  SimDisk(SimDiskImage& image, uint16_t shard);

  // For a copy that shall live in another world.
  void attach(SimDiskImage& image) { image_.bind(image); }

  void commit(ActorId actor, OpId op, Batch batch) override;
  void end_turn() override;
  std::optional<ReadResult> read(ActorId actor, OpId op, const ReadRequest& request) override;
  ReadResult read_at_start(const ReadRequest& request) override;
  absl::Status commit_at_start(const Batch& batch) override;
  SnapshotId open_snapshot() override;
  void close_snapshot(SnapshotId snapshot) override;
  FreeSpace free_space() override;

 private:
  SimDiskImage& live() const;

  Bound<SimDiskImage> image_;
  uint16_t shard_;
  uint64_t life_;
  SimDiskImage::Group turn_;  // committed since the last end_turn()
};

}  // namespace vordb::sim
