// Each fault of the simulated disk: that it does what sim/sim_disk_image.h says, that it is counted
// when it happens and when it matters, and that the same choices give the same disk. The contract
// that it shares with RocksDB is checked in properties/disk_contract_test.cc.
#include "sim/sim_disk.h"

#include <algorithm>
#include <memory>

#include <doctest/doctest.h>

namespace vordb::sim {
namespace {

using Crash = SimDiskImage::Crash;
using Space = SimDiskImage::Space;

Batch put(std::string_view key, std::string_view value, Family family = 1) {
  Batch batch;
  batch.put(family, key, value);
  return batch;
}

ReadRequest point(std::string key, Family family = 1) {
  ReadRequest request;
  request.family = family;
  request.begin = std::move(key);
  return request;
}

ReadRequest everything(Family family = 1) {
  ReadRequest request = point("", family);
  request.end = "\xff";
  request.limit_records = UINT32_MAX;
  return request;
}

// One node's disk with one shard, its time and its choices.
struct Node {
  explicit Node(uint64_t seed = 1, bool buffered = false)
      : chooser(seed), image({.column_families = 2, .buffered = buffered}, chooser, now_us) {
    image.knobs().late_reads = 0;
    disk = std::make_unique<SimDisk>(image, uint16_t{0});
  }

  void commit(Batch batch) {
    disk->commit(ActorId{}, ++op, std::move(batch));
    disk->end_turn();
  }
  // Lets time pass until the next thing is done.
  bool advance() {
    now_us = std::max(now_us, image.next_due_us());
    return image.advance(events);
  }
  void commit_durably(Batch batch) {
    commit(std::move(batch));
    while (image.writing()) REQUIRE(advance());
  }
  void restart(Crash kind) {
    image.crash(kind);
    disk = std::make_unique<SimDisk>(image, uint16_t{0});
  }
  void restart_keeping(Crash kind, size_t kept, bool torn) {
    image.crash_keeping(kind, kept, torn);
    disk = std::make_unique<SimDisk>(image, uint16_t{0});
  }
  std::string value(const std::string& key) {
    const ReadResult result = disk->read_at_start(point(key));
    REQUIRE(result.status.ok());
    return result.records.empty() ? "absent" : result.records[0].value;
  }
  DiskFaultCount count(DiskFault fault) { return image.counts()[fault]; }

