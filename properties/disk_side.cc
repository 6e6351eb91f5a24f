#include "properties/disk_side.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "properties/disk_model.h"
#include "sim/chooser.h"
#include "sim/sim_disk.h"

namespace vordb::properties {

namespace {

class SimSide : public DiskSide {
 public:
  explicit SimSide(uint64_t seed)
      : seed_(seed),
        chooser_(seed),
        image_({.column_families = kFamilies - 1, .buffered = seed % 2 == 1}, chooser_, now_us_) {
    image_.knobs().late_reads = 300'000;
    make_disks();
  }

  std::string name() const override { return "sim " + std::to_string(seed_); }
  Disk& disk(uint16_t shard) override { return *disks_[shard]; }
  void reopen() override {
    image_.crash(sim::SimDiskImage::Crash::kKill);
    make_disks();
  }

 protected:
  void wait() override {
    std::vector<sim::SimDiskEvent> events;
    while (events.empty()) {
      VORDB_ASSERT(image_.writing() || image_.reading(), "something is under way");
      now_us_ = image_.next_due_us();
      VORDB_ASSERT(image_.advance(events), "no fault is on");
    }
    for (sim::SimDiskEvent& event : events) {
      arrived_.push_back({event.shard, std::move(event.event)});
    }
  }

 private:
  void make_disks() {
    disks_.clear();
    for (uint16_t shard = 0; shard < kShards; ++shard) {
      disks_.push_back(std::make_unique<sim::SimDisk>(image_, shard));
    }
  }

  uint64_t seed_;
  sim::Chooser chooser_;
  uint64_t now_us_ = 0;
  sim::SimDiskImage image_;
  std::vector<std::unique_ptr<sim::SimDisk>> disks_;
};

}  // namespace

std::unique_ptr<DiskSide> make_sim_side(uint64_t seed) { return std::make_unique<SimSide>(seed); }

DiskSide::Event DiskSide::next_event() {
  while (arrived_.empty()) wait();
  Event event = std::move(arrived_.front());
  arrived_.pop_front();
  return event;
}

void DiskSide::commit(uint16_t shard, OpId op, Batch batch) {
  disk(shard).commit(ActorId{}, op, std::move(batch));
  disk(shard).end_turn();
}

void DiskSide::commit_and_wait(uint16_t shard, Batch batch) {
  const OpId op = ++last_op_;
  commit(shard, op, std::move(batch));
  const Event event = next_event();
  VORDB_ASSERT(event.shard == shard && event.event.op == op, "nothing else was under way");
}

ReadResult DiskSide::read(uint16_t shard, const ReadRequest& request) {
  const OpId op = ++last_op_;
  if (std::optional<ReadResult> now = disk(shard).read(ActorId{}, op, request)) return *now;
  ++late_reads_;
  for (;;) {
    const auto is_it = [op](const Event& event) { return event.event.op == op; };
    const auto at = std::find_if(arrived_.begin(), arrived_.end(), is_it);
    if (at == arrived_.end()) {
      wait();
      continue;
    }
    VORDB_ASSERT(at->shard == shard && at->event.kind == DiskEvent::Kind::kRead, "it was a read");
    ReadResult result = std::move(at->event.result);
    arrived_.erase(at);
    return result;
  }
}

std::optional<uint64_t> numbered_prefix(DiskSide& side, uint64_t seed) {
  const uint64_t n = number_in(side.all(0, kMetaFamily));
  const DiskModel expected = after_numbered(seed, n, DiskSide::kFamilies);
  for (Family family = 0; family < DiskSide::kFamilies; ++family) {
    if (side.all(0, family) != expected.all(family)) return std::nullopt;
  }
  return n;
}

ReadRequest DiskSide::point(Family family, std::string key, SnapshotId snapshot) {
  ReadRequest request;
  request.family = family;
  request.begin = std::move(key);
  request.snapshot = snapshot;
  return request;
}

ReadRequest DiskSide::range(Family family, std::string begin, std::string end,
                            SnapshotId snapshot) {
  ReadRequest request = point(family, std::move(begin), snapshot);
  request.end = std::move(end);
  request.limit_records = UINT32_MAX;
  return request;
}

std::vector<Record> DiskSide::all(uint16_t shard, Family family) {
  return read(shard, range(family, "", "\xff\xff")).records;
}

}  // namespace vordb::properties
