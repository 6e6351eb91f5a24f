// What a node's disk holds, how its writes become durable, and what may go wrong with it: the
// simulated twin of io/rocks_store.h. One a node; it outlives the node's processes. A value: the
// explorer copies it with the node.
//
// The fault model, and the real behaviour that each fault stands for:
// - One commit thread a node: what ends a turn while a group is being written goes into the next
// group, one atomic
//   write of all shards (io/group_commit.h). So groups have one order, the log's.
// - Crash while a group is written: it is lost (not yet in the log), torn (partly in the log:
// point-in-time recovery
//   drops it whole), or kept although nobody was told. What had not been started is lost.
//   Restarting flushes what recovery found, so a later power loss does not take it (RocksDB writes
//   recovered memtables to synced files).
// - `buffered`: a group counts as durable once the kernel has it. A kill -9 keeps it; a power loss
// takes a suffix of
//   the groups since the last periodic sync, in log order.
// - A write or sync fails (EIO, ENOSPC): the process ends, never retries; its group may or may not
// be there, because
//   the kernel drops dirty pages after a failed fsync or not.
// - Rot: a run of neighbours (a block) fails its checksum until it is overwritten, or, rarely,
// flipped bytes are served.
// - Reads fail with EIO, stall, or come later than what was written meanwhile.
// - An administrator restores an older copy, clones a disk (restore() of another image's copy), or
// replaces it (wipe()).
// - The store's own files are damaged, or the device is too full to open it: open() fails.
// - A log damaged before its end: recovery reports it (damage_store()) or, in the newest log,
// silently stops there:
//   then the node has an older past of its own, which is restore() of a copy.
// Not modelled: writes that the device acknowledged and lost; rot in keys; damage healed or spread
// by compaction; running out of file descriptors.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "core/env/disk.h"
#include "sim/bound.h"
#include "sim/chooser.h"
#include "sim/sim_disk_faults.h"
#include "sim/sim_records.h"

namespace vordb::sim {

struct SimDiskOptions {
  uint16_t column_families = 16;  // for data; the meta family comes on top
  bool buffered = false;
  uint64_t sync_interval_us = 1'000'000;  // `buffered` only
  uint32_t machine = 0;                   // that it belongs to: others make other choices
};

// An event for one shard of the node.
struct SimDiskEvent {
  uint16_t shard = 0;
  DiskEvent event;
};

class SimDiskImage {
 public:
  static constexpr uint64_t kNever = UINT64_MAX;

  enum class Crash : uint8_t { kKill, kPowerLoss };
  enum class Space : uint8_t { kPlenty, kBelowReserve, kBelowHalf, kFull };  // kFull: a write fails

  // `now_us`: the world's virtual time.
  SimDiskImage(SimDiskOptions options, Chooser& chooser, const uint64_t& now_us);
  // For a copy that shall live in another world.
  void attach(Chooser& chooser, const uint64_t& now_us);

  // ---- The driver. After anything that may have called the node's Disk, look at next_due_us();
  // when virtual time is there, advance(), and bring the events to their shards in this order.
  uint64_t next_due_us() const;
  // Does all that is due. False: a write or sync failed, and the driver must crash(kKill) the node
  // at once; events appended before are lost with it.
  [[nodiscard]] bool advance(std::vector<SimDiskEvent>& events);
  // For the explorer, which knows no time: the write in flight, or the oldest late read, completes
  // now.
  bool writing() const { return !in_flight_.empty(); }
  [[nodiscard]] bool finish_write(std::vector<SimDiskEvent>& events);
  bool reading() const { return !late_reads_.empty(); }
  void finish_read(std::vector<SimDiskEvent>& events);

  // ---- The node's process. Make the node's SimDisks anew after each crash: the old ones belong to
  // the old life. Call before the node starts. Not ok: it cannot open its store (DataLoss, or
  // Unavailable for want of space).
  absl::Status open();
  // The process ends, by itself or with its machine; the Chooser says what of the unfinished is
  // found again. A process that stops in good order is a kKill while nothing is in flight.
  void crash(Crash kind);
  // The same with the choice made: of the `groups_at_risk`, in log order, the first `kept` stay;
  // `torn`: the next is found in pieces.
  size_t groups_at_risk(Crash kind) const;
  void crash_keeping(Crash kind, size_t kept, bool torn);
  uint64_t life() const { return life_; }

