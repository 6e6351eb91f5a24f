#include "sim/sim_disk.h"

#include <utility>

#include "core/assert.h"

namespace vordb::sim {

SimDisk::SimDisk(SimDiskImage& image, uint16_t shard)
    : image_(image), shard_(shard), life_(image.life()) {}

SimDiskImage& SimDisk::live() const {
  VORDB_ASSERT(life_ == image_->life(), "a process uses no disk of an earlier life");
  return *image_;
}

void SimDisk::commit(ActorId actor, OpId op, Batch batch) {
  live();
  turn_.push_back({shard_, actor, op, std::move(batch)});
}

void SimDisk::end_turn() {
  if (turn_.empty()) return;
  live().enqueue(std::move(turn_));
  turn_.clear();
}

std::optional<ReadResult> SimDisk::read(ActorId actor, OpId op, const ReadRequest& request) {
  return live().read(shard_, actor, op, request);
}

ReadResult SimDisk::read_at_start(const ReadRequest& request) {
  return live().read_at_start(request);
}

absl::Status SimDisk::commit_at_start(const Batch& batch) { return live().commit_at_start(batch); }

SnapshotId SimDisk::open_snapshot() { return live().open_snapshot(); }

void SimDisk::close_snapshot(SnapshotId snapshot) { live().close_snapshot(snapshot); }

FreeSpace SimDisk::free_space() { return live().free_space(); }

}  // namespace vordb::sim
