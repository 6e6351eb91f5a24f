// A disk without faults of its own accord: what is committed becomes durable when its owner says
// so, in order, and a crash loses the rest. For set-ups that decide every step themselves; chaos
// runs use sim/sim_disk.h.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/env/disk.h"

namespace vordb::sim {

class MemoryDisk : public Disk {
 public:
  using Records = std::map<std::pair<Family, std::string>, std::string>;

  // Reads that are to arrive later instead of at once, until take_reads().
  bool reads_wait = false;
  // So many of the next reads end with an I/O error; those at the start are spared.
  uint32_t fail_reads = 0;
  FreeSpace space = FreeSpace::kEnough;

  void commit(ActorId actor, OpId op, Batch batch) override {
    pending_.push_back({actor, op, std::move(batch)});
  }
  void end_turn() override {}
  std::optional<ReadResult> read(ActorId actor, OpId op, const ReadRequest& request) override;
  ReadResult read_at_start(const ReadRequest& request) override { return read_records(request); }
  absl::Status commit_at_start(const Batch& batch) override;
  SnapshotId open_snapshot() override;
  void close_snapshot(SnapshotId snapshot) override { snapshots_.erase(snapshot); }
  FreeSpace free_space() override { return space; }

  size_t pending() const { return pending_.size(); }
  // In the newest batch that is not durable yet.
  uint32_t newest_writes() const { return pending_.empty() ? 0 : pending_.back().batch.writes(); }
  // Makes the oldest pending batch durable.
  DiskEvent make_durable();
  // The reads that wait, answered as of now.
  std::vector<DiskEvent> take_reads();
  // The process dies: what was not durable is gone.
  void crash();
  // The device is replaced by an empty one.
  void wipe();

  const Records& records() const { return records_; }
  Records& records() { return records_; }

 private:
  struct Pending {
    ActorId actor;
    OpId op;
    Batch batch;
  };
  struct Waiting {
    ActorId actor;
    OpId op;
    ReadRequest request;
  };

  ReadResult read_or_fail(const ReadRequest& request);
  ReadResult read_records(const ReadRequest& request) const;
  void apply(const Batch& batch);

  Records records_;
  std::deque<Pending> pending_;
  std::vector<Waiting> waiting_;
  std::map<SnapshotId, Records> snapshots_;
  SnapshotId next_snapshot_ = 1;
};

}  // namespace vordb::sim
