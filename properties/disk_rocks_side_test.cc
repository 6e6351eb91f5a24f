// The real side of the Disk contract (disk_rocks_side.h), and that a second process is kept out of
// a directory.
#include "properties/disk_rocks_side.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <utility>

#include <doctest/doctest.h>

#include "absl/strings/str_split.h"
#include "core/assert.h"
#include "io/rocks_disk.h"
#include "properties/disk_model.h"

namespace vordb::properties {

namespace {

// Set for a process that a Writer or open_elsewhere() started: what it has to do.
constexpr char kOrders[] = "VORDB_DISK_CHILD";
constexpr int kToldFd = 3;

class RocksSide : public DiskSide {
 public:
  explicit RocksSide(io::RocksStoreOptions options) : options_(std::move(options)) { open(); }
  ~RocksSide() override { close(); }

  std::string name() const override {
    return options_.buffered ? "rocks, buffered" : "rocks, fsync";
  }
  Disk& disk(uint16_t shard) override { return *disks_[shard]; }
  void reopen() override {
    close();
    open();
  }

 protected:
  void wait() override {
    std::unique_lock lock(mutex_);
    posted_.wait(lock, [this] { return !inbox_.empty(); });
    for (Event& event : inbox_) arrived_.push_back(std::move(event));
    inbox_.clear();
  }

 private:
  void open() {
    auto opened = io::RocksStore::open(options_, [](std::string_view) {});
    REQUIRE_MESSAGE(opened.ok(), opened.status());
    store_ = *std::move(opened);
    for (uint16_t shard = 0; shard < kShards; ++shard) {
      disks_.push_back(
          std::make_unique<io::RocksDisk>(*store_, [this, shard](std::vector<DiskEvent> events) {
            const std::lock_guard lock(mutex_);
            for (DiskEvent& event : events) inbox_.push_back({shard, std::move(event)});
            posted_.notify_one();
          }));
    }
  }

  void close() {
    disks_.clear();
    store_.reset();
  }

  io::RocksStoreOptions options_;
  std::mutex mutex_;
  std::condition_variable posted_;
  std::vector<Event> inbox_;  // under mutex_
  std::unique_ptr<io::RocksStore> store_;
  std::vector<std::unique_ptr<io::RocksDisk>> disks_;
};

class RocksSideInTemp : public DiskSide {
 public:
  explicit RocksSideInTemp(bool buffered)
      : side_(std::make_unique<RocksSide>(small_store(temp_.store(), buffered))) {}
  std::string name() const override { return side_->name(); }
  Disk& disk(uint16_t shard) override { return side_->disk(shard); }
  void reopen() override { side_->reopen(); }

 protected:
  void wait() override { arrived_.push_back(side_->next_event()); }