  Chooser chooser;
  uint64_t now_us = 0;
  SimDiskImage image;
  std::unique_ptr<SimDisk> disk;
  OpId op = 0;
  std::vector<SimDiskEvent> events;
};

TEST_CASE("sim disk: what is committed while a group is written is the next group") {
  Node node;
  node.commit(put("a", "1"));
  node.commit(put("b", "2"));
  node.commit(put("c", "3"));
  CHECK(node.value("a") == "absent");
  REQUIRE(node.advance());
  CHECK(node.events.size() == 1);
  CHECK(node.value("a") == "1");
  CHECK(node.value("b") == "absent");
  REQUIRE(node.advance());
  CHECK(node.events.size() == 3);
  CHECK(node.value("c") == "3");
  CHECK(node.image.next_due_us() == SimDiskImage::kNever);
}

TEST_CASE("sim disk: a group takes its time, and nothing happens before") {
  Node node;
  node.image.knobs().write_us_min = 500;
  node.image.knobs().write_us_max = 500;
  node.commit(put("a", "1"));
  CHECK(node.image.next_due_us() == 500);
  node.now_us = 499;
  REQUIRE(node.image.advance(node.events));
  CHECK(node.events.empty());
  node.now_us = 500;
  REQUIRE(node.image.advance(node.events));
  CHECK(node.events.size() == 1);
}

TEST_CASE("sim disk: a crash keeps, loses or tears the group in flight, and takes what waits") {
  for (const int fate : {0, 1, 2}) {
    Node node;
    node.commit_durably(put("a", "old"));
    node.commit(put("a", "new"));
    node.commit(put("b", "waits"));
    CHECK(node.image.groups_at_risk(Crash::kKill) == 1);
    node.restart_keeping(Crash::kKill, fate == 0 ? 1 : 0, fate == 2);
    const DiskFault fault = fate == 0   ? DiskFault::kKeptGroup
                            : fate == 1 ? DiskFault::kLostGroup
                                        : DiskFault::kTornGroup;
    CHECK(node.count(fault) == DiskFaultCount{1, 0});
    CHECK(node.value("a") == (fate == 0 ? "new" : "old"));
    CHECK(node.value("b") == "absent");
    CHECK(node.count(fault) == DiskFaultCount{1, 1});
    CHECK(node.value("a") == (fate == 0 ? "new" : "old"));
    CHECK(node.count(fault) == DiskFaultCount{1, 1});
  }
}

TEST_CASE("sim disk: a lost group that changes nothing is not seen") {
  Node node;
  node.commit_durably(put("a", "same"));
  node.commit(put("a", "same"));
  node.restart_keeping(Crash::kKill, 0, false);
  CHECK(node.value("a") == "same");
  CHECK(node.count(DiskFault::kLostGroup) == DiskFaultCount{1, 0});
}

TEST_CASE("sim disk: fsync survives a power loss, buffered survives a kill and what was synced") {
  for (const bool buffered : {false, true}) {
    for (const Crash kind : {Crash::kKill, Crash::kPowerLoss}) {
      Node node(1, buffered);
      node.commit_durably(put("a", "1"));
      const bool at_risk = buffered && kind == Crash::kPowerLoss;
      CHECK(node.image.groups_at_risk(kind) == (at_risk ? 1 : 0));
      node.restart_keeping(kind, 0, false);
      CHECK(node.value("a") == (at_risk ? "absent" : "1"));
      CHECK(node.count(DiskFault::kLostAcknowledged).seen == (at_risk ? 1 : 0));
    }
  }
  Node node(1, true);
  node.commit_durably(put("a", "1"));
  REQUIRE(node.advance());  // the sync
  CHECK(node.image.groups_at_risk(Crash::kPowerLoss) == 0);
  node.commit_durably(put("a", "2"));
  node.restart_keeping(Crash::kPowerLoss, 0, false);
  CHECK(node.value("a") == "1");
}

TEST_CASE("sim disk: a power loss takes buffered groups back exactly, erased ranges too") {
  Node node(1, true);
  node.commit_durably(put("a", "1"));
  node.commit_durably(put("b", "1"));
  REQUIRE(node.advance());
  const SimRecords synced = node.image.copy();
  Batch batch;
  batch.put(1, "c", "2");
  batch.erase_range(1, "a", "z");
  batch.put(1, "b", "3");
  batch.erase(1, "b");
  node.commit_durably(batch);
  node.commit_durably(put("a", "4"));
  CHECK(node.image.groups_at_risk(Crash::kPowerLoss) == 2);
  SimDiskImage one_kept = node.image;
  one_kept.crash_keeping(Crash::kPowerLoss, 1, true);
  CHECK(one_kept.records().size() == 0);
  node.restart_keeping(Crash::kPowerLoss, 0, false);
  CHECK(node.image.records().digest() == synced.digest());
  CHECK(node.disk->read_at_start(everything()).records.size() == 2);
  CHECK(node.value("b") == "1");
}

TEST_CASE("sim disk: a restart makes durable what a kill left unsynced") {
  Node node(1, true);
  node.commit_durably(put("a", "1"));
  node.restart(Crash::kKill);
  CHECK(node.image.groups_at_risk(Crash::kPowerLoss) == 0);
}

TEST_CASE("sim disk: a failed sync is fatal, and its group is there or not") {
  int there = 0;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Node node(seed);
    node.commit(put("a", "1"));
    node.image.fail_next_write();
    CHECK_FALSE(node.advance());
    CHECK(node.events.empty());
    node.restart(Crash::kKill);
    if (node.value("a") == "1") ++there;
    CHECK(node.count(DiskFault::kSyncFailure) == DiskFaultCount{1, 1});
    node.commit_durably(put("a", "2"));
    CHECK(node.value("a") == "2");
  }
  CHECK(there > 0);
  CHECK(there < 50);
}

TEST_CASE("sim disk: a failed periodic sync may take what only the kernel had") {
  Node node(1, true);
  node.commit_durably(put("a", "1"));
  node.image.fail_next_write();
  CHECK_FALSE(node.advance());
  CHECK(node.image.groups_at_risk(Crash::kKill) == 1);
}

TEST_CASE("sim disk: below the reserve writes still succeed, on a full device they are fatal") {
  Node node;
  CHECK(node.disk->free_space() == FreeSpace::kEnough);
  node.image.set_space(Space::kBelowReserve);
  CHECK(node.disk->free_space() == FreeSpace::kLow);
  node.image.set_space(Space::kBelowHalf);
  CHECK(node.disk->free_space() == FreeSpace::kLittle);
  node.commit_durably(put("a", "1"));
  node.image.set_space(Space::kFull);
  CHECK(node.disk->free_space() == FreeSpace::kLittle);
  node.commit(put("a", "2"));
  CHECK_FALSE(node.advance());
  node.restart(Crash::kKill);
  CHECK(absl::IsUnavailable(node.image.open()));
  node.image.set_space(Space::kPlenty);
  CHECK(node.image.open().ok());
  CHECK(node.disk->free_space() == FreeSpace::kEnough);
  CHECK(node.count(DiskFault::kNoSpace).injected == 1);
  CHECK(node.count(DiskFault::kNoSpace).seen >= 2);
}

TEST_CASE("sim disk: a failing read comes late, as Unavailable, and only that one fails") {
  Node node;
  node.commit_durably(put("a", "1"));
  node.events.clear();
  node.image.fail_next_read();
  CHECK_FALSE(node.disk->read(ActorId{}, 77, point("a")).has_value());
  CHECK(node.disk->read(ActorId{}, 78, point("a"))->status.ok());
  REQUIRE(node.advance());
  REQUIRE(node.events.size() == 1);
  CHECK(node.events[0].event.op == 77);
  CHECK(absl::IsUnavailable(node.events[0].event.result.status));
  CHECK(node.events[0].event.result.records.empty());
  CHECK(node.count(DiskFault::kReadError) == DiskFaultCount{1, 1});
}

TEST_CASE("sim disk: damage is reported by points and ranges, until it is overwritten") {
  Node node;
  node.commit_durably(put("a", "1"));
  CHECK(node.image.rot(true));
  CHECK(node.count(DiskFault::kDamage) == DiskFaultCount{1, 0});
  CHECK(absl::IsDataLoss(node.disk->read_at_start(point("a")).status));
  CHECK(node.count(DiskFault::kDamage) == DiskFaultCount{1, 1});
  const ReadResult range = node.disk->read_at_start(everything());
  CHECK(absl::IsDataLoss(range.status));
  CHECK(range.records.empty());
  CHECK(node.image.records().find(1, "a")->rot == Rot::kDamaged);
  node.commit_durably(put("a", "2"));
  CHECK(node.value("a") == "2");
}

TEST_CASE("sim disk: silent rot flips one bit of a value, in snapshots too") {
  Node node;
  const std::string before(20, 'v');
  node.commit_durably(put("a", before));
  const SnapshotId view = node.disk->open_snapshot();
  CHECK(node.image.rot(false));
  const std::string after = node.value("a");
  REQUIRE(after.size() == before.size());
  int bits = 0;
  for (size_t i = 0; i < after.size(); ++i)
    bits += __builtin_popcount(uint8_t(after[i] ^ before[i]));
  CHECK(bits == 1);
  ReadRequest request = point("a");
  request.snapshot = view;
  CHECK(node.disk->read_at_start(request).records.at(0).value == after);
  CHECK(node.image.records().find(1, "a")->rot == Rot::kSilent);
  CHECK(node.count(DiskFault::kSilentRot) == DiskFaultCount{1, 1});
}

TEST_CASE("sim disk: there is no rot where there is nothing") {
  Node node;
  CHECK_FALSE(node.image.rot(true));
  CHECK(node.count(DiskFault::kDamage) == DiskFaultCount{0, 0});
}

TEST_CASE("sim disk: a late read shows the moment of the question or of the answer") {
  bool old_seen = false;
  bool new_seen = false;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Node node(seed);
    node.image.knobs().late_reads = 1'000'000;
    node.image.knobs().read_us_min = 10'000;
    node.image.knobs().read_us_max = 10'000;
    node.commit_durably(put("a", "old"));
    CHECK_FALSE(node.disk->read(ActorId{}, 1, point("a")).has_value());
    node.commit_durably(put("a", "new"));
    node.events.clear();
    while (node.events.empty()) REQUIRE(node.advance());
    const std::string value = node.events[0].event.result.records.at(0).value;
    const bool is_old = value == "old";
    old_seen |= is_old;
    new_seen |= value == "new";
    CHECK(node.count(DiskFault::kStaleRead).seen == (is_old ? 1 : 0));
  }
  CHECK(old_seen);
  CHECK(new_seen);
}

