#include "io/rocks_log_check.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "io/rocks_log_mark.h"
#include "io/rocks_log_scan.h"
#include "io/rocks_options.h"
#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "rocksdb/wal_filter.h"

namespace vordb::io {
namespace {

// Keeps the logs from being replayed only to learn which are needed.
class NoReplay : public rocksdb::WalFilter {
 public:
  WalProcessingOption LogRecord(const rocksdb::WriteBatch&, rocksdb::WriteBatch*,
                                bool*) const override {
    return WalProcessingOption::kStopReplay;
  }
  const char* Name() const override { return "no replay"; }
};

using Logs = std::map<uint64_t, std::filesystem::path>;

Logs logs_in(const std::string& directory, uint64_t oldest) {
  Logs logs;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    uint64_t number = 0;
    if (entry.path().extension() != ".log") continue;
    if (!absl::SimpleAtoi(entry.path().stem().string(), &number) || number < oldest) continue;
    logs.emplace(number, entry.path());
  }
  return logs;
}

struct Damage {
  uint64_t log = 0;
  uint64_t offset = 0;
  std::string what;
};

// What lies in the logs, in the order in which RocksDB reads them.
class Walk {
 public:
  void record(uint64_t log, const LogRecord& record) {
    const bool begins_log = std::exchange(log_, log) != log;
    // The end of an earlier log was torn, an earlier start cut it and went on in this log.
    if (damage_ && begins_log && behind_ == 0 && record.sequence == next_) damage_.reset();
    if (!damage_ && next_ != 0 && record.sequence != next_) {
      damage(log, record.offset,
             absl::StrCat("it begins with sequence ", record.sequence, ", due is ", next_));
    }
    if (damage_) {
      ++behind_;
      last_behind_ = record.sequence + record.writes - 1;
    } else {
      next_ = record.sequence + record.writes;
    }
  }
  void damage(uint64_t log, uint64_t offset, std::string what) {
    if (!damage_) damage_ = Damage{log, offset, std::move(what)};
  }

  const std::optional<Damage>& damage() const { return damage_; }
  uint64_t next() const { return next_; }      // after the last record before the damage
  uint64_t behind() const { return behind_; }  // whole records behind the damage
  uint64_t last_behind() const { return last_behind_; }

 private:
  std::optional<Damage> damage_;
  uint64_t log_ = 0;
  uint64_t next_ = 0;  // 0: unknown
  uint64_t behind_ = 0;
  uint64_t last_behind_ = 0;
};

absl::Status walk_log(uint64_t number, const std::filesystem::path& path,
                      const std::optional<LogMark>& mark, Walk& walk) {
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  std::string log(error ? 0 : size, '\0');
  std::ifstream in(path, std::ios::binary);
  if (error || !in.read(log.data(), std::streamsize(log.size())))
    return absl::UnavailableError(absl::StrCat("cannot read ", path.string()));
  LogVisitor visitor;
  visitor.record = [&](const LogRecord& record) { walk.record(number, record); };
  visitor.damage = [&](uint64_t offset, std::string_view what) {
    walk.damage(number, offset, std::string(what));
  };
  scan_log(log, number, visitor);
  if (mark && mark->log == number && log.size() < mark->bytes)
    walk.damage(number, log.size(), absl::StrCat("the file ends, ", mark->bytes, " were synced"));
  return absl::OkStatus();
}

std::string sequences(uint64_t from, uint64_t to) {
  if (from == 0) return absl::StrCat("all up to sequence ", to);
  return absl::StrCat("sequences ", from, " to ", std::max(from, to));
}

// Bytes from the damage to the end of the last log.
uint64_t bytes_from(const Logs& logs, const Damage& damage) {
  uint64_t bytes = 0;
  std::error_code ignored;
  for (auto at = logs.find(damage.log); at != logs.end(); ++at)
    bytes += std::filesystem::file_size(at->second, ignored);
  return bytes - damage.offset;
}

}  // namespace

absl::StatusOr<uint64_t> oldest_needed_log(const RocksStoreOptions& options) {
  NoReplay no_replay;
  RocksStoreOptions quiet = options;
  quiet.log = nullptr;
  rocksdb::DBOptions probe = database_options(quiet);
  probe.wal_filter = &no_replay;
  probe.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
  // Switched off it would be a change to the manifest, which reading must not make.
  probe.track_and_verify_wals_in_manifest = true;
  const std::vector<rocksdb::ColumnFamilyDescriptor> own = {
      {rocksdb::kDefaultColumnFamilyName, family_options(options)}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::OpenForReadOnly(probe, options.directory, own, &handles, &raw);
  if (opened.IsCorruption()) return absl::DataLossError(opened.ToString());
  if (!opened.ok()) return absl::UnavailableError(opened.ToString());
  const std::unique_ptr<rocksdb::DB> db(raw);
  for (rocksdb::ColumnFamilyHandle* handle : handles)
    db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  uint64_t oldest = 0;
  if (!db->GetIntProperty(rocksdb::DB::Properties::kMinLogNumberToKeep, &oldest))
    return absl::UnavailableError("RocksDB does not tell which logs it needs");
  return oldest;
}

absl::StatusOr<std::string> check_logs(const std::string& directory, uint64_t oldest,
                                       bool buffered) {
  const absl::StatusOr<LogMark> read = read_log_mark(directory);
  if (absl::IsDataLoss(read.status())) return read.status();
  std::optional<LogMark> mark;
  // What was synced in older logs is in table files by now.
  if (read.ok() && read->log >= oldest) mark = *read;
  const Logs logs = logs_in(directory, oldest);
  if (mark && !logs.contains(mark->log)) {
    return absl::DataLossError(absl::StrFormat(
        "%s/%06u.log is missing: lost is all that was written to it, %u bytes of it synced",
        directory, mark->log, mark->bytes));
  }
  Walk walk;
  for (const auto& [number, path] : logs) {
    if (absl::Status status = walk_log(number, path, mark, walk); !status.ok()) return status;
  }
  if (!walk.damage()) return "";
  const Damage& damage = *walk.damage();
  const uint64_t bytes = bytes_from(logs, damage);
  const std::string place = absl::StrCat(logs.at(damage.log).string(), ": the record at byte ",
                                         damage.offset, " is damaged (", damage.what, ")");
  const bool was_synced =
      mark && (damage.log < mark->log || (damage.log == mark->log && damage.offset < mark->bytes));
  if (was_synced) {
    return absl::DataLossError(
        absl::StrCat(place, ": lost are ", bytes, " bytes with ",
                     sequences(walk.next(), std::max(mark->sequence, walk.last_behind())),
                     ", which were synced up to ", mark->sequence));
  }
  const bool had_holes =
      read.ok() ? read->buffered && (read->boot.empty() || read->boot != kernel_boot()) : buffered;
  if (walk.behind() > 0 && !had_holes) {
    return absl::DataLossError(absl::StrCat(place, ": lost are ", bytes, " bytes with ",
                                            sequences(walk.next(), walk.last_behind()),
                                            "; whole records behind the damage: ", walk.behind()));
  }
  return absl::StrCat(place, ": taken for a write that was under way; cut are ", bytes,
                      " bytes; whole records behind the damage: ", walk.behind());
}

}  // namespace vordb::io
