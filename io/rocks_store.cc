#include "io/rocks_store.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/assert.h"
#include "io/group_commit.h"
#include "io/read_pool.h"
#include "io/rocks_log_check.h"
#include "io/rocks_log_mark.h"
#include "io/rocks_options.h"
#include "io/steady_time.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"

namespace vordb::io {

namespace {

constexpr uint64_t kSpaceCheckUs = 100'000;
constexpr size_t kReadThreads = 2;

// The store's own family is RocksDB's default one. Its records, in decimal:
constexpr char kFormatKey[] = "format";
constexpr char kFamiliesKey[] = "column_families";
constexpr uint32_t kFormat = 1;

std::string family_name(Family family) {
  return family == kMetaFamily ? "meta" : absl::StrCat("data", family);
}

// True when someone else holds RocksDB's lock: how to tell that from other I/O errors without
// reading texts.
bool locked(const std::string& directory) {
  rocksdb::Env* env = rocksdb::Env::Default();
  rocksdb::FileLock* lock = nullptr;
  if (!env->FileExists(directory + "/LOCK").ok()) return false;
  if (!env->LockFile(directory + "/LOCK", &lock).ok()) return true;
  env->UnlockFile(lock);
  return false;
}

}  // namespace

absl::Status to_absl(const rocksdb::Status& status, Family family) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = absl::StrCat("family ", family, ": ", status.ToString());
  return status.IsCorruption() ? absl::DataLossError(text) : absl::UnavailableError(text);
}

absl::StatusOr<std::unique_ptr<RocksStore>> RocksStore::open(const RocksStoreOptions& options,
                                                             Fatal fatal) {
  std::unique_ptr<RocksStore> store(new RocksStore(options, std::move(fatal)));
  if (absl::Status status = store->open_database(); !status.ok()) return status;
  if (absl::Status status = store->complete_families(); !status.ok()) return status;
  store->read_pool_ = std::make_unique<ReadPool>(kReadThreads);
  store->log_marker_ =
      std::make_unique<LogMarker>(*store->db_, options.directory, options.buffered, options.log);
  store->group_commit_ = std::make_unique<GroupCommit>(
      *store->db_, store->families_,
      GroupCommit::Options{options.buffered, options.sync_interval_ms}, *store->log_marker_,
      store->fatal_);
  return store;
}

RocksStore::RocksStore(RocksStoreOptions options, Fatal fatal)
    : options_(std::move(options)), fatal_(std::move(fatal)) {}

RocksStore::~RocksStore() {
  group_commit_.reset();
  log_marker_.reset();
  read_pool_.reset();
  if (!db_) return;
  for (rocksdb::ColumnFamilyHandle* family : families_) {
    if (family) db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
  }
  if (own_family_) db_->DestroyColumnFamilyHandle(own_family_).PermitUncheckedError();
  // All that was acknowledged is in the log: nothing is lost when closing fails.
  db_->Close().PermitUncheckedError();
}

rocksdb::ColumnFamilyHandle* RocksStore::family(Family family) const {
  VORDB_ASSERT(family < families_.size(), "the family exists");
  return families_[family];
}

absl::Status RocksStore::open_database() {
  std::error_code error;
  std::filesystem::create_directories(options_.directory, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat("cannot create the data directory ",
                                               options_.directory, ": ", error.message()));
  }
  const rocksdb::Status current =
      rocksdb::Env::Default()->FileExists(options_.directory + "/CURRENT");
  // RocksDB refuses to make a new database where logs of another one lie: a lost CURRENT does not
  // wipe a store.
  if (current.IsNotFound()) return open_families({rocksdb::kDefaultColumnFamilyName});
  if (absl::Status status = check_database(); !status.ok()) return status;
  std::vector<std::string> names;
  const rocksdb::Status listed =
      rocksdb::DB::ListColumnFamilies(database_options(options_), options_.directory, &names);
  if (!listed.ok()) return explain(listed);
  return open_families(std::move(names));
}

// What will be cut from the logs, or why they cannot be opened as they are.
absl::StatusOr<std::string> RocksStore::look_at_logs() const {
  const absl::StatusOr<uint64_t> oldest = oldest_needed_log(options_);
  if (oldest.ok()) return check_logs(options_.directory, *oldest, options_.buffered);
  return absl::Status(
      oldest.status().code(),
      absl::StrCat("the data directory ", options_.directory, ": ", oldest.status().message()));
}

// Before RocksDB sees the logs: what it cuts from them is gone.
absl::Status RocksStore::check_database() {
  // Another process writes to logs that would look torn.
  if (locked(options_.directory)) return in_use();
  const absl::StatusOr<std::string> cut = look_at_logs();
  const std::string text(cut.ok() ? *cut : cut.status().message());
  if (absl::IsDataLoss(cut.status()) && !options_.accept_log_loss) {
    return absl::DataLossError(absl::StrCat(
        text,
        ". Restore what is damaged. In a cluster, replace this node (vordb-cli replace) and start "
        "it with --fresh_start. To go on without what is lost, start once with "
        "--accept-log-loss"));
  }
  if (!cut.ok() && !absl::IsDataLoss(cut.status())) return cut.status();
  if (text.empty() || !options_.log) return absl::OkStatus();
  options_.log(
      cut.ok() ? text
               : absl::StrCat("writes that were acknowledged are gone, accepted as lost: ", text));
  return absl::OkStatus();
}