  // ---- Faults.
  SimDiskKnobs& knobs() { return knobs_; }
  const DiskFaultCounts& counts() const { return counts_; }
  void set_space(Space space);
  // No write or late read completes before `until_us`.
  void stall(uint64_t until_us);
  // One durable record rots; `detected`: the disk's own checksum will notice. False when there is
  // none to rot.
  bool rot(bool detected);
  // The next group (`buffered`: or sync) fails.
  void fail_next_write() { fail_next_write_ = true; }
  // The next read that needs the device fails.
  void fail_next_read() { fail_next_read_ = true; }
  // The store does not open until wiped or restored. Only between crash and open().
  void damage_store();
  // Only between crash and open(). A copy may be taken at any time and costs little; it is what a
  // crash now would keep at least (`buffered` too).
  SimRecords copy() const { return records_; }
  void restore(SimRecords older);
  void wipe();

  // ---- Oracles, which look at the disk without the node and without counting as reads.
  const SimRecords& records() const { return records_; }
  // Over all that the node's future can depend on.
  std::pair<uint64_t, uint64_t> fingerprint() const;

 private:
  friend class SimDisk;

  struct Commit {
    uint16_t shard;
    ActorId actor;
    OpId op;
    Batch batch;
  };
  using Group = std::vector<Commit>;
  struct LateRead {
    uint16_t shard;
    ActorId actor;
    OpId op;
    ReadRequest request;
    std::optional<ReadResult>
        held;         // the result as of the question; else it is made as of the answer
    uint64_t groups;  // how many had been written when it was asked
    uint64_t due_us;
  };

  // SimDisk's half.
  void enqueue(Group&& turn);
  std::optional<ReadResult> read(uint16_t shard, ActorId actor, OpId op,
                                 const ReadRequest& request);
  ReadResult read_at_start(const ReadRequest& request);
  absl::Status commit_at_start(const Batch& batch);
  SnapshotId open_snapshot();
  void close_snapshot(SnapshotId snapshot);
  FreeSpace free_space();

  bool chance(Decision decision, uint32_t per_million) const {
    return per_million != 0 && choices_.chance(decision, per_million);
  }
  uint64_t due_in(Decision decision, uint64_t min_us, uint64_t max_us);
  void begin_write();
  void apply(const Batch& batch, std::vector<SimRecords::Undo>* undo);
  void apply(const Group& group);
  bool write_fails();
  bool sync();
  bool read_fails();
  ReadResult read_records(const ReadRequest& request);
  void mark(Family family, std::string_view key, DiskFault fault);
  void mark_lost(const Group& group, DiskFault fault);
  void mark_kept(const Group& group);
  void unmark(const Batch::Write& write);
  void note_read(const ReadRequest& request, const ReadResult& result);
  void replace(SimRecords records, DiskFault fault);

  SimDiskOptions options_;
  Choices choices_;
  Bound<const uint64_t> now_us_;
  SimDiskKnobs knobs_;
  DiskFaultCounts counts_;

  SimRecords records_;
  Group queue_;      // ended turns that wait for the write in flight
  Group in_flight_;  // the group that is being written
  uint64_t write_due_us_ = kNever;
  std::vector<std::vector<SimRecords::Undo>>
      unsynced_;  // `buffered`: one a group since the last sync
  uint64_t sync_due_us_ = kNever;
  std::deque<LateRead> late_reads_;
  std::map<SnapshotId, SimRecords> snapshots_;
  SnapshotId last_snapshot_ = 0;

  uint64_t life_ = 1;
  uint64_t groups_written_ = 0;
  Space space_ = Space::kPlenty;
  uint64_t stalled_until_us_ = 0;
  bool fail_next_write_ = false;
  bool fail_next_read_ = false;
  bool store_damaged_ = false;
  std::optional<DiskFault> died_of_;  // the write failed, and the crash that follows is its doing

  // Records that a fault changed and that the node has not read since: how `seen` is counted.
  absl::btree_map<std::pair<Family, std::string>, DiskFault> marks_;
};

}  // namespace vordb::sim
