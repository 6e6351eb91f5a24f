// What breaks a simulated disk: crashes, failing writes and reads, rot, lack of space, other
// people's copies. And the marks on what a fault changed, by which a read shows that the fault
// mattered.
#include "sim/sim_disk_faults.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/assert.h"
#include "sim/sim_disk_image.h"

namespace vordb::sim {

namespace {

// A restored copy may differ in everything; so many differences are enough to see that it mattered.
constexpr size_t kMarksMax = 1024;
// About a block of small records.
constexpr uint64_t kDamagedRecordsMax = 4;

bool same_place(const SimRecord* one, const SimRecord& other) {
  return one != nullptr && one->value == other.value;
}

}  // namespace

const char* to_string(DiskFault fault) {
  switch (fault) {
    case DiskFault::kLostGroup:
      return "lost_group";
    case DiskFault::kTornGroup:
      return "torn_group";
    case DiskFault::kKeptGroup:
      return "kept_group";
    case DiskFault::kLostAcknowledged:
      return "lost_acknowledged";
    case DiskFault::kSyncFailure:
      return "sync_failure";
    case DiskFault::kNoSpace:
      return "no_space";
    case DiskFault::kReadError:
      return "read_error";
    case DiskFault::kDamage:
      return "damage";
    case DiskFault::kSilentRot:
      return "silent_rot";
    case DiskFault::kStaleRead:
      return "stale_read";
    case DiskFault::kSlow:
      return "slow";
    case DiskFault::kRestored:
      return "restored";
    case DiskFault::kWiped:
      return "wiped";
    case DiskFault::kOpenDamage:
      return "open_damage";
  }
  return "unknown";
}

bool SimDiskImage::write_fails() {
  if (space_ == Space::kFull) {
    ++counts_[DiskFault::kNoSpace].seen;
    died_of_ = DiskFault::kNoSpace;
    return true;
  }
  if (!fail_next_write_ && !chance(Decision::kWriteFails, knobs_.sync_failures)) return false;
  fail_next_write_ = false;
  ++counts_[DiskFault::kSyncFailure].injected;
  died_of_ = DiskFault::kSyncFailure;
  return true;
}

bool SimDiskImage::read_fails() {
  if (!fail_next_read_ && !chance(Decision::kReadFails, knobs_.read_errors)) return false;
  fail_next_read_ = false;
  ++counts_[DiskFault::kReadError].injected;
  ++counts_[DiskFault::kReadError].seen;
  return true;
}

absl::Status SimDiskImage::open() {
  if (store_damaged_) {
    ++counts_[DiskFault::kOpenDamage].seen;
    return absl::DataLossError("the store does not open: simulated damage");
  }
  if (space_ == Space::kFull) {
    ++counts_[DiskFault::kNoSpace].seen;
    return absl::UnavailableError("the store does not open: no space");
  }
  return absl::OkStatus();
}

// ---- Crashes

size_t SimDiskImage::groups_at_risk(Crash kind) const {
  // After a failed sync the kernel may have dropped the pages that it could not write.
  const bool pages_lost = kind == Crash::kPowerLoss || died_of_ == DiskFault::kSyncFailure;
  const size_t unsynced = pages_lost ? unsynced_.size() : 0;
  return unsynced + (writing() ? 1 : 0);
}

void SimDiskImage::crash(Crash kind) {
  const size_t at_risk = groups_at_risk(kind);
  size_t kept = 0;
  bool torn = false;
  if (at_risk != 0) {
    kept = choices_.below(Decision::kGroupsKept, at_risk + 1);
    torn = kept < at_risk && choices_.below(Decision::kGroupIsTorn, 2) == 0;
  }
  crash_keeping(kind, kept, torn);
}

void SimDiskImage::crash_keeping(Crash kind, size_t kept, bool torn) {
  const size_t at_risk = groups_at_risk(kind);
  VORDB_ASSERT(kept <= at_risk, "what is kept was there");
  VORDB_ASSERT(!torn || kept < at_risk, "what is torn was not kept");
  const size_t unsynced = at_risk - (writing() ? 1 : 0);
  if (writing()) {
    const DiskFault lost = torn && kept == unsynced ? DiskFault::kTornGroup : DiskFault::kLostGroup;
    if (kept == at_risk) {
      mark_kept(in_flight_);
    } else {
      mark_lost(in_flight_, died_of_.value_or(lost));
    }
  }
  for (size_t i = unsynced; i > kept; --i) {
    ++counts_[DiskFault::kLostAcknowledged].injected;
    if (torn && i == kept + 1) ++counts_[DiskFault::kTornGroup].injected;
    records_.undo(unsynced_.back());
    for (const SimRecords::Undo& undo : unsynced_.back()) {
      mark(undo.family, undo.key, DiskFault::kLostAcknowledged);
    }
    unsynced_.pop_back();
  }
  queue_.clear();
  in_flight_.clear();
  write_due_us_ = kNever;
  unsynced_.clear();
  sync_due_us_ = kNever;
  late_reads_.clear();
  snapshots_.clear();
  fail_next_read_ = false;
  fail_next_write_ = false;
  died_of_.reset();
  ++life_;
}

void SimDiskImage::mark_lost(const Group& group, DiskFault fault) {
  // A write that failed was counted when it did.
  if (!died_of_) ++counts_[fault].injected;
  for (const Commit& commit : group) {
    commit.batch.for_each([&](const Batch::Write& write) {
      const SimRecord* now = records_.find(write.family, write.key);
      const bool same = write.kind == Batch::Kind::kPut
                            ? now != nullptr && now->value == write.value
                            : now == nullptr;
      if (!same) mark(write.family, write.key, fault);
    });
  }
}

void SimDiskImage::mark_kept(const Group& group) {
  apply(group);
  const DiskFault fault = died_of_.value_or(DiskFault::kKeptGroup);
  if (!died_of_) ++counts_[fault].injected;
  for (const Commit& commit : group) {
    commit.batch.for_each([&](const Batch::Write& write) { mark(write.family, write.key, fault); });
  }
}

// ---- Space, time, rot

void SimDiskImage::set_space(Space space) {
  if (space != Space::kPlenty && space_ == Space::kPlenty) ++counts_[DiskFault::kNoSpace].injected;
  space_ = space;
}

void SimDiskImage::stall(uint64_t until_us) {
  ++counts_[DiskFault::kSlow].injected;
  stalled_until_us_ = std::max(stalled_until_us_, until_us);
  const auto delay = [&](uint64_t& due_us) {
    if (due_us == kNever || due_us >= until_us) return;
    due_us = until_us;
    ++counts_[DiskFault::kSlow].seen;
  };
  delay(write_due_us_);
  for (LateRead& read : late_reads_) delay(read.due_us);
}

bool SimDiskImage::rot(bool detected) {
  const uint64_t size = records_.size();
  if (size == 0) return false;
  uint64_t skip = choices_.below(Decision::kRotPlace, size);
  Family family = 0;
  for (; skip >= records_.family(family).size(); ++family) skip -= records_.family(family).size();

  // Whoever looks at the same bytes through a snapshot sees the same rot.
  const auto spoil = [this, family](const std::string& key, const SimRecord& from, SimRecord to) {
    for (auto& snapshot : snapshots_) {
      if (same_place(snapshot.second.find(family, key), from)) snapshot.second.set(family, key, to);
    }
    mark(family, key, to.rot == Rot::kSilent ? DiskFault::kSilentRot : DiskFault::kDamage);
    records_.set(family, key, std::move(to));
  };
  auto at = std::next(records_.family(family).begin(), ptrdiff_t(skip));
  if (!detected && !at->second.value.empty()) {
    const std::string key = at->first;
    const SimRecord from = at->second;
    SimRecord to{from.value, Rot::kSilent};
    const uint64_t bit = choices_.below(Decision::kRotBit, to.value.size() * 8);
    to.value[bit / 8] = char(uint8_t(to.value[bit / 8]) ^ uint8_t(1u << (bit % 8)));
    spoil(key, from, std::move(to));
    ++counts_[DiskFault::kSilentRot].injected;
    return true;
  }
  const uint64_t run = choices_.between(Decision::kRotLength, 1, kDamagedRecordsMax);
  std::vector<std::pair<std::string, SimRecord>> block;
  for (; block.size() < run && at != records_.family(family).end(); ++at) block.push_back(*at);
  for (const auto& record : block) {
    spoil(record.first, record.second, SimRecord{record.second.value, Rot::kDamaged});
  }
  ++counts_[DiskFault::kDamage].injected;
  return true;
}

// ---- Copies

void SimDiskImage::damage_store() {
  store_damaged_ = true;
  ++counts_[DiskFault::kOpenDamage].injected;
}

void SimDiskImage::restore(SimRecords older) {
  VORDB_ASSERT(older.families() == records_.families(), "a copy has the same families");
  replace(std::move(older), DiskFault::kRestored);
}

void SimDiskImage::wipe() { replace(SimRecords(records_.families()), DiskFault::kWiped); }

void SimDiskImage::replace(SimRecords records, DiskFault fault) {
  VORDB_ASSERT(!writing() && queue_.empty() && late_reads_.empty(), "the node is down");
  ++counts_[fault].injected;
  store_damaged_ = false;
  marks_.clear();
  const SimRecords before = std::exchange(records_, std::move(records));
  for (Family family = 0; family < records_.families(); ++family) {
    for (const auto& [key, record] : before.family(family)) {
      const SimRecord* now = records_.find(family, key);
      if (now == nullptr || *now != record) mark(family, key, fault);
      if (marks_.size() >= kMarksMax) return;
    }
  }
}

// ---- Marks

void SimDiskImage::mark(Family family, std::string_view key, DiskFault fault) {
  if (marks_.size() >= kMarksMax) return;
  marks_[{family, std::string(key)}] = fault;
}

void SimDiskImage::unmark(const Batch::Write& write) {
  const auto at = marks_.lower_bound({write.family, std::string(write.key)});
  if (write.kind != Batch::Kind::kDeleteRange) {
    if (at != marks_.end() && at->first.first == write.family && at->first.second == write.key) {
      marks_.erase(at);
    }
    return;
  }
  if (write.key >= write.value) return;
  marks_.erase(at, marks_.lower_bound({write.family, std::string(write.value)}));
}

void SimDiskImage::note_read(const ReadRequest& request, const ReadResult& result) {
  auto at = marks_.lower_bound({request.family, request.begin});
  if (request.is_point()) {
    if (at == marks_.end() || at->first != std::make_pair(request.family, request.begin)) return;
    ++counts_[at->second].seen;
    marks_.erase(at);
    return;
  }
  // A read that a limit ended says nothing of what lies behind its last record.
  const bool cut = result.more && !result.records.empty();
  const std::string& last = cut ? result.records.back().key : request.end;
  while (at != marks_.end() && at->first.first == request.family &&
         (at->first.second < last || (cut && at->first.second == last))) {
    ++counts_[at->second].seen;
    at = marks_.erase(at);
  }
}

}  // namespace vordb::sim
