// Which damage of a store's logs stops a start, and that a store which opens has every write that
// was promised. A crash is a copy of the folder of a store that is open.
#include "io/rocks_log_check.h"

#include <doctest/doctest.h>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "io/rocks_disk.h"
#include "io/rocks_log_mark.h"
#include "io/testing/files.h"
#include "rocksdb/db.h"

namespace vordb::io {
namespace {

namespace fs = std::filesystem;

RocksStoreOptions options_in(const std::string& directory) {
  RocksStoreOptions options;
  options.directory = directory;
  options.column_families = 2;
  options.cf_write_buffer_size_mb = 1;
  options.block_cache_size_mb = 1;
  options.min_free_mb = 1;
  return options;
}

std::string text_of(const absl::Status& status) { return std::string(status.message()); }
bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string key(int n) { return absl::StrCat("key", n); }

// A store that crashed after `puts` writes, each synced, none marked; and where they end.
class Crashed {
 public:
  explicit Crashed(int puts, bool buffered = false) {
    RocksStoreOptions options = options_in(temp_.path() + "/live");
    options.buffered = buffered;
    const auto opened = RocksStore::open(options, nullptr);
    REQUIRE_MESSAGE(opened.ok(), opened.status());
    RocksStore& store = **opened;
    RocksDisk disk(store, [](std::vector<DiskEvent>) {});
    std::unique_ptr<rocksdb::LogFile> log;
    for (int n = 0; n < puts; ++n) {
      Batch batch;
      batch.put(0, key(n), absl::StrCat("value", n));
      REQUIRE(disk.commit_at_start(batch).ok());
      REQUIRE(store.db().GetCurrentWalFile(&log).ok());
      ends.push_back(log->SizeFileBytes());
    }
    name = log->PathName();
    number = log->LogNumber();
    sequence = store.db().GetLatestSequenceNumber();
    fs::copy(options.directory, saved());
    restore();
  }

  std::string directory() const { return temp_.path() + "/store"; }
  std::string log() const { return directory() + name; }
  void restore() {
    fs::remove_all(directory());
    fs::copy(saved(), directory());
  }
  void flip(uint64_t at, uint32_t bit) { flip_bit(log(), at, bit); }
  void mark(uint64_t bytes, bool buffered = false, const std::string& boot = kernel_boot()) {
    REQUIRE(write_log_mark(directory(), {number, bytes, sequence, buffered, boot}).ok());
  }
  absl::StatusOr<std::string> check() { return check_logs(directory(), number, false); }
  // The start is refused, and the answer says why; nothing changes on disk.
  std::string refusal() {
    const auto opened = RocksStore::open(options_in(directory()), nullptr);
    REQUIRE(absl::IsDataLoss(opened.status()));
    return text_of(opened.status());
  }
  // Opens it; what was logged. Afterwards there are exactly the first `puts` writes.
  std::string open_with(int puts, bool accept = false) {
    RocksStoreOptions options = options_in(directory());
    std::string logged;
    options.accept_log_loss = accept;
    options.log = [&](std::string_view text) { logged += std::string(text) + "\n"; };
    const auto opened = RocksStore::open(options, nullptr);
    REQUIRE_MESSAGE(opened.ok(), opened.status());
    RocksDisk disk(**opened, [](std::vector<DiskEvent>) {});
    for (int n = 0; n < int(ends.size()); ++n) {
      ReadRequest request;
      request.begin = key(n);
      CHECK(disk.read_at_start(request).records.size() == (n < puts ? 1 : 0));
    }
    return logged;
  }

  std::vector<uint64_t> ends;
  std::string name;
  uint64_t number = 0;
  uint64_t sequence = 0;