// Opens the families that are there; those that are missing stay null in families_.
absl::Status RocksStore::open_families(std::vector<std::string> names) {
  const rocksdb::ColumnFamilyOptions family = family_options(options_);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& name : names) descriptors.emplace_back(name, family);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::Open(database_options(options_), options_.directory, descriptors, &handles, &db);
  if (!opened.ok()) return explain(opened);
  db_.reset(db);
  families_.assign(std::max<size_t>(handles.size() - 1, options_.column_families + 1u), nullptr);
  bool strange = false;
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    if (handle->GetName() == rocksdb::kDefaultColumnFamilyName) {
      own_family_ = handle;
      continue;
    }
    const auto is_free = [&](Family at) { return families_[at] == nullptr; };
    Family at = 0;
    while (at < families_.size() && !(is_free(at) && handle->GetName() == family_name(at))) ++at;
    if (at == families_.size()) {
      strange = true;
      db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
    } else {
      families_[at] = handle;
    }
  }
  if (!strange) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(options_.directory, " holds a RocksDB database that is not a VorDB store"));
}

// Makes the families of a new store; a crash in the middle of that leaves a store without its
// record, and this goes on.
absl::Status RocksStore::complete_families() {
  std::string format;
  rocksdb::Status status = db_->Get({}, own_family_, kFormatKey, &format);
  if (!status.ok() && !status.IsNotFound()) return explain(status);
  std::string count_text;
  uint32_t count = 0;
  if (status.ok()) {
    status = db_->Get({}, own_family_, kFamiliesKey, &count_text);
    uint32_t found_format = 0;
    if (!absl::SimpleAtoi(format, &found_format) || !absl::SimpleAtoi(count_text, &count)) {
      return absl::DataLossError(
          absl::StrCat(options_.directory, ": the store's own records are damaged"));
    }
    if (found_format != kFormat) {
      return absl::FailedPreconditionError(absl::StrCat(
          options_.directory, " has format ", found_format, "; this program knows ", kFormat));
    }
    if (count < options_.column_families) {
      return absl::FailedPreconditionError(
          absl::StrCat(options_.directory, " was created with column_families = ", count, ", not ",
                       options_.column_families, "; the number is fixed when a node is created"));
    }
    const bool all = families_.size() == count + 1u &&
                     std::find(families_.begin(), families_.end(), nullptr) == families_.end();
    return all ? absl::OkStatus()
               : absl::DataLossError(
                     absl::StrCat(options_.directory, " has lost some of its column families"));
  }
  for (size_t at = 0; at < families_.size(); ++at) {
    if (families_[at]) continue;
    status =
        db_->CreateColumnFamily(family_options(options_), family_name(Family(at)), &families_[at]);
    if (!status.ok()) return explain(status);
  }
  rocksdb::WriteBatch batch;
  rocksdb::WriteOptions synced;
  synced.sync = true;
  batch.Put(own_family_, kFormatKey, absl::StrCat(kFormat));
  batch.Put(own_family_, kFamiliesKey, absl::StrCat(families_.size() - 1));
  status = db_->Write(synced, &batch);
  return status.ok() ? absl::OkStatus() : explain(status);
}

// Of a failed open.
absl::Status RocksStore::explain(const rocksdb::Status& status) const {
  const std::string text =
      absl::StrCat("the data directory ", options_.directory, ": ", status.ToString());
  if (status.IsCorruption()) return absl::DataLossError(text);
  if (!db_ && locked(options_.directory)) return in_use();
  return absl::UnavailableError(text);
}

absl::Status RocksStore::in_use() const {
  return absl::FailedPreconditionError(
      absl::StrCat("the data directory ", options_.directory, " is in use by another process"));
}

FreeSpace RocksStore::free_space() {
  const uint64_t reserve = options_.min_free_mb << 20;
  const uint64_t now_us = steady_us();
  const uint64_t checked_us = space_checked_us_.load(std::memory_order_relaxed);
  const uint64_t committed = committed_since_look_.load(std::memory_order_relaxed);
  if (checked_us != 0 && now_us - checked_us < kSpaceCheckUs && committed <= reserve / 16) {
    return free_space_.load(std::memory_order_relaxed);
  }
  space_checked_us_.store(now_us, std::memory_order_relaxed);
  committed_since_look_.store(0, std::memory_order_relaxed);
  struct statvfs stats;
  // When the file system does not even answer, it is no place to write to.
  const bool answers = ::statvfs(options_.directory.c_str(), &stats) == 0;
  const uint64_t free = answers ? uint64_t(stats.f_bavail) * stats.f_frsize : 0;
  const FreeSpace space = answers && free >= reserve       ? FreeSpace::kEnough
                          : answers && free >= reserve / 2 ? FreeSpace::kLow
                                                           : FreeSpace::kLittle;
  free_space_.store(space, std::memory_order_relaxed);
  return space;
}

}  // namespace vordb::io
