// Group commit: one thread of the store, which puts all that was committed while one write was in
// flight into the next RocksDB write. One for all shards rather than one each: RocksDB lets one
// write at a time into its log anyway, and a group of all shards shares one fdatasync. So a node's
// groups have one order, the log's.
//
// A batch is never split over groups. A write or sync that fails ends the process.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "core/env/disk.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Status;
class WriteBatch;
}  // namespace rocksdb

namespace vordb::io {

class LogMarker;

// Where a shard's completions go. Kept alive by the operations that are under way; closed when the
// shard's disk goes.
class DiskChannel {
 public:
  // Called on the store's threads, never by two at once, with at least one event.
  using Deliver = std::function<void(std::vector<DiskEvent>)>;

  explicit DiskChannel(Deliver deliver);
  void deliver(std::vector<DiskEvent> events);
  // After it returns nothing is delivered any more.
  void close();

 private:
  std::mutex mutex_;
  Deliver deliver_;
};

class GroupCommit {
 public:
  struct Options {
    bool buffered = false;
    uint64_t sync_interval_ms = 1000;
  };
  struct Commit {
    std::shared_ptr<DiskChannel> channel;
    ActorId actor;
    OpId op;
    Batch batch;
  };
  using Fatal = std::function<void(std::string_view)>;

  // `db`, the families and `marker` outlive it. See RocksStore::Fatal.
  GroupCommit(rocksdb::DB& db, std::vector<rocksdb::ColumnFamilyHandle*> families, Options options,
              LogMarker& marker, Fatal fatal);
  // Writes what is queued, syncs, ends the thread.
  ~GroupCommit();

  // Takes the commits of one turn, in order, and leaves `turn` empty. Any thread.
  void enqueue(std::vector<Commit>& turn);

  // Writes and syncs on the caller's thread, beside the groups: before they matter. Not ok: the
  // batch is there or not.
  absl::Status write_now(const Batch& batch);

 private:
  void run();
  bool wait();
  void write(const std::vector<Commit>& group);
  void sync();
  void mark();
  void check(const rocksdb::Status& status, std::string_view what);

  rocksdb::DB& db_;
  const std::vector<rocksdb::ColumnFamilyHandle*> families_;
  const Options options_;
  LogMarker& marker_;
  const Fatal fatal_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Commit> queue_;  // under mutex_
  bool stop_ = false;          // under mutex_

  // Of the thread.
  std::vector<Commit> group_;
  std::unique_ptr<rocksdb::WriteBatch> write_;
  uint64_t unsynced_since_us_ = 0;  // 0: nothing is
  bool unmarked_ = false;           // what is synced is not in the log's mark yet
  uint64_t marked_us_ = 0;
  std::thread thread_;
};

}  // namespace vordb::io