 private:
  std::string saved() const { return temp_.path() + "/saved"; }
  TempDir temp_;
};

TEST_CASE("log check: after a crash every write is there and nothing is said") {
  Crashed store(3);
  CHECK(oldest_needed_log(options_in(store.directory())).value() <= store.number);
  CHECK(store.open_with(3).empty());
  CHECK(store.open_with(3).empty());
}

TEST_CASE("log check: any flipped bit before the last record is refused, in the last one cut") {
  Crashed store(3);
  for (uint64_t at = 0; at < store.ends[2]; ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      INFO("byte " << at << ", bit " << bit);
      store.flip(at, bit);
      const absl::StatusOr<std::string> found = store.check();
      if (at < store.ends[1]) {
        CHECK(absl::IsDataLoss(found.status()));
      } else {
        REQUIRE(found.ok());
        CHECK(contains(*found, absl::StrCat("at byte ", store.ends[1])));
      }
      store.flip(at, bit);
    }
  }
}

TEST_CASE("log check: a refusal names file, place and loss, and repeats until it is accepted") {
  Crashed store(3);
  store.flip(store.ends[0] + 20, 3);
  for (int start = 0; start < 2; ++start) {
    const std::string text = store.refusal();
    CAPTURE(text);
    CHECK(contains(text, store.log()));
    CHECK(contains(text, absl::StrCat("at byte ", store.ends[0])));
    CHECK(contains(text, "its checksum is wrong"));
    CHECK(contains(text, absl::StrCat("sequences ", store.sequence - 1, " to ", store.sequence)));
    CHECK(contains(text, "whole records behind the damage: 1"));
    CHECK(contains(text, "--accept-log-loss"));
  }
  CHECK(contains(store.open_with(1, true), "accepted as lost: " + store.log()));
  CHECK(store.open_with(1).empty());
}

TEST_CASE("log check: a log that is missing is refused, the first one of a store too") {
  Crashed store(3);
  fs::remove(store.log());
  const std::string text = store.refusal();
  CHECK(contains(text, store.log() + " is missing"));
  CHECK(contains(store.open_with(0, true), "accepted as lost"));
  CHECK(store.open_with(0).empty());
}

TEST_CASE("log check: a tail that was cut off, zeroed or overwritten is cut and counted") {
  Crashed store(3);
  for (uint64_t size = store.ends[1]; size < store.ends[2]; ++size) {
    INFO("cut at " << size);
    store.restore();
    fs::resize_file(store.log(), size);
    const std::string logged = store.open_with(2);
    CHECK(contains(logged, absl::StrCat("cut are ", size - store.ends[1], " bytes")) ==
          (size > store.ends[1]));
    if (size == store.ends[1] + 9) {
      store.restore();
      fs::resize_file(store.log(), size);
      fs::resize_file(store.log(), size + 5000);
      CHECK(contains(store.open_with(2), "cut are 5009 bytes"));
      store.restore();
      std::ofstream(store.log(), std::ios::app) << std::string(70000, 'g');
      CHECK(contains(store.open_with(3), "cut are 70000 bytes"));
    }
  }
}

TEST_CASE("log check: what is marked as synced must be there, to the last byte") {
  Crashed store(3);
  for (uint64_t size = 0; size <= store.ends[2]; ++size) {
    INFO("cut at " << size);
    store.restore();
    store.mark(store.ends[1]);
    fs::resize_file(store.log(), size);
    CHECK(absl::IsDataLoss(store.check().status()) == (size < store.ends[1]));
  }
  store.restore();
  store.mark(store.ends[2]);
  store.flip(store.ends[1] + 15, 0);
  const std::string text = store.refusal();
  CAPTURE(text);
  CHECK(contains(text, absl::StrCat("were synced up to ", store.sequence)));
}

TEST_CASE("log check: holes are allowed where the kernel started anew over buffered records") {
  Crashed store(3);
  store.mark(store.ends[0], true, "another boot");
  store.flip(store.ends[0] + 15, 0);
  CHECK(contains(store.open_with(1), "whole records behind the damage: 1"));

  const auto refused = [&](bool buffered, const std::string& boot, uint64_t bytes) {
    store.restore();
    store.mark(bytes, buffered, boot);
    store.flip(store.ends[0] + 15, 0);
    return absl::IsDataLoss(store.check().status());
  };
  CHECK_FALSE(refused(true, "another boot", store.ends[0]));
  CHECK_FALSE(refused(true, "", store.ends[0]));
  CHECK(refused(true, kernel_boot(), store.ends[0]));
  CHECK(refused(false, "another boot", store.ends[0]));
  CHECK(refused(true, "another boot", store.ends[1]));
}

TEST_CASE("log check: a store without a mark opens, one with a damaged mark does not") {
  Crashed store(3);
  const std::string mark = store.directory() + "/SYNCED";
  REQUIRE(fs::remove(mark));
  CHECK(store.open_with(3).empty());
  const std::string text = read_file(mark);
  for (size_t at = 0; at < text.size(); ++at) {
    std::string damaged = text;
    damaged[at] = char(damaged[at] ^ 1);
    std::ofstream(mark, std::ios::trunc) << damaged;
    CHECK(absl::IsDataLoss(read_log_mark(store.directory()).status()));
  }
  CHECK(contains(store.refusal(), mark));
  CHECK(contains(store.open_with(3, true), "accepted as lost"));
}

TEST_CASE("log check: a store that was closed has its log marked to the end") {
  TempDir temp;
  {
    const auto store = RocksStore::open(options_in(temp.path()), nullptr);
    REQUIRE(store.ok());
    RocksDisk disk(**store, [](std::vector<DiskEvent>) {});
    Batch batch;
    batch.put(0, "k", "v");
    REQUIRE(disk.commit_at_start(batch).ok());
  }
  const absl::StatusOr<LogMark> mark = read_log_mark(temp.path());
  REQUIRE(mark.ok());
  std::string log;
  for (const auto& entry : fs::directory_iterator(temp.path()))
    if (entry.path().extension() == ".log") log = std::max(log, entry.path().string());
  CHECK(fs::file_size(log) == mark->bytes);
  CHECK(mark->boot == kernel_boot());
  fs::resize_file(log, mark->bytes - 1);
  const auto opened = RocksStore::open(options_in(temp.path()), nullptr);
  CHECK(absl::IsDataLoss(opened.status()));
}

TEST_CASE("log check: the mark follows the writes of a running store, in both durabilities") {
  for (const bool buffered : {false, true}) {
    TempDir temp;
    RocksStoreOptions options = options_in(temp.path());
    options.buffered = buffered;
    const auto store = RocksStore::open(options, nullptr);
    REQUIRE(store.ok());
    RocksDisk disk(**store, [](std::vector<DiskEvent>) {});
    for (int round = 0; round < 2; ++round) {
      const uint64_t before = read_log_mark(temp.path())->bytes;
      Batch batch;
      batch.put(0, "k", "v");
      disk.commit(ActorId{}, 1, std::move(batch));
      disk.end_turn();
      uint64_t after = before;
      for (int wait = 0; wait < 500 && after == before; ++wait) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        after = read_log_mark(temp.path())->bytes;
      }
      CHECK(after > before);
      CHECK(read_log_mark(temp.path())->buffered == buffered);
    }
  }
}

