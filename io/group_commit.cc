#include "io/group_commit.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iterator>
#include <string>
#include <utility>

#include "core/assert.h"
#include "io/rocks_log_mark.h"
#include "io/rocks_store.h"
#include "io/steady_time.h"
#include "rocksdb/db.h"
#include "rocksdb/perf_level.h"
#include "rocksdb/write_batch.h"

namespace vordb::io {

namespace {

// A group of this size is rare; its buffer is given back.
constexpr size_t kKeptBufferBytes = 4 << 20;

// How far the log's mark may stay behind: it takes two syncs, which share the device with ours.
constexpr uint64_t kMarkIntervalUs = 1'000'000;

void append(const Batch& batch, const std::vector<rocksdb::ColumnFamilyHandle*>& families,
            rocksdb::WriteBatch& to) {
  const auto slice = [](std::string_view bytes) {
    return rocksdb::Slice(bytes.data(), bytes.size());
  };
  batch.for_each([&](const Batch::Write& write) {
    VORDB_ASSERT(write.family < families.size(), "the family exists");
    rocksdb::ColumnFamilyHandle* family = families[write.family];
    rocksdb::Status status;
    switch (write.kind) {
      case Batch::Kind::kPut:
        status = to.Put(family, slice(write.key), slice(write.value));
        break;
      case Batch::Kind::kDelete:
        status = to.Delete(family, slice(write.key));
        break;
      case Batch::Kind::kDeleteRange:
        // RocksDB takes a range whose end comes first and is confused by it.
        if (write.key >= write.value) break;
        status = to.DeleteRange(family, slice(write.key), slice(write.value));
        break;
    }
    VORDB_ASSERT(status.ok(), "a batch fits into a RocksDB batch");
  });
}

}  // namespace

DiskChannel::DiskChannel(Deliver deliver) : deliver_(std::move(deliver)) {}

void DiskChannel::deliver(std::vector<DiskEvent> events) {
  const std::lock_guard lock(mutex_);
  if (deliver_) deliver_(std::move(events));
}

void DiskChannel::close() {
  const std::lock_guard lock(mutex_);
  deliver_ = nullptr;
}

GroupCommit::GroupCommit(rocksdb::DB& db, std::vector<rocksdb::ColumnFamilyHandle*> families,
                         Options options, LogMarker& marker, Fatal fatal)
    : db_(db),
      families_(std::move(families)),
      options_(options),
      marker_(marker),
      fatal_(std::move(fatal)),
      write_(std::make_unique<rocksdb::WriteBatch>()),
      thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "commit");
}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void GroupCommit::enqueue(std::vector<Commit>& turn) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) {
      queue_.swap(turn);
    } else {
      std::move(turn.begin(), turn.end(), std::back_inserter(queue_));
    }
  }
  turn.clear();
  wake_.notify_one();
}

absl::Status GroupCommit::write_now(const Batch& batch) {
  rocksdb::WriteBatch write;
  append(batch, families_, write);
  rocksdb::WriteOptions options;
  options.sync = true;
  const rocksdb::Status status = db_.Write(options, &write);
  return status.ok() ? absl::OkStatus() : absl::UnavailableError(status.ToString());
}

void GroupCommit::run() {
  // Counting comparisons costs a tenth of the throughput.
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
  while (wait()) {
    if (!group_.empty()) write(group_);
    group_.clear();
    const uint64_t interval_us = options_.sync_interval_ms * 1000;
    if (unsynced_since_us_ != 0 && steady_us() - unsynced_since_us_ >= interval_us) sync();
    if (unmarked_ && unsynced_since_us_ == 0 && steady_us() - marked_us_ >= kMarkIntervalUs) mark();
  }
  if (unsynced_since_us_ != 0) sync();
  mark();
}

// Fills group_ with all that is queued. It stays empty when the time for a sync or a mark came
// first; false: the end.
bool GroupCommit::wait() {
  const auto ready = [this] { return stop_ || !queue_.empty(); };
  std::unique_lock lock(mutex_);
  if (unsynced_since_us_ != 0) {
    wake_.wait_for(lock, std::chrono::milliseconds(options_.sync_interval_ms), ready);
  } else if (unmarked_) {
    wake_.wait_for(lock, std::chrono::microseconds(kMarkIntervalUs), ready);
  } else {
    wake_.wait(lock, ready);
  }
  group_.swap(queue_);
  return !group_.empty() || !stop_;
}

void GroupCommit::write(const std::vector<Commit>& group) {
  write_->Clear();
  for (const Commit& commit : group) append(commit.batch, families_, *write_);
  rocksdb::WriteOptions options;
  options.sync = !options_.buffered;
  check(db_.Write(options, write_.get()), "write");
  if (options_.buffered && unsynced_since_us_ == 0) unsynced_since_us_ = steady_us();
  unmarked_ = true;
  if (write_->GetDataSize() > kKeptBufferBytes) write_ = std::make_unique<rocksdb::WriteBatch>();

  // One delivery a shard; a node has few.
  std::vector<std::pair<DiskChannel*, std::vector<DiskEvent>>> events;
  for (const Commit& commit : group) {
    const auto is_its = [&](const auto& entry) { return entry.first == commit.channel.get(); };
    auto at = std::find_if(events.begin(), events.end(), is_its);
    if (at == events.end()) {
      at = events.emplace(events.end(), commit.channel.get(), std::vector<DiskEvent>());
      at->second.reserve(group.size());
    }
    at->second.push_back({DiskEvent::Kind::kCommitted, commit.actor, commit.op, {}});
  }
  for (auto& entry : events) entry.first->deliver(std::move(entry.second));
}

void GroupCommit::sync() {
  check(db_.SyncWAL(), "sync");
  unsynced_since_us_ = 0;
}

void GroupCommit::mark() {
  marker_.mark();
  unmarked_ = false;
  marked_us_ = steady_us();
}

// After a failed write or sync nobody knows what the device holds, and a retry could be told a lie
// (the kernel marks pages clean that it could not write). Recovery finds out.
void GroupCommit::check(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return;
  if (fatal_) fatal_("the disk failed to " + std::string(what) + ": " + status.ToString());
  std::_Exit(RocksStore::kExitCode);
}

}  // namespace vordb::io
