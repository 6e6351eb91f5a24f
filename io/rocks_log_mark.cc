#include "io/rocks_log_mark.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "io/rocks_log_scan.h"
#include "rocksdb/db.h"
#include "rocksdb/transaction_log.h"

namespace vordb::io {
namespace {

// No name that RocksDB gives a file of its own; it leaves others alone.
constexpr char kName[] = "/SYNCED";
constexpr char kNewName[] = "/SYNCED.new";

std::string to_text(const LogMark& mark) {
  const std::string text = absl::StrCat(
      "synced 1\nlog ", mark.log, "\nbytes ", mark.bytes, "\nsequence ", mark.sequence,
      "\ndurability ", mark.buffered ? "buffered" : "fsync", "\nboot ", mark.boot, "\n");
  return absl::StrCat(text, "crc32c ", absl::StrFormat("%08x", crc32c(text)), "\n");
}

std::optional<LogMark> from_text(const std::string& text) {
  LogMark mark;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(line, absl::MaxSplits(' ', 1));
    if (field.first == "log" && !absl::SimpleAtoi(field.second, &mark.log)) return std::nullopt;
    if (field.first == "bytes" && !absl::SimpleAtoi(field.second, &mark.bytes)) return std::nullopt;
    if (field.first == "sequence" && !absl::SimpleAtoi(field.second, &mark.sequence))
      return std::nullopt;
    if (field.first == "durability") mark.buffered = field.second == "buffered";
    if (field.first == "boot") mark.boot = std::string(field.second);
  }
  // Written anew it is the same, checksum and all: so nothing in it is strange.
  return to_text(mark) == text ? std::optional(mark) : std::nullopt;
}

absl::Status failure(const std::string& path) {
  return absl::UnavailableError(absl::StrCat(path, ": ", std::strerror(errno)));
}

absl::Status sync_path(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) return failure(path);
  const absl::Status status = ::fsync(fd) == 0 ? absl::OkStatus() : failure(path);
  ::close(fd);
  return status;
}

}  // namespace

std::string kernel_boot() {
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  return boot;
}

absl::StatusOr<LogMark> read_log_mark(const std::string& directory) {
  const std::string path = directory + kName;
  if (!std::filesystem::exists(path)) return absl::NotFoundError(path);
  std::ifstream in(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (const std::optional<LogMark> mark = from_text(text)) return *mark;
  return absl::DataLossError(
      absl::StrCat(path, ", which says how far the log is synced, is damaged"));
}

absl::Status write_log_mark(const std::string& directory, const LogMark& mark) {
  const std::string path = directory + kNewName;
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << to_text(mark);
  out.close();
  if (!out) return failure(path);
  if (absl::Status status = sync_path(path, O_RDONLY); !status.ok()) return status;
  if (std::rename(path.c_str(), (directory + kName).c_str()) != 0) return failure(path);
  return sync_path(directory, O_RDONLY | O_DIRECTORY);
}

LogMarker::LogMarker(rocksdb::DB& db, std::string directory, bool buffered, Log log)
    : db_(db), directory_(std::move(directory)), buffered_(buffered), log_(std::move(log)) {
  if (const std::optional<LogMark> mark = look()) write(*mark);
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "log mark");
}

LogMarker::~LogMarker() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void LogMarker::mark() {
  std::optional<LogMark> mark = look();
  if (!mark) return;
  {
    const std::lock_guard lock(mutex_);
    next_ = std::move(mark);
  }
  wake_.notify_one();
}

std::optional<LogMark> LogMarker::look() const {
  std::unique_ptr<rocksdb::LogFile> log;
  if (!db_.GetCurrentWalFile(&log).ok() || !log) return std::nullopt;
  return LogMark{log->LogNumber(), log->SizeFileBytes(), db_.GetLatestSequenceNumber(), buffered_,
                 boot_};
}

void LogMarker::write(const LogMark& mark) {
  const absl::Status status = write_log_mark(directory_, mark);
  // Once, not each second of a full disk.
  if (!status.ok() && !failed_ && log_)
    log_(absl::StrCat("cannot note how far the log is synced: ", status.message()));
  failed_ = !status.ok();
}

void LogMarker::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_ || next_; });
    if (!next_) return;
    const LogMark mark = *std::exchange(next_, std::nullopt);
    lock.unlock();
    write(mark);
    lock.lock();
  }
}

}  // namespace vordb::io
