#include "sim/memory_disk.h"

#include "core/assert.h"

namespace vordb::sim {

std::optional<ReadResult> MemoryDisk::read(ActorId actor, OpId op, const ReadRequest& request) {
  if (!reads_wait) return read_or_fail(request);
  waiting_.push_back({actor, op, request});
  return std::nullopt;
}

ReadResult MemoryDisk::read_or_fail(const ReadRequest& request) {
  if (fail_reads == 0) return read_records(request);
  --fail_reads;
  ReadResult result;
  result.status = absl::UnavailableError("the read failed");
  return result;
}

ReadResult MemoryDisk::read_records(const ReadRequest& request) const {
  const Records& from = request.snapshot == 0 ? records_ : snapshots_.at(request.snapshot);
  ReadResult result;
  if (request.is_point()) {
    const auto at = from.find({request.family, request.begin});
    if (at != from.end()) result.records.push_back(Record{at->first.second, at->second});
    return result;
  }
  uint64_t bytes = 0;
  for (auto at = from.lower_bound({request.family, request.begin});
       at != from.end() && at->first.first == request.family && at->first.second < request.end;
       ++at) {
    if (result.records.size() >= request.limit_records || bytes >= request.limit_bytes) {
      result.more = true;
      break;
    }
    bytes += at->first.second.size() + at->second.size();
    result.records.push_back(Record{at->first.second, at->second});
  }
  return result;
}

absl::Status MemoryDisk::commit_at_start(const Batch& batch) {
  apply(batch);
  return absl::OkStatus();
}

void MemoryDisk::apply(const Batch& batch) {
  batch.for_each([&](const Batch::Write& write) {
    const std::pair<Family, std::string> key{write.family, std::string(write.key)};
    switch (write.kind) {
      case Batch::Kind::kPut:
        records_[key] = std::string(write.value);
        break;
      case Batch::Kind::kDelete:
        records_.erase(key);
        break;
      case Batch::Kind::kDeleteRange:
        records_.erase(records_.lower_bound(key),
                       records_.lower_bound({write.family, std::string(write.value)}));
        break;
    }
  });
}

SnapshotId MemoryDisk::open_snapshot() {
  snapshots_[next_snapshot_] = records_;
  return next_snapshot_++;
}

DiskEvent MemoryDisk::make_durable() {
  VORDB_ASSERT(!pending_.empty(), "something is pending");
  Pending first = std::move(pending_.front());
  pending_.pop_front();
  apply(first.batch);
  DiskEvent event;
  event.kind = DiskEvent::Kind::kCommitted;
  event.actor = first.actor;
  event.op = first.op;
  return event;
}

std::vector<DiskEvent> MemoryDisk::take_reads() {
  std::vector<DiskEvent> events;
  for (const Waiting& waiting : std::exchange(waiting_, {})) {
    events.push_back(
        {DiskEvent::Kind::kRead, waiting.actor, waiting.op, read_or_fail(waiting.request)});
  }
  return events;
}

void MemoryDisk::crash() {
  pending_.clear();
  waiting_.clear();
  snapshots_.clear();
}

void MemoryDisk::wipe() {
  crash();
  records_.clear();
}

}  // namespace vordb::sim