TEST_CASE("sim disk: nothing completes while the device stalls") {
  Node node;
  node.commit(put("a", "1"));
  node.image.stall(9'000);
  CHECK(node.image.next_due_us() == 9'000);
  REQUIRE(node.advance());
  node.now_us = 8'000;
  node.image.stall(9'000);
  node.commit(put("a", "2"));
  CHECK(node.image.next_due_us() >= 9'000);
  CHECK(node.count(DiskFault::kSlow).injected == 2);
  CHECK(node.count(DiskFault::kSlow).seen == 2);
}

TEST_CASE("sim disk: a restored copy and a new disk show their own past") {
  Node node;
  node.commit_durably(put("a", "1"));
  const SimRecords backup = node.image.copy();
  node.commit_durably(put("a", "2"));
  node.commit_durably(put("b", "2"));
  node.image.crash(Crash::kKill);
  node.image.damage_store();
  CHECK(absl::IsDataLoss(node.image.open()));
  node.image.restore(backup);
  CHECK(node.image.open().ok());
  node.disk = std::make_unique<SimDisk>(node.image, uint16_t{0});
  CHECK(node.value("a") == "1");
  CHECK(node.value("b") == "absent");
  CHECK(node.count(DiskFault::kRestored) == DiskFaultCount{1, 2});
  CHECK(node.count(DiskFault::kOpenDamage) == DiskFaultCount{1, 1});
  node.image.crash(Crash::kKill);
  node.image.wipe();
  node.disk = std::make_unique<SimDisk>(node.image, uint16_t{0});
  CHECK(node.disk->read_at_start(everything()).records.empty());
  CHECK(node.image.records().digest() == SimRecords(3).digest());
  CHECK(node.count(DiskFault::kWiped) == DiskFaultCount{1, 1});
}

TEST_CASE("sim disk: a commit at the start is synced at once, or fails and is there or not") {
  Node node(1, true);
  node.commit_durably(put("a", "1"));
  CHECK(node.disk->commit_at_start(put("b", "1")).ok());
  CHECK(node.image.groups_at_risk(Crash::kPowerLoss) == 0);
  int there = 0;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Node failing(seed);
    failing.image.fail_next_write();
    CHECK(absl::IsUnavailable(failing.disk->commit_at_start(put("a", "1"))));
    failing.restart(Crash::kKill);
    if (failing.value("a") == "1") ++there;
  }
  CHECK(there > 0);
  CHECK(there < 30);
}

TEST_CASE("sim disk: a copy of an image lives its own life") {
  Node node;
  node.commit_durably(put("a", "1"));
  node.commit(put("a", "2"));
  SimDiskImage copy = node.image;
  CHECK(copy.fingerprint() == node.image.fingerprint());
  REQUIRE(copy.finish_write(node.events));
  CHECK(copy.fingerprint() != node.image.fingerprint());
  CHECK(copy.records().find(1, "a")->value == "2");
  CHECK(node.image.records().find(1, "a")->value == "1");
  REQUIRE(node.image.finish_write(node.events));
  CHECK(copy.fingerprint() == node.image.fingerprint());
}

TEST_CASE("sim disk: the digest is of the records, not of how they came") {
  SimRecords one(2);
  SimRecords other(2);
  const auto apply = [](SimRecords& records, const Batch& batch) {
    batch.for_each([&](const Batch::Write& write) { records.apply(write, nullptr); });
  };
  apply(one, put("a", "1"));
  apply(one, put("b", "2"));
  apply(other, put("b", "2"));
  apply(other, put("x", "9"));
  apply(other, put("a", "0"));
  CHECK(one.digest() != other.digest());
  Batch batch = put("a", "1");
  batch.erase_range(1, "c", "z");
  apply(other, batch);
  CHECK(one.digest() == other.digest());
  CHECK(one.digest() != SimRecords(2).digest());
}

// Every rate on: what happened, and what is left, as one fingerprint.
std::pair<uint64_t, uint64_t> busy_run(uint64_t seed, DiskFaultCounts& counts) {
  Node node(seed, seed % 2 == 1);
  SimDiskKnobs& knobs = node.image.knobs();
  knobs.late_reads = 300'000;
  knobs.read_errors = 20'000;
  knobs.sync_failures = 20'000;
  knobs.rots = 50'000;
  knobs.silent_rots = 300'000;
  knobs.stalls = 50'000;
  for (int i = 0; i < 400; ++i) {
    const std::string key(1, char('a' + node.chooser.below(20)));
    if (node.chooser.below(2) == 0) {
      node.commit(put(key, std::to_string(i)));
    } else if (const auto read = node.disk->read(ActorId{}, 1'000'000, point(key))) {
      CHECK(read->status.ok());
    }
    if (node.chooser.below(3) == 0 && node.image.next_due_us() != SimDiskImage::kNever) {
      if (!node.advance()) node.restart(Crash::kKill);
    }
    if (node.chooser.below(80) == 0) node.restart(Crash::kPowerLoss);
  }
  counts.add(node.image.counts());
  return node.image.fingerprint();
}

TEST_CASE("sim disk: the same seed gives the same disk, and every rate shows") {
  DiskFaultCounts counts;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    DiskFaultCounts first, second;
    CHECK(busy_run(seed, first) == busy_run(seed, second));
    CHECK(first.by_fault == second.by_fault);
    counts.add(first);
  }
  for (const DiskFault fault :
       {DiskFault::kLostGroup, DiskFault::kTornGroup, DiskFault::kKeptGroup,
        DiskFault::kLostAcknowledged, DiskFault::kSyncFailure, DiskFault::kReadError,
        DiskFault::kDamage, DiskFault::kSilentRot, DiskFault::kStaleRead, DiskFault::kSlow}) {
    INFO(to_string(fault));
    CHECK(counts[fault].injected > 0);
    CHECK(counts[fault].seen > 0);
  }
}

}  // namespace
}  // namespace vordb::sim