// Two logs that are both needed, `puts` writes in each, and the second one's writes.
struct TwoLogs {
  TwoLogs() {
    const auto opened = RocksStore::open(options_in(temp.path() + "/live"), nullptr);
    REQUIRE(opened.ok());
    RocksStore& store = **opened;
    RocksDisk disk(store, [](std::vector<DiskEvent>) {});
    for (int n = 0; n < 4; ++n) {
      Batch batch;
      batch.put(0, key(n), "v");
      batch.put(1, key(n), "v");
      REQUIRE(disk.commit_at_start(batch).ok());
      // One family's writes of the first log stay where they are.
      if (n == 1) REQUIRE(store.db().Flush({}, store.family(1)).ok());
    }
    fs::copy(temp.path() + "/live", directory());
    for (const auto& entry : fs::directory_iterator(directory()))
      if (entry.path().extension() == ".log") logs.push_back(entry.path().string());
    std::sort(logs.begin(), logs.end());
    REQUIRE(logs.size() == 2);
  }
  std::string directory() const { return temp.path() + "/store"; }
  absl::Status start(bool accept = false) const {
    RocksStoreOptions options = options_in(directory());
    options.accept_log_loss = accept;
    return RocksStore::open(options, nullptr).status();
  }

  TempDir temp;
  std::vector<std::string> logs;
};

TEST_CASE("log check: of several logs none may be missing, short or damaged") {
  CHECK(TwoLogs().start().ok());
  {
    const TwoLogs two;
    fs::remove(two.logs[0]);
    const absl::Status status = two.start();
    CHECK(absl::IsDataLoss(status));
    CHECK(contains(text_of(status), "--accept-log-loss"));
    CHECK(two.start(true).ok());
    CHECK(two.start().ok());
  }
  {
    const TwoLogs two;
    fs::resize_file(two.logs[0], fs::file_size(two.logs[0]) - 1);
    CHECK(absl::IsDataLoss(two.start()));
    const absl::Status status = check_logs(two.directory(), 0, false).status();
    CHECK(absl::IsDataLoss(status));
    CHECK(contains(text_of(status), two.logs[0]));
    CHECK(contains(text_of(status), "whole records behind the damage: 2"));
  }
  {
    // Cut between two records: only their numbers tell.
    const TwoLogs two;
    const uint64_t size = fs::file_size(two.logs[0]);
    fs::resize_file(two.logs[0], size - fs::file_size(two.logs[1]) / 2);
    CHECK(absl::IsDataLoss(two.start()));
    const absl::Status status = check_logs(two.directory(), 0, false).status();
    CHECK(absl::IsDataLoss(status));
    CHECK(contains(text_of(status), two.logs[1]));
    CHECK(contains(text_of(status), "it begins with sequence"));
  }
}

TEST_CASE("log check: a log that is in tables as a whole may be damaged or come back") {
  TwoLogs two;
  const std::string saved = two.temp.path() + "/old.log";
  fs::copy(two.logs[0], saved);
  REQUIRE(two.start().ok());
  REQUIRE_FALSE(fs::exists(two.logs[0]));
  fs::copy(saved, two.logs[0]);
  std::fstream(two.logs[0], std::ios::in | std::ios::out | std::ios::binary).put('x');
  CHECK(two.start().ok());
}

TEST_CASE("log check: a start that cut a tail and was interrupted is no damage to the next") {
  Crashed store(3);
  fs::resize_file(store.log(), store.ends[2] - 3);
  const std::string torn = store.directory() + "/../torn";
  fs::copy(store.log(), torn);
  {
    const auto opened = RocksStore::open(options_in(store.directory()), nullptr);
    REQUIRE(opened.ok());
  }
  // The new log goes on where the torn one was cut.
  fs::copy(torn, store.log());
  CHECK(check_logs(store.directory(), store.number, false).value() == "");
}

}  // namespace
}  // namespace vordb::io
