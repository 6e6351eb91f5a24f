// The RocksDB database of one node process: opened once, shared by the RocksDisk of each shard. The
// production twin of sim/sim_disk_image.h.
//
// A directory belongs to one process at a time (LOCK). The column families are made at the first
// open and their number is on record in the store from then on. Durability: with fsync a write
// returns after its group's fdatasync; `buffered` returns when the kernel has it and syncs at
// intervals. What RocksDB finds damaged it reports and never serves.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/env/batch.h"
#include "core/env/disk.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Status;
}  // namespace rocksdb

namespace vordb::io {

class GroupCommit;
class LogMarker;
class ReadPool;

struct RocksStoreOptions {
  std::string directory;          // created when absent
  uint16_t column_families = 16;  // for data; the meta family comes on top
  uint64_t cf_write_buffer_size_mb = 4;
  uint64_t block_cache_size_mb = 512;
  uint64_t min_free_mb = 72;
  uint32_t max_open_files = 512;  // table files that stay open; others are opened when needed
  bool buffered = false;
  uint64_t sync_interval_ms = 1000;  // `buffered` only
  // Opens even when the logs have lost what they promised (io/rocks_log_check.h), without it.
  bool accept_log_loss = false;
  // Receives RocksDB's warnings and errors and what was cut from its logs, on any thread; they hold
  // no user data. May be null.
  std::function<void(std::string_view)> log;
};

// Of a family's damaged data DataLoss, of any other failure Unavailable; the text names the family
// and RocksDB's file, never user data.
absl::Status to_absl(const rocksdb::Status& status, Family family);

class RocksStore {
 public:
  // The exit code of a process whose disk failed (EX_IOERR).
  static constexpr int kExitCode = 74;

  // Receives the last words when a write or sync fails; the process exits after it returns. Called
  // on any thread.
  using Fatal = std::function<void(std::string_view)>;

  // FailedPrecondition: another process has the directory, or its families are fewer than asked
  // for. DataLoss: the store's files are damaged or missing, its logs included. Unavailable: any
  // other failure of the device. Takes as long as replaying at most 64 MiB of log.
  static absl::StatusOr<std::unique_ptr<RocksStore>> open(const RocksStoreOptions& options,
                                                          Fatal fatal);
  // Writes what was committed, syncs, closes. Every RocksDisk is gone before.
  ~RocksStore();
  RocksStore(const RocksStore&) = delete;
  RocksStore& operator=(const RocksStore&) = delete;

  // How many data families the store has: at least what open() was asked for.
  uint16_t column_families() const { return uint16_t(families_.size() - 1); }
  // What the file system has for us, against min_free_mb. Looks every 100 ms, and sooner where a
  // sixteenth of that was committed since. Any thread.
  FreeSpace free_space();
  void note_committed(uint64_t bytes) {
    committed_since_look_.fetch_add(bytes, std::memory_order_relaxed);
  }

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* family(Family family) const;
  GroupCommit& group_commit() { return *group_commit_; }
  ReadPool& read_pool() { return *read_pool_; }

 private:
  RocksStore(RocksStoreOptions options, Fatal fatal);
  absl::Status open_database();
  absl::StatusOr<std::string> look_at_logs() const;
  absl::Status check_database();
  absl::Status open_families(std::vector<std::string> names);
  absl::Status complete_families();
  absl::Status explain(const rocksdb::Status& status) const;
  absl::Status in_use() const;

  RocksStoreOptions options_;
  Fatal fatal_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* own_family_ = nullptr;   // the store's own records
  std::vector<rocksdb::ColumnFamilyHandle*> families_;  // by Family
  std::atomic<uint64_t> space_checked_us_{0};
  std::atomic<uint64_t> committed_since_look_{0};  // bytes
  std::atomic<FreeSpace> free_space_{FreeSpace::kEnough};
  std::unique_ptr<ReadPool> read_pool_;
  std::unique_ptr<LogMarker> log_marker_;
  std::unique_ptr<GroupCommit> group_commit_;
};

}  // namespace vordb::io
