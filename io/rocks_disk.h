// The production side of the Disk door: one shard's view of the node's RocksStore.
//
// Commits go to the store's commit thread (io/group_commit.h). A read is tried in memory on the
// shard's thread and goes to the store's read threads when a block must be fetched; then it sees
// what is durable when the thread gets to it, at the latest when its event is delivered.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/env/disk.h"
#include "io/group_commit.h"
#include "io/rocks_store.h"

namespace rocksdb {
class Snapshot;
}

namespace vordb::io {

class RocksDisk : public Disk {
 public:
  // `store` outlives the disk. `deliver` brings events to the shard: it is called on the store's
  // threads, once a group of commits and once a late read, and should only hand them over. It must
  // not destroy the disk.
  RocksDisk(RocksStore& store, DiskChannel::Deliver deliver);
  // What was committed is still written, but no event comes any more.
  ~RocksDisk() override;
  RocksDisk(const RocksDisk&) = delete;
  RocksDisk& operator=(const RocksDisk&) = delete;

  void commit(ActorId actor, OpId op, Batch batch) override;
  void end_turn() override;
  std::optional<ReadResult> read(ActorId actor, OpId op, const ReadRequest& request) override;
  ReadResult read_at_start(const ReadRequest& request) override;
  absl::Status commit_at_start(const Batch& batch) override;
  SnapshotId open_snapshot() override;
  void close_snapshot(SnapshotId snapshot) override;
  FreeSpace free_space() override;

 private:
  std::shared_ptr<const rocksdb::Snapshot> snapshot(SnapshotId id) const;

  RocksStore& store_;
  std::shared_ptr<DiskChannel> channel_;
  std::vector<GroupCommit::Commit> turn_;  // committed since the last end_turn()
  // Shared with the late reads that use them.
  std::map<SnapshotId, std::shared_ptr<const rocksdb::Snapshot>> snapshots_;
  SnapshotId last_snapshot_ = 0;
};

}  // namespace vordb::io
