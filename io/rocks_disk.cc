#include "io/rocks_disk.h"

#include <string_view>
#include <utility>

#include "core/assert.h"
#include "io/read_pool.h"
#include "rocksdb/db.h"
#include "rocksdb/snapshot.h"

namespace vordb::io {

namespace {

rocksdb::Slice slice(std::string_view bytes) { return rocksdb::Slice(bytes.data(), bytes.size()); }

rocksdb::Status read_point(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                           rocksdb::ColumnFamilyHandle* family, const ReadRequest& request,
                           ReadResult& result) {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = db.Get(options, family, slice(request.begin), &value);
  if (status.IsNotFound()) return rocksdb::Status::OK();
  if (status.ok()) result.records.push_back({request.begin, value.ToString()});
  return status;
}

rocksdb::Status read_range(rocksdb::DB& db, const rocksdb::ReadOptions& base,
                           rocksdb::ColumnFamilyHandle* family, const ReadRequest& request,
                           ReadResult& result) {
  if (request.begin >= request.end) return rocksdb::Status::OK();
  rocksdb::ReadOptions options = base;
  const rocksdb::Slice end = slice(request.end);
  options.iterate_upper_bound = &end;
  const std::unique_ptr<rocksdb::Iterator> at(db.NewIterator(options, family));
  uint64_t bytes = 0;
  for (at->Seek(slice(request.begin)); at->Valid(); at->Next()) {
    if (result.records.size() >= request.limit_records || bytes >= request.limit_bytes) {
      result.more = true;
      break;
    }
    result.records.push_back({at->key().ToString(), at->value().ToString()});
    bytes += at->key().size() + at->value().size();
  }
  return at->status();
}

// Nothing: a block must be fetched, and `tier` forbids it.
std::optional<ReadResult> read_store(RocksStore& store, const ReadRequest& request,
                                     const rocksdb::Snapshot* snapshot, rocksdb::ReadTier tier) {
  rocksdb::ReadOptions options;
  options.read_tier = tier;
  options.snapshot = snapshot;
  rocksdb::ColumnFamilyHandle* family = store.family(request.family);
  ReadResult result;
  const auto read = request.is_point() ? read_point : read_range;
  const rocksdb::Status status = read(store.db(), options, family, request, result);
  if (status.IsIncomplete()) return std::nullopt;
  if (!status.ok()) result = ReadResult{to_absl(status, request.family), {}, false};
  return result;
}

ReadResult read_device(RocksStore& store, const ReadRequest& request,
                       const rocksdb::Snapshot* snapshot) {
  std::optional<ReadResult> result =
      read_store(store, request, snapshot, rocksdb::ReadTier::kReadAllTier);
  VORDB_ASSERT(result.has_value(), "a read that may wait comes to an end");
  return std::move(*result);
}

}  // namespace

RocksDisk::RocksDisk(RocksStore& store, DiskChannel::Deliver deliver)
    : store_(store), channel_(std::make_shared<DiskChannel>(std::move(deliver))) {}

RocksDisk::~RocksDisk() {
  end_turn();
  channel_->close();
}

void RocksDisk::commit(ActorId actor, OpId op, Batch batch) {
  store_.note_committed(batch.rep().size());
  turn_.push_back({channel_, actor, op, std::move(batch)});
}

void RocksDisk::end_turn() {
  if (!turn_.empty()) store_.group_commit().enqueue(turn_);
}

std::optional<ReadResult> RocksDisk::read(ActorId actor, OpId op, const ReadRequest& request) {
  std::shared_ptr<const rocksdb::Snapshot> view = snapshot(request.snapshot);
  // Points only: where an iterator may not fetch a block, RocksDB 7.8 has been seen to end a range
  // early and call that its end, if another range was deleted in one of the files.
  if (request.is_point()) {
    std::optional<ReadResult> result =
        read_store(store_, request, view.get(), rocksdb::ReadTier::kBlockCacheTier);
    if (result) return result;
  }
  store_.read_pool().post([&store = store_, channel = channel_, actor, op, request,
                           view = std::move(view)] {
    std::vector<DiskEvent> events;
    events.push_back({DiskEvent::Kind::kRead, actor, op, read_device(store, request, view.get())});
    channel->deliver(std::move(events));
  });
  return std::nullopt;
}

ReadResult RocksDisk::read_at_start(const ReadRequest& request) {
  return read_device(store_, request, snapshot(request.snapshot).get());
}

absl::Status RocksDisk::commit_at_start(const Batch& batch) {
  return store_.group_commit().write_now(batch);
}

SnapshotId RocksDisk::open_snapshot() {
  rocksdb::DB& db = store_.db();
  snapshots_.emplace(++last_snapshot_,
                     std::shared_ptr<const rocksdb::Snapshot>(
                         db.GetSnapshot(), [&db](const rocksdb::Snapshot* snapshot) {
                           db.ReleaseSnapshot(snapshot);
                         }));
  return last_snapshot_;
}

void RocksDisk::close_snapshot(SnapshotId snapshot) {
  const size_t closed = snapshots_.erase(snapshot);
  VORDB_ASSERT(closed == 1, "a snapshot is closed once");
}

FreeSpace RocksDisk::free_space() { return store_.free_space(); }

// Null for "now".
std::shared_ptr<const rocksdb::Snapshot> RocksDisk::snapshot(SnapshotId id) const {
  if (id == 0) return nullptr;
  const auto at = snapshots_.find(id);
  VORDB_ASSERT(at != snapshots_.end(), "a read names a snapshot that is open");
  return at->second;
}

}  // namespace vordb::io
