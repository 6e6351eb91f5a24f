// The life of a simulated disk while nothing breaks: groups, late reads, snapshots, virtual time.
#include "sim/sim_disk_image.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "core/fingerprint.h"

namespace vordb::sim {

SimDiskImage::SimDiskImage(SimDiskOptions options, Chooser& chooser, const uint64_t& now_us)
    : options_(options),
      choices_(chooser, {StreamKind::kDisk, options.machine}),
      now_us_(now_us),
      records_(uint16_t(options.column_families + 1)) {}

void SimDiskImage::attach(Chooser& chooser, const uint64_t& now_us) {
  choices_.bind(chooser);
  now_us_.bind(now_us);
}

uint64_t SimDiskImage::next_due_us() const {
  uint64_t due_us = std::min(write_due_us_, sync_due_us_);
  for (const LateRead& read : late_reads_) due_us = std::min(due_us, read.due_us);
  return due_us;
}

bool SimDiskImage::advance(std::vector<SimDiskEvent>& events) {
  for (;;) {
    const uint64_t due_us = next_due_us();
    if (due_us > *now_us_) return true;
    if (sync_due_us_ == due_us) {
      if (!sync()) return false;
    } else if (write_due_us_ == due_us) {
      if (!finish_write(events)) return false;
    } else {
      const auto due = [due_us](const LateRead& read) { return read.due_us == due_us; };
      const auto at = std::find_if(late_reads_.begin(), late_reads_.end(), due);
      std::rotate(late_reads_.begin(), at, at + 1);
      finish_read(events);
    }
  }
}

bool SimDiskImage::finish_write(std::vector<SimDiskEvent>& events) {
  VORDB_ASSERT(writing(), "there is a write to finish");
  if (write_fails()) return false;
  const Group group = std::move(in_flight_);
  in_flight_.clear();
  write_due_us_ = kNever;
  apply(group);
  for (const Commit& commit : group) {
    events.push_back({commit.shard, {DiskEvent::Kind::kCommitted, commit.actor, commit.op, {}}});
  }
  if (options_.buffered && sync_due_us_ == kNever) {
    sync_due_us_ = *now_us_ + options_.sync_interval_us;
  }
  if (chance(Decision::kRots, knobs_.rots)) {
    const bool silent = chance(Decision::kRotIsSilent, knobs_.silent_rots);
    rot(!silent);
  }
  begin_write();
  return true;
}

void SimDiskImage::finish_read(std::vector<SimDiskEvent>& events) {
  VORDB_ASSERT(reading(), "there is a read to finish");
  LateRead read = std::move(late_reads_.front());
  late_reads_.pop_front();
  if (!read.held) {
    read.held = read_records(read.request);
  } else if (read.held->status.ok() && read.request.snapshot == 0 &&
             read.groups != groups_written_) {
    const ReadResult now = records_.read(read.request);
    const bool stale = now.records != read.held->records || now.status != read.held->status;
    if (stale) ++counts_[DiskFault::kStaleRead].seen;
  }
  events.push_back(
      {read.shard, {DiskEvent::Kind::kRead, read.actor, read.op, std::move(*read.held)}});
}

void SimDiskImage::enqueue(Group&& turn) {
  queue_.insert(queue_.end(), std::make_move_iterator(turn.begin()),
                std::make_move_iterator(turn.end()));
  begin_write();
}

// The commit thread: takes all that waits, unless it is writing.
void SimDiskImage::begin_write() {
  if (writing() || queue_.empty()) return;
  in_flight_.swap(queue_);
  write_due_us_ = due_in(Decision::kWriteTime, knobs_.write_us_min, knobs_.write_us_max);
}

void SimDiskImage::apply(const Group& group) {
  std::vector<SimRecords::Undo>* undo = nullptr;
  if (options_.buffered) undo = &unsynced_.emplace_back();
  for (const Commit& commit : group) apply(commit.batch, undo);
  ++groups_written_;
}

void SimDiskImage::apply(const Batch& batch, std::vector<SimRecords::Undo>* undo) {
  batch.for_each([&](const Batch::Write& write) {
    if (!marks_.empty()) unmark(write);
    records_.apply(write, undo);
  });
}

bool SimDiskImage::sync() {
  sync_due_us_ = kNever;
  if (write_fails()) return false;
  unsynced_.clear();
  return true;
}

uint64_t SimDiskImage::due_in(Decision decision, uint64_t min_us, uint64_t max_us) {
  uint64_t due_us = std::max(*now_us_, stalled_until_us_);
  if (due_us != *now_us_) ++counts_[DiskFault::kSlow].seen;
  due_us += choices_.between(decision, min_us, max_us);
  if (chance(Decision::kDiskStalls, knobs_.stalls)) {
    ++counts_[DiskFault::kSlow].injected;
    ++counts_[DiskFault::kSlow].seen;
    due_us += choices_.between(Decision::kStallTime, 0, knobs_.stall_us_max);
  }
  return due_us;
}

// What is at once at hand comes at once: most of the time. What fails, and what is damaged, is
// found out on the device.
std::optional<ReadResult> SimDiskImage::read(uint16_t shard, ActorId actor, OpId op,
                                             const ReadRequest& request) {
  const bool late = chance(Decision::kReadIsLate, knobs_.late_reads);
  ReadResult result = read_records(request);
  if (!late && result.status.ok()) return result;
  const bool as_of_question = !result.status.ok() || request.snapshot != 0 ||
                              choices_.below(Decision::kReadAsOfQuestion, 2) == 0;
  const uint64_t due_us = due_in(Decision::kReadTime, knobs_.read_us_min, knobs_.read_us_max);
  LateRead& read = late_reads_.emplace_back(
      LateRead{shard, actor, op, request, std::nullopt, groups_written_, due_us});
  if (as_of_question) {
    if (result.status.ok()) ++counts_[DiskFault::kStaleRead].injected;
    read.held = std::move(result);
  }
  return std::nullopt;
}

ReadResult SimDiskImage::read_at_start(const ReadRequest& request) { return read_records(request); }

absl::Status SimDiskImage::commit_at_start(const Batch& batch) {
  const bool fails = write_fails();
  if (!fails || choices_.below(Decision::kStartCommitIsKept, 2) == 0) apply(batch, nullptr);
  if (fails) return absl::UnavailableError("simulated failure of a write");
  // It is synced even when `buffered`, and a sync takes all before it along.
  unsynced_.clear();
  sync_due_us_ = kNever;
  return absl::OkStatus();
}

ReadResult SimDiskImage::read_records(const ReadRequest& request) {
  if (read_fails()) {
    ReadResult result;
    result.status = absl::UnavailableError("family " + std::to_string(request.family) +
                                           ": simulated I/O error");
    return result;
  }
  const SimRecords* records = &records_;
  if (request.snapshot != 0) {
    const auto at = snapshots_.find(request.snapshot);
    VORDB_ASSERT(at != snapshots_.end(), "a read names a snapshot that is open");
    records = &at->second;
  }
  ReadResult result = records->read(request);
  if (!marks_.empty() && request.snapshot == 0) note_read(request, result);
  return result;
}

SnapshotId SimDiskImage::open_snapshot() {
  snapshots_.emplace(++last_snapshot_, records_);
  return last_snapshot_;
}

void SimDiskImage::close_snapshot(SnapshotId snapshot) {
  const size_t closed = snapshots_.erase(snapshot);
  VORDB_ASSERT(closed == 1, "a snapshot is closed once");
}

FreeSpace SimDiskImage::free_space() {
  if (space_ == Space::kPlenty) return FreeSpace::kEnough;
  ++counts_[DiskFault::kNoSpace].seen;
  return space_ == Space::kBelowReserve ? FreeSpace::kLow : FreeSpace::kLittle;
}

std::pair<uint64_t, uint64_t> SimDiskImage::fingerprint() const {
  Fingerprint all;
  const auto add_records = [&all](const SimRecords& records) {
    all.add(records.digest().first);
    all.add(records.digest().second);
  };
  const auto add_operation = [&all](uint16_t shard, const ActorId& actor, OpId op) {
    all.add(uint64_t{shard} << 48 | uint64_t(actor.kind) << 40 | uint64_t{actor.shard} << 24 |
            uint64_t{actor.placement.n} << 16 | actor.placement.partition);
    all.add(op);
  };
  add_records(records_);
  for (const Group* group : {&in_flight_, &queue_}) {
    all.add(group->size());
    for (const Commit& commit : *group) {
      add_operation(commit.shard, commit.actor, commit.op);
      all.add(commit.batch.rep());
    }
  }
  all.add(late_reads_.size());
  for (const LateRead& read : late_reads_) {
    add_operation(read.shard, read.actor, read.op);
    all.add(read.request.family);
    all.add(read.request.begin);
    all.add(read.request.end);
    all.add(read.request.snapshot);
    all.add(read.held.has_value());
    if (!read.held) continue;
    all.add(int(read.held->status.code()));
    for (const Record& record : read.held->records) {
      all.add(record.key);
      all.add(record.value);
    }
  }
  for (const auto& [id, records] : snapshots_) {
    all.add(id);
    add_records(records);
  }
  all.add(unsynced_.size());
  for (const bool flag : {fail_next_write_, fail_next_read_, store_damaged_}) all.add(flag);
  all.add(uint8_t(space_));
  return all.digest();
}

}  // namespace vordb::sim
