// What a crash leaves on both sides of the Disk door: exactly the first k of the committed groups,
// for a k that covers all that was acknowledged or shown. The real side is a process killed with -9
// in the middle of its writes, and logs cut off at any byte, which is what a power loss makes of an
// unsynced tail.
#include <algorithm>
#include <filesystem>
#include <set>

#include <doctest/doctest.h>

#include "properties/disk_model.h"
#include "properties/disk_rocks_side.h"
#include "sim/sim_disk.h"

namespace vordb::properties {
namespace {

using Crash = sim::SimDiskImage::Crash;

uint64_t check_prefix(DiskSide& side, uint64_t seed) {
  const std::optional<uint64_t> n = numbered_prefix(side, seed);
  REQUIRE(n.has_value());
  return *n;
}

TEST_CASE("disk, rocks: kill -9 leaves a prefix with all that was acknowledged or shown") {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    const bool buffered = seed % 2 == 0;
    INFO("seed " << seed << (buffered ? ", buffered" : ", fsync"));
    TempDirectory temp;
    uint64_t told = 0;
    {
      Writer writer(temp.store(), seed, buffered);
      sim::Chooser chooser(seed);
      const uint64_t enough = chooser.between(1, 400);
      while (told < enough) {
        const uint64_t n = writer.next_told();
        REQUIRE(n != 0);
        told = std::max(told, n);
      }
      writer.kill();
      while (const uint64_t n = writer.next_told()) told = std::max(told, n);
    }
    const auto side = make_rocks_side(small_store(temp.store(), buffered));
    CHECK(check_prefix(*side, seed) >= told);
    side->reopen();
    CHECK(check_prefix(*side, seed) >= told);
  }
}

// Commits numbered batches in bursts; the numbers at which a group ended, which the side tells by
// its events.
std::set<uint64_t> commit_numbered(DiskSide& side, uint64_t seed, uint64_t count) {
  std::set<uint64_t> ends{0};
  sim::Chooser chooser(seed);
  for (uint64_t n = 0; n < count;) {
    const uint64_t burst = chooser.between(1, 6);
    for (uint64_t i = 0; i < burst; ++i) {
      ++n;
      side.disk(0).commit(ActorId{}, n, numbered_batch(seed, n, DiskSide::kFamilies));
    }
    // A turn that is alone is a group.
    side.disk(0).end_turn();
    for (uint64_t i = 0; i < burst; ++i) side.next_event();
    ends.insert(n);
  }
  return ends;
}

TEST_CASE("disk, rocks: a log cut off anywhere leaves whole groups from the front") {
  bool lost_some = false;
  bool kept_some = false;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    TempDirectory temp;
    const io::RocksStoreOptions options = small_store(temp.store(), true);
    std::set<uint64_t> ends;
    {
      const auto side = make_rocks_side(options);
      ends = commit_numbered(*side, seed, 60);
    }
    // The store was closed, which notes that all of its log is synced: a crash does not.
    REQUIRE(std::filesystem::remove(temp.store() + "/SYNCED"));
    const std::string log = temp.files(".log").back();
    sim::Chooser chooser(seed);
    std::filesystem::resize_file(log, chooser.below(std::filesystem::file_size(log)));
    const auto side = make_rocks_side(options);
    const uint64_t kept = check_prefix(*side, seed);
    CHECK(ends.contains(kept));
    lost_some |= kept < *ends.rbegin();
    kept_some |= kept > 0;
  }
  CHECK(lost_some);
  CHECK(kept_some);
}

TEST_CASE("disk, rocks: a flipped byte in a log is reported, and accepted ends the log there") {
  bool lost_some = false;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    INFO("seed " << seed);
    TempDirectory temp;
    io::RocksStoreOptions options = small_store(temp.store(), true);
    std::set<uint64_t> ends;
    {
      const auto side = make_rocks_side(options);
      // Several of the log's 32 KiB blocks: recovery could go on at the next one, and must not.
      ends = commit_numbered(*side, seed, 600);
    }
    const std::string log = temp.files(".log").back();
    sim::Chooser chooser(seed);
    io::flip_bit(log, chooser.below(std::filesystem::file_size(log)), uint32_t(chooser.below(8)));
    CHECK(absl::IsDataLoss(io::RocksStore::open(options, nullptr).status()));
    options.accept_log_loss = true;
    const auto side = make_rocks_side(options);
    const uint64_t kept = check_prefix(*side, seed);
    CHECK(ends.contains(kept));
    lost_some |= kept < *ends.rbegin();
  }
  CHECK(lost_some);
}

