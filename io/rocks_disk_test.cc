// What only the real disk has: its families and when they are refused, deliveries from other
// threads, and the end of a process whose disk fails. What both sides share is in
// properties/disk_contract_test.cc.
#include "io/rocks_disk.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include <doctest/doctest.h>

#include "io/testing/files.h"
#include "rocksdb/db.h"

namespace vordb::io {
namespace {

RocksStoreOptions options_in(const std::string& directory, uint16_t families) {
  RocksStoreOptions options;
  options.directory = directory;
  options.column_families = families;
  options.cf_write_buffer_size_mb = 1;
  options.block_cache_size_mb = 4;
  options.min_free_mb = 1;
  return options;
}

std::unique_ptr<RocksStore> open_store(const RocksStoreOptions& options) {
  auto store = RocksStore::open(options, nullptr);
  REQUIRE_MESSAGE(store.ok(), store.status());
  return *std::move(store);
}

ReadRequest point(Family family, std::string key) {
  ReadRequest request;
  request.family = family;
  request.begin = std::move(key);
  return request;
}

Batch put(Family family, std::string_view key, std::string_view value) {
  Batch batch;
  batch.put(family, key, value);
  return batch;
}

// Collects deliveries, each as it came.
class Inbox {
 public:
  DiskChannel::Deliver deliver() {
    return [this](std::vector<DiskEvent> events) {
      const std::lock_guard lock(mutex_);
      deliveries_.push_back(std::move(events));
      posted_.notify_all();
    };
  }
  // Waits for so many deliveries.
  std::vector<std::vector<DiskEvent>> wait(size_t deliveries) {
    std::unique_lock lock(mutex_);
    posted_.wait(lock, [&] { return deliveries_.size() >= deliveries; });
    return deliveries_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::vector<std::vector<DiskEvent>> deliveries_;
};

TEST_CASE("rocks: the number of families is fixed at the first open, more than asked is fine") {
  TempDir temp;
  const std::string directory = temp.path() + "/made/when/absent";
  CHECK(open_store(options_in(directory, 3))->column_families() == 3);
  CHECK(open_store(options_in(directory, 2))->column_families() == 3);
  const auto more = RocksStore::open(options_in(directory, 4), nullptr);
  CHECK(absl::IsFailedPrecondition(more.status()));
  const std::string text(more.status().message());
  CHECK(text.find(directory) != std::string::npos);
  CHECK(text.find("column_families = 3, not 4") != std::string::npos);
  CHECK(open_store(options_in(directory, 3))->column_families() == 3);
}

TEST_CASE("rocks: a first open that was interrupted is finished by the next") {
  TempDir temp;
  {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* raw = nullptr;
    REQUIRE(rocksdb::DB::Open(options, temp.path(), &raw).ok());
    const std::unique_ptr<rocksdb::DB> db(raw);
    rocksdb::ColumnFamilyHandle* family = nullptr;
    REQUIRE(db->CreateColumnFamily({}, "meta", &family).ok());
    db->DestroyColumnFamilyHandle(family);
    REQUIRE(db->CreateColumnFamily({}, "data1", &family).ok());
    db->DestroyColumnFamilyHandle(family);
  }
  const auto store = open_store(options_in(temp.path(), 3));
  RocksDisk disk(*store, [](std::vector<DiskEvent>) {});
  CHECK(disk.commit_at_start(put(3, "k", "v")).ok());
  CHECK(disk.read_at_start(point(3, "k")).records.size() == 1);
}

TEST_CASE("rocks: someone else's database is refused and left alone") {
  TempDir temp;
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* raw = nullptr;
  REQUIRE(rocksdb::DB::Open(options, temp.path(), &raw).ok());
  rocksdb::ColumnFamilyHandle* family = nullptr;
  REQUIRE(raw->CreateColumnFamily({}, "theirs", &family).ok());
  raw->DestroyColumnFamilyHandle(family);
  delete raw;
  const auto store = RocksStore::open(options_in(temp.path(), 3), nullptr);
  CHECK(absl::IsFailedPrecondition(store.status()));
  std::vector<std::string> names;
  CHECK(rocksdb::DB::ListColumnFamilies(options, temp.path(), &names).ok());
  CHECK(names == std::vector<std::string>{"default", "theirs"});
}

TEST_CASE("rocks: a store that has lost its CURRENT is reported, not made anew") {
  TempDir temp;
  open_store(options_in(temp.path(), 1));
  std::filesystem::remove(temp.path() + "/CURRENT");
  const auto store = RocksStore::open(options_in(temp.path(), 1), nullptr);
  CHECK(absl::IsDataLoss(store.status()));
  CHECK(store.status().message().find(temp.path()) != absl::string_view::npos);
}

TEST_CASE("rocks: a directory that cannot be made gives a clear error") {
  TempDir temp;
  std::ofstream(temp.path() + "/file") << "not a directory";
  const auto store = RocksStore::open(options_in(temp.path() + "/file/store", 1), nullptr);
  CHECK(absl::IsUnavailable(store.status()));
  CHECK(store.status().message().find(temp.path() + "/file/store") != absl::string_view::npos);
}

TEST_CASE("rocks: the same process cannot open a directory twice either") {
  TempDir temp;
  const auto first = open_store(options_in(temp.path(), 1));
  const auto second = RocksStore::open(options_in(temp.path(), 1), nullptr);
  CHECK(absl::IsFailedPrecondition(second.status()));
  // Asking did not take the first one's lock away.
  const auto third = RocksStore::open(options_in(temp.path(), 1), nullptr);
  CHECK(absl::IsFailedPrecondition(third.status()));
}

TEST_CASE(
    "rocks: what waits while a group is written is one group, delivered by one call a shard") {
  TempDir temp;
  const auto store = open_store(options_in(temp.path(), 1));
  Inbox second;
  std::mutex mutex;
  std::condition_variable changed;
  bool inside = false;
  bool go_on = false;
  std::vector<size_t> sizes;
  // The first delivery holds the commit thread until ten more turns wait.
  RocksDisk disk(*store, [&](std::vector<DiskEvent> events) {
    std::unique_lock lock(mutex);
    sizes.push_back(events.size());
    inside = true;
    changed.notify_all();
    changed.wait(lock, [&] { return go_on; });
  });
  RocksDisk other(*store, second.deliver());
  disk.commit(ActorId{}, 1, put(1, "k", "v"));
  disk.end_turn();
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return inside; });
  }
  for (OpId op = 2; op <= 11; ++op) {
    disk.commit(ActorId{}, op, put(1, "k", std::to_string(op)));
    disk.end_turn();
    other.commit(ActorId{}, op, put(1, "other", std::to_string(op)));
    other.end_turn();
  }
  {
    const std::lock_guard lock(mutex);
    go_on = true;
    changed.notify_all();
  }
  const auto deliveries = second.wait(1);
  CHECK(deliveries.size() == 1);
  CHECK(deliveries[0].size() == 10);
  {
    std::unique_lock lock(mutex);
    CHECK(sizes == std::vector<size_t>{1, 10});
  }
}

