// Damage and want of space on the real disk: a flipped byte is reported and never served, and a
// full device ends the process without losing what it acknowledged.
#include <sys/mount.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
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
  std::vector<std::string> tables = temp.files(".sst");
  REQUIRE_FALSE(tables.empty());
  const auto smaller = [](const std::string& one, const std::string& other) {
    return std::filesystem::file_size(one) < std::filesystem::file_size(other);
  };
  const std::string table = *std::max_element(tables.begin(), tables.end(), smaller);
  sim::Chooser chooser(1);
  int reported = 0;
  int right = 0;
  for (int round = 0; round < 40; ++round) {
    const uint64_t at = chooser.below(std::filesystem::file_size(table));
    const uint32_t bit = uint32_t(chooser.below(8));
    INFO("byte " << at << " of " << table);
    io::flip_bit(table, at, bit);
    const Outcome outcome = read_all(options);
    if (outcome.opened) CHECK(outcome.right + outcome.reported == kKeys);
    reported += outcome.reported;
    right += outcome.right;
    io::flip_bit(table, at, bit);
  }
  // Most bytes are in data blocks, whose neighbours stay readable.
  CHECK(reported > 0);
  CHECK(right > 0);
  CHECK(read_all(options).right == kKeys);
}

TEST_CASE("disk, rocks: a damaged manifest is reported when the store opens") {
  TempDirectory temp;
  const io::RocksStoreOptions options = small_store(temp.store(), false);
  make_rocks_side(options);
  const std::string manifest = temp.files("CURRENT").back();
  std::string name;
  std::ifstream(manifest) >> name;
  const std::string path = temp.store() + "/" + name;
  io::flip_bit(path, std::filesystem::file_size(path) / 2, 4);
  const auto store = io::RocksStore::open(options, nullptr);
  CHECK(absl::IsDataLoss(store.status()));
  CHECK(store.status().message().find(temp.store()) != absl::string_view::npos);
}

// A file system of its own, small enough to fill.
class SmallFileSystem {
 public:
  SmallFileSystem() {
    std::filesystem::create_directory(temp_.store());
    mounted_ = ::mount("tmpfs", temp_.store().c_str(), "tmpfs", 0, "size=48m") == 0;
  }
  ~SmallFileSystem() {
    if (mounted_) ::umount2(temp_.store().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  std::string directory() const { return temp_.store() + "/db"; }

  // Leaves at most `free_mb` to others.
  void fill(uint64_t free_mb) {
    std::ofstream file(filler(), std::ios::binary | std::ios::app);
    const std::string chunk(64 << 10, 'f');
    while (free_bytes() > free_mb << 20 &&
           file.write(chunk.data(), std::streamsize(chunk.size()))) {
      file.flush();
    }
  }
  void empty() { std::filesystem::remove(filler()); }

 private:
  std::string filler() const { return temp_.store() + "/filler"; }
  uint64_t free_bytes() const {
    struct statvfs stats;
    REQUIRE(::statvfs(temp_.store().c_str(), &stats) == 0);
    return stats.f_bavail * stats.f_frsize;
  }

  TempDirectory temp_;
  bool mounted_ = false;
};

TEST_CASE("disk, rocks: below the reserve there is no space, and it comes back") {
  SmallFileSystem device;
  if (!device.mounted()) {
    MESSAGE("SKIPPED: mounting a tmpfs needs root");
    return;
  }
  const auto side = make_rocks_side(small_store(device.directory(), false));
  CHECK(side->disk(0).free_space() == FreeSpace::kEnough);
  device.fill(6);
  while (side->disk(0).free_space() == FreeSpace::kEnough) continue;
  // Reads and what is under way go on.
  Batch batch;
  batch.put(kA, "k", "v");
  side->commit_and_wait(0, batch);
  CHECK(side->read(0, DiskSide::point(kA, "k")).records.size() == 1);
  device.empty();
  while (side->disk(0).free_space() != FreeSpace::kEnough) continue;
  side->reopen();
  CHECK(side->read(0, DiskSide::point(kA, "k")).records.size() == 1);
}

TEST_CASE("disk, rocks: a full device ends the process and takes nothing acknowledged") {
  SmallFileSystem device;
  if (!device.mounted()) {
    MESSAGE("SKIPPED: mounting a tmpfs needs root");
    return;
  }
  constexpr uint64_t kSeed = 3;
  uint64_t told = 0;
  {
    Writer writer(device.directory(), kSeed, true);
    while (told < 100) {
      const uint64_t n = writer.next_told();
      REQUIRE(n != 0);
      told = std::max(told, n);
    }
    device.fill(0);
    while (const uint64_t n = writer.next_told()) told = std::max(told, n);
    CHECK(writer.exit_code() == io::RocksStore::kExitCode);
  }
  device.empty();
  const auto side = make_rocks_side(small_store(device.directory(), true));
  const std::optional<uint64_t> kept = numbered_prefix(*side, kSeed);
  REQUIRE(kept.has_value());
  CHECK(*kept >= told);
}

}  // namespace
}  // namespace vordb::properties