// A simulated disk on which numbered batches are under way when it crashes.
struct SimCrash {
  SimCrash(uint64_t seed, bool buffered)
      : seed(seed),
        chooser(seed),
        image({DiskSide::kFamilies - 1, buffered, 3'000}, chooser, now_us) {}

  // Writes, and reads what is shown, until `enough` are acknowledged.
  void run(uint64_t enough) {
    sim::SimDisk disk(image, 0);
    for (uint64_t n = 0; acknowledged < enough || image.writing();) {
      if (n < enough + 10) {
        disk.commit(ActorId{}, n + 1, numbered_batch(seed, n + 1, DiskSide::kFamilies));
        ++n;
      }
      if (chooser.below(3) == 0 || n == enough + 10) disk.end_turn();
      shown = std::max(shown, number_in(image.records().find(kMetaFamily, "n")
                                            ? disk.read_at_start(DiskSide::point(0, "n")).records
                                            : std::vector<Record>()));
      if (chooser.below(2) == 0) continue;
      if (acknowledged >= enough) return;
      if (image.next_due_us() == sim::SimDiskImage::kNever) continue;
      now_us = image.next_due_us();
      std::vector<sim::SimDiskEvent> events;
      REQUIRE(image.advance(events));
      if (!events.empty()) acknowledged = events.back().event.op;
    }
  }

  uint64_t check_prefix() {
    sim::SimDisk disk(image, 0);
    std::vector<Record> meta =
        disk.read_at_start(DiskSide::range(kMetaFamily, "", "\xff\xff")).records;
    const uint64_t n = number_in(meta);
    const DiskModel expected = after_numbered(seed, n, DiskSide::kFamilies);
    for (Family family = 0; family < DiskSide::kFamilies; ++family) {
      CHECK(disk.read_at_start(DiskSide::range(family, "", "\xff\xff")).records ==
            expected.all(family));
    }
    return n;
  }

  uint64_t seed;
  sim::Chooser chooser;
  uint64_t now_us = 0;
  sim::SimDiskImage image;
  uint64_t acknowledged = 0;
  uint64_t shown = 0;
};

TEST_CASE("disk, sim: a crash leaves a prefix with all that was acknowledged or shown") {
  sim::DiskFaultCounts counts;
  uint64_t beyond = 0;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    INFO("seed " << seed);
    // A kill keeps what the kernel has, a power loss what was synced.
    const Crash kind = seed % 2 == 0 ? Crash::kKill : Crash::kPowerLoss;
    SimCrash run(seed, kind == Crash::kKill && seed % 4 == 0);
    run.run(1 + seed % 40);
    run.image.crash(kind);
    const uint64_t kept = run.check_prefix();
    CHECK(kept >= run.acknowledged);
    CHECK(kept >= run.shown);
    if (kept > run.acknowledged) ++beyond;
    counts.add(run.image.counts());
  }
  CHECK(beyond > 0);
  for (const sim::DiskFault fault :
       {sim::DiskFault::kLostGroup, sim::DiskFault::kTornGroup, sim::DiskFault::kKeptGroup}) {
    INFO(sim::to_string(fault));
    CHECK(counts[fault].injected > 0);
    CHECK(counts[fault].seen > 0);
  }
}

TEST_CASE("disk, sim: a power loss of a buffered disk takes a suffix, acknowledged or not") {
  sim::DiskFaultCounts counts;
  uint64_t broken_promises = 0;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    INFO("seed " << seed);
    SimCrash run(seed, true);
    run.run(5 + seed % 40);
    run.image.crash(Crash::kPowerLoss);
    if (run.check_prefix() < run.acknowledged) ++broken_promises;
    counts.add(run.image.counts());
  }
  CHECK(broken_promises > 100);
  CHECK(counts[sim::DiskFault::kLostAcknowledged].seen > 100);
}

}  // namespace
}  // namespace vordb::properties