TEST_CASE("rocks: shards on their own threads commit and read at once") {
  TempDir temp;
  const auto store = open_store(options_in(temp.path(), 2));
  constexpr OpId kCommits = 300;
  const auto shard = [&store](std::string name) {
    Inbox inbox;
    RocksDisk disk(*store, inbox.deliver());
    for (OpId op = 1; op <= kCommits; ++op) {
      disk.commit(ActorId{}, op, put(1, name + std::to_string(op), "v"));
      disk.end_turn();
      disk.read(ActorId{}, kCommits + op, point(1, name + "1"));
      disk.free_space();
    }
    size_t committed = 0;
    for (size_t deliveries = 1; committed < kCommits; ++deliveries) {
      committed = 0;
      for (const auto& delivery : inbox.wait(deliveries)) {
        for (const DiskEvent& event : delivery) {
          if (event.kind == DiskEvent::Kind::kCommitted) ++committed;
        }
      }
    }
  };
  std::thread one(shard, "one");
  std::thread two(shard, "two");
  one.join();
  two.join();
  RocksDisk disk(*store, [](std::vector<DiskEvent>) {});
  ReadRequest all = point(1, "");
  all.end = "\xff";
  all.limit_records = UINT32_MAX;
  CHECK(disk.read_at_start(all).records.size() == 2 * kCommits);
}

