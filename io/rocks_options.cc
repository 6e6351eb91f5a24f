#include "io/rocks_options.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "rocksdb/cache.h"
#include "rocksdb/env.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/options.h"
#include "rocksdb/table.h"
#include "rocksdb/write_buffer_manager.h"

namespace vordb::io {

namespace {

constexpr uint64_t kMiB = 1 << 20;

class ForwardingLogger : public rocksdb::Logger {
 public:
  explicit ForwardingLogger(std::function<void(std::string_view)> log)
      : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), log_(std::move(log)) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    if (!log_) return;
    char text[1024];
    const int size = std::vsnprintf(text, sizeof text, format, arguments);
    if (size > 0) log_(std::string_view(text, std::min<size_t>(size_t(size), sizeof text - 1)));
  }

 private:
  const std::function<void(std::string_view)> log_;
};

}  // namespace

rocksdb::DBOptions database_options(const RocksStoreOptions& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.paranoid_checks = true;
  // A torn last write is dropped whole. That nothing else is dropped with it is seen to before
  // (io/rocks_log_check.cc); a closed log that is missing or too short RocksDB reports itself.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.track_and_verify_wals_in_manifest = !options.accept_log_loss;
  db.verify_sst_unique_id_in_manifest = true;
  // A failed write is never retried: the process ends (io/group_commit.cc).
  db.max_bgerror_resume_count = 0;
  // Bounds what a restart replays; the default is four times all write buffers.
  db.max_total_wal_size = 64 * kMiB;
  const uint64_t budget = options.cf_write_buffer_size_mb * kMiB * (options.column_families + 1u);
  db.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(budget);
  // There is one writing thread: concurrency between writers only costs.
  db.allow_concurrent_memtable_write = false;
  db.enable_write_thread_adaptive_yield = false;
  // Deleting files is no work for a shard's thread.
  db.avoid_unnecessary_blocking_io = true;
  // The log holds it already; it is synced when the store closes.
  db.avoid_flush_during_shutdown = true;
  db.skip_stats_update_on_db_open = true;
  db.max_background_jobs = 2;
  db.max_open_files = int(options.max_open_files);
  db.bytes_per_sync = kMiB;
  db.max_manifest_file_size = 16 * kMiB;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  // Not RocksDB's own file LOG: on a full device it aborts the process (Debian's build has
  // assertions) before the process could say why.
  db.info_log = std::make_shared<ForwardingLogger>(options.log);
  return db;
}

rocksdb::ColumnFamilyOptions family_options(const RocksStoreOptions& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_size_mb * kMiB);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;

  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = options.cf_write_buffer_size_mb * kMiB;
  family.max_write_buffer_number = 3;
  // In proportion to the small write buffers: level 1 is what four flushes make, times four.
  family.max_bytes_for_level_base = std::max<uint64_t>(16 * kMiB, 16 * family.write_buffer_size);
  family.target_file_size_base = std::max<uint64_t>(4 * kMiB, 4 * family.write_buffer_size);
  // What is young is rewritten soon: not worth the CPU.
  const auto lz4 = rocksdb::kLZ4Compression;
  const auto none = rocksdb::kNoCompression;
  family.compression_per_level = {none, none, lz4, lz4, lz4, lz4, lz4};
  return family;
}

}  // namespace vordb::io
