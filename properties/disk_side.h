// One node's disk of either side, simulated or real, as the contract suite drives it: from one
// thread, two shards.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/env/disk.h"

namespace vordb::properties {

class DiskSide {
 public:
  static constexpr uint16_t kShards = 2;
  static constexpr uint16_t kFamilies = 4;  // with the meta family

  struct Event {
    uint16_t shard;
    DiskEvent event;
  };

  virtual ~DiskSide() = default;
  virtual std::string name() const = 0;
  virtual Disk& disk(uint16_t shard) = 0;
  // The process stops in good order and starts again. Nothing may be under way.
  virtual void reopen() = 0;

  // The oldest event not taken yet; waits for it. Something must be under way.
  Event next_event();

  // Commits and ends the turn.
  void commit(uint16_t shard, OpId op, Batch batch);
  // The same, and waits for its event, which must be the next one.
  void commit_and_wait(uint16_t shard, Batch batch);
  // At once or late; events of other operations stay for next_event().
  ReadResult read(uint16_t shard, const ReadRequest& request);
  uint64_t late_reads() const { return late_reads_; }

  static ReadRequest point(Family family, std::string key, SnapshotId snapshot = 0);
  static ReadRequest range(Family family, std::string begin, std::string end,
                           SnapshotId snapshot = 0);
  // Every record of the family whose key starts below "\xff\xff".
  std::vector<Record> all(uint16_t shard, Family family);

 protected:
  // Waits until something happens and appends it to `arrived_`.
  virtual void wait() = 0;

  std::deque<Event> arrived_;

 private:
  OpId last_op_ = 1'000'000;  // of the helpers; the cases number their own from 1
  uint64_t late_reads_ = 0;
};

// How many numbered batches (disk_model.h) the disk holds, by its own account; nothing when it
// holds anything else than exactly what these make.
std::optional<uint64_t> numbered_prefix(DiskSide& side, uint64_t seed);

std::unique_ptr<DiskSide> make_sim_side(uint64_t seed);
// In a temporary directory of its own.
std::unique_ptr<DiskSide> make_rocks_side(bool buffered);
// What each case of the contract runs on: the simulated disk with several seeds, RocksDB with both
// durabilities.
std::vector<std::unique_ptr<DiskSide>> make_all_sides();

}  // namespace vordb::properties