// Ranges of records in three files, the last records of each range deleted as one and partly
// written again. Read after a start, from a cache that has a part of each.
void check_ranges_whole(uint64_t seed) {
  CAPTURE(seed);
  constexpr uint64_t kRanges = 16, kRecords = 500, kFiles = 3;
  uint64_t state = seed;
  const auto below = [&](uint64_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % bound;
  };
  const auto key = [](uint64_t range, uint64_t record) {
    return std::to_string(1000 + range) + "/" + std::to_string(100'000 + record);
  };
  TempDir temp;
  RocksStoreOptions options = options_in(temp.path() + "/db", 1);
  options.block_cache_size_mb = 64;
  std::vector<std::set<std::string>> written(kRanges);
  for (uint64_t file = 0; file < kFiles; ++file) {
    const auto store = open_store(options);
    Inbox inbox;
    RocksDisk disk(*store, inbox.deliver());
    Batch batch;
    for (uint64_t range = 0; range < kRanges; ++range) {
      const auto write = [&](uint64_t record) {
        batch.put(0, key(range, record), std::string(100, char('a' + below(26))));
        written[range].insert(key(range, record));
      };
      for (uint64_t record = 0; record < kRecords; ++record) {
        if (below(kFiles) == file) write(record);
      }
      const std::string begin = key(range, kRecords + 10), end = key(range, kRecords + 200);
      if (file > 0) {
        batch.erase_range(0, begin, end);
        std::erase_if(written[range], [&](const auto& k) { return begin <= k && k < end; });
      }
      for (uint64_t record = kRecords; record < kRecords + 200; ++record) {
        if (below(3) == 0) write(record);
      }
    }
    REQUIRE(disk.commit_at_start(batch).ok());
    REQUIRE(store->db().Flush({}, store->family(0)).ok());
  }
  const auto store = open_store(options);
  Inbox inbox;
  RocksDisk disk(*store, inbox.deliver());
  size_t waited = 0;
  const auto read = [&](uint64_t range, uint64_t limit) {
    ReadRequest request;
    request.family = 0;
    request.begin = key(range, 0);
    request.end = std::to_string(1000 + range) + "0";
    request.limit_records = uint32_t(limit);
    std::optional<ReadResult> now = disk.read({}, 1, request);
    const ReadResult result = now ? *now : inbox.wait(++waited).back().front().result;
    CHECK(result.status.ok());
    return result.records.size();
  };
  for (uint64_t range = 0; range < kRanges; ++range) read(range, 1 + below(kRecords));
  for (uint64_t range = 0; range < kRanges; ++range) {
    CHECK(read(range, 2 * kRecords) == written[range].size());
  }
}

// What is cached must not show. With a range deleted in one of several files RocksDB's iterator,
// where it may not fetch a block, has been seen to end early and call that the end.
TEST_CASE("rocks: a range is read whole, whatever is in the cache") {
  for (const uint64_t seed : {13, 28, 53}) check_ranges_whole(seed);
}

TEST_CASE("rocks: a disk that is gone hears nothing, but what it committed is written") {
  TempDir temp;
  {
    const auto store = open_store(options_in(temp.path(), 1));
    std::atomic<bool> gone = false;
    std::atomic<bool> heard_after = false;
    auto disk = std::make_unique<RocksDisk>(*store, [&](std::vector<DiskEvent>) {
      if (gone) heard_after = true;
    });
    for (OpId op = 1; op <= 50; ++op) {
      disk->commit(ActorId{}, op, put(1, std::to_string(op), "v"));
      if (op < 50) disk->end_turn();
    }
    disk.reset();
    gone = true;
    // One thread delivers in order: when this event is here, all of the earlier ones would have
    // been.
    Inbox inbox;
    RocksDisk after(*store, inbox.deliver());
    after.commit(ActorId{}, 1, put(1, "x", "y"));
    after.end_turn();
    inbox.wait(1);
    CHECK_FALSE(heard_after);
  }
  const auto store = open_store(options_in(temp.path(), 1));
  RocksDisk disk(*store, [](std::vector<DiskEvent>) {});
  CHECK(disk.read_at_start(point(1, "50")).records.size() == 1);
}

TEST_CASE("rocks: a write that fails is told once and ends the process") {
  TempDir temp;
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const int pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    auto store = RocksStore::open(options_in(temp.path(), 1), [&](std::string_view text) {
      if (::write(ends[1], text.data(), text.size()) < 0) ::_exit(1);
    });
    if (!store.ok()) ::_exit(2);
    // Another program's mistake: the family is dropped beneath us, and RocksDB refuses the write.
    if (!(*store)->db().DropColumnFamily((*store)->family(1)).ok()) ::_exit(3);
    Inbox inbox;
    RocksDisk disk(**store, inbox.deliver());
    disk.commit(ActorId{}, 1, put(1, "k", "v"));
    disk.end_turn();
    inbox.wait(1);
    ::_exit(4);
  }
  ::close(ends[1]);
  char text[512];
  const ssize_t size = ::read(ends[0], text, sizeof text);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == RocksStore::kExitCode);
  REQUIRE(size > 0);
  CHECK(std::string(text, size_t(size)).starts_with("the disk failed to write: "));
}

}  // namespace
}  // namespace vordb::io