 private:
  TempDirectory temp_;
  std::unique_ptr<RocksSide> side_;
};

// This program again, to run the case below with `orders`; not a bare fork, because RocksDB's
// threads would be missing.
int start_child(const std::string& orders, int told_fd) {
  const int pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid != 0) return pid;
  if (told_fd == kToldFd) {
    ::fcntl(kToldFd, F_SETFD, 0);
  } else {
    ::dup2(told_fd, kToldFd);
  }
  ::setenv(kOrders, orders.c_str(), 1);
  ::execl("/proc/self/exe", "disk-child", "--no-skip", "--test-case=be the disk's other process",
          nullptr);
  ::_exit(127);
}

void tell(const void* bytes, size_t size) {
  // A pipe takes that little whole; when nobody listens any more there is nobody to tell.
  if (::write(kToldFd, bytes, size) != ssize_t(size)) ::_exit(1);
}

void tell_number(uint64_t n) { tell(&n, sizeof n); }

[[noreturn]] void write_until_killed(const std::string& directory, uint64_t seed, bool buffered) {
  io::RocksStoreOptions options = small_store(directory, buffered);
  auto store = io::RocksStore::open(options, [](std::string_view) {});
  if (!store.ok()) ::_exit(1);
  std::mutex mutex;
  std::condition_variable freed;
  uint64_t durable = 0;
  io::RocksDisk disk(**store, [&](std::vector<DiskEvent> events) {
    tell_number(events.back().op);
    const std::lock_guard lock(mutex);
    durable = events.back().op;
    freed.notify_one();
  });
  sim::Chooser chooser(seed);
  for (uint64_t n = 0;;) {
    for (uint64_t burst = chooser.between(1, 5); burst > 0; --burst) {
      ++n;
      disk.commit(ActorId{}, n, numbered_batch(seed, n, DiskSide::kFamilies));
    }
    disk.end_turn();
    // What a read shows must be there after a crash just as what was acknowledged.
    const uint64_t seen = number_in(disk.read_at_start(DiskSide::point(kMetaFamily, "n")).records);
    if (seen != 0) tell_number(seen);
    std::unique_lock lock(mutex);
    freed.wait(lock, [&] { return durable + 20 > n; });
  }
}

TEST_CASE("be the disk's other process" * doctest::skip()) {
  const char* orders = std::getenv(kOrders);
  REQUIRE(orders != nullptr);
  const std::vector<std::string> words = absl::StrSplit(orders, '|');
  if (words[0] == "write") write_until_killed(words[1], std::stoull(words[2]), words[3] == "1");
  const auto store = io::RocksStore::open(small_store(words[1], false), nullptr);
  const std::string text = store.status().ToString();
  tell(text.data(), text.size());
  ::_exit(0);
}

TEST_CASE("disk, rocks: a second process is kept out of the directory, with a clear error") {
  TempDirectory temp;
  {
    const auto side = make_rocks_side(small_store(temp.store(), false));
    const std::string refused = open_elsewhere(temp.store());
    CHECK(refused.find("FAILED_PRECONDITION") != std::string::npos);
    CHECK(refused.find(temp.store() + " is in use by another process") != std::string::npos);
  }
  CHECK(open_elsewhere(temp.store()) == "OK");
}

}  // namespace

std::vector<std::string> TempDirectory::files(const std::string& ending) const {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(store())) {
    if (entry.path().string().ends_with(ending)) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

io::RocksStoreOptions small_store(const std::string& directory, bool buffered) {
  io::RocksStoreOptions options;
  options.directory = directory;
  options.column_families = DiskSide::kFamilies - 1;
  options.cf_write_buffer_size_mb = 1;
  options.block_cache_size_mb = 8;
  options.min_free_mb = 8;
  options.buffered = buffered;
  options.sync_interval_ms = 20;
  return options;
}

std::unique_ptr<DiskSide> make_rocks_side(const io::RocksStoreOptions& options) {
  return std::make_unique<RocksSide>(options);
}

std::unique_ptr<DiskSide> make_rocks_side(bool buffered) {
  return std::make_unique<RocksSideInTemp>(buffered);
}

std::vector<std::unique_ptr<DiskSide>> make_all_sides() {
  std::vector<std::unique_ptr<DiskSide>> sides;
  for (uint64_t seed = 0; seed < 6; ++seed) sides.push_back(make_sim_side(seed));
  for (const bool buffered : {false, true}) sides.push_back(make_rocks_side(buffered));
  return sides;
}

Writer::Writer(const std::string& directory, uint64_t seed, bool buffered) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const std::string orders =
      "write|" + directory + "|" + std::to_string(seed) + "|" + (buffered ? "1" : "0");
  pid_ = start_child(orders, ends[1]);
  ::close(ends[1]);
  pipe_ = ends[0];
}

Writer::~Writer() {
  if (pid_ != 0) kill();
  ::close(pipe_);
}

uint64_t Writer::next_told() {
  uint64_t n = 0;
  return ::read(pipe_, &n, sizeof n) == ssize_t(sizeof n) ? n : 0;
}

void Writer::kill() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

int Writer::exit_code() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string open_elsewhere(const std::string& directory) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const int pid = start_child("open|" + directory, ends[1]);
  ::close(ends[1]);
  std::string text;
  char buffer[512];
  for (ssize_t got; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, size_t(got));
  }
  ::close(ends[0]);
  ::waitpid(pid, nullptr, 0);
  return text;
}

}  // namespace vordb::properties
