// The scanner on logs that RocksDB wrote: each whole record is found, whatever is wrong with the
// others, and none that is not whole.
#include "io/rocks_log_scan.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/testing/files.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"

namespace vordb::io {
namespace {

// A log and where each of its records ends. Record n has sequence n + 1.
struct WrittenLog {
  std::string bytes;
  uint64_t number = 0;
  std::vector<uint64_t> ends;

  uint64_t begin(size_t record) const { return record == 0 ? 0 : ends[record - 1]; }
};

WrittenLog write_log(const std::vector<size_t>& value_bytes, bool recyclable = false) {
  TempDir temp;
  rocksdb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = 64 << 20;
  options.avoid_flush_during_shutdown = true;
  // Of the recovery modes this one goes with recycled files.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
  options.recycle_log_file_num = recyclable ? 1 : 0;
  rocksdb::DB* raw = nullptr;
  REQUIRE(rocksdb::DB::Open(options, temp.path(), &raw).ok());
  const std::unique_ptr<rocksdb::DB> db(raw);
  WrittenLog log;
  std::unique_ptr<rocksdb::LogFile> file;
  for (size_t record = 0; record < value_bytes.size(); ++record) {
    const std::string value(value_bytes[record], char('a' + record % 26));
    REQUIRE(db->Put({}, std::to_string(record), value).ok());
    REQUIRE(db->GetCurrentWalFile(&file).ok());
    log.ends.push_back(file->SizeFileBytes());
  }
  log.number = file->LogNumber();
  log.bytes = read_file(temp.path() + file->PathName());
  REQUIRE(log.bytes.size() == log.ends.back());
  return log;
}

struct Scan {
  std::vector<uint64_t> sequences;
  std::vector<uint64_t> damages;
};

Scan scan(const std::string& bytes, uint64_t number) {
  Scan scan;
  LogVisitor visitor;
  visitor.record = [&](const LogRecord& record) {
    CHECK(record.writes == 1);
    scan.sequences.push_back(record.sequence);
  };
  visitor.damage = [&](uint64_t offset, std::string_view) { scan.damages.push_back(offset); };
  scan_log(bytes, number, visitor);
  return scan;
}

std::vector<uint64_t> all_but(size_t records, size_t missing) {
  std::vector<uint64_t> sequences;
  for (size_t record = 0; record < records; ++record)
    if (record != missing) sequences.push_back(record + 1);
  return sequences;
}

const std::vector<size_t> kSmall = {10, 0, 33, 7, 20};
// Records that end at each of the last bytes of a block, and some of many blocks.
std::vector<size_t> large() {
  std::vector<size_t> sizes = {100000, 32768, 5};
  for (size_t left = 0; left < 30; ++left) sizes.insert(sizes.end(), {32700 - left, 3});
  return sizes;
}

TEST_CASE("log scan: the checksum is CRC-32C") { CHECK(crc32c("123456789") == 0xE3069283u); }

TEST_CASE("log scan: an undamaged log is whole, over blocks and in both forms of header") {
  for (const bool recyclable : {false, true}) {
    for (const std::vector<size_t>& sizes : {kSmall, large()}) {
      const WrittenLog log = write_log(sizes, recyclable);
      const Scan found = scan(log.bytes, log.number);
      CHECK(found.sequences == all_but(sizes.size(), sizes.size()));
      CHECK(found.damages.empty());
    }
  }
}

TEST_CASE("log scan: a recycled file's older records are none of this log") {
  const WrittenLog log = write_log(kSmall, true);
  const Scan found = scan(log.bytes, log.number + 1);
  CHECK(found.sequences.empty());
  CHECK_FALSE(found.damages.empty());
}

TEST_CASE("log scan: any flipped bit costs its own record only, and is seen") {
  for (const bool recyclable : {false, true}) {
    WrittenLog log = write_log(kSmall, recyclable);
    size_t record = 0;
    for (size_t at = 0; at < log.bytes.size(); ++at) {
      if (at == log.ends[record]) ++record;
      for (int bit = 0; bit < 8; ++bit) {
        INFO("byte " << at << ", bit " << bit);
        log.bytes[at] = char(log.bytes[at] ^ (1 << bit));
        const Scan found = scan(log.bytes, log.number);
        CHECK(found.sequences == all_but(kSmall.size(), record));
        REQUIRE_FALSE(found.damages.empty());
        CHECK(found.damages.front() == log.begin(record));
        log.bytes[at] = char(log.bytes[at] ^ (1 << bit));
      }
    }
  }
}

TEST_CASE("log scan: a damaged record of many blocks is skipped as a whole") {
  const std::vector<size_t> sizes = {50, 100000, 60, 40000, 70};
  WrittenLog log = write_log(sizes);
  for (size_t at = 0; at < log.bytes.size(); at += 997) {
    size_t record = 0;
    while (at >= log.ends[record]) ++record;
    INFO("byte " << at);
    log.bytes[at] = char(log.bytes[at] ^ 0x10);
    const Scan found = scan(log.bytes, log.number);
    CHECK(found.sequences == all_but(sizes.size(), record));
    CHECK_FALSE(found.damages.empty());
    log.bytes[at] = char(log.bytes[at] ^ 0x10);
  }
}

TEST_CASE("log scan: cut off anywhere it holds the whole records before, and says if one is not") {
  for (const std::vector<size_t>& sizes : {kSmall, std::vector<size_t>{50, 33000, 60}}) {
    const WrittenLog log = write_log(sizes);
    const size_t step = log.bytes.size() < 1000 ? 1 : 13;
    for (size_t size = 0; size < log.bytes.size(); size += step) {
      INFO("cut at " << size);
      size_t whole = 0;
      while (log.ends[whole] <= size) ++whole;
      const Scan found = scan(log.bytes.substr(0, size), log.number);
      CHECK(found.sequences == all_but(whole, whole));
      if (size == log.begin(whole)) {
        CHECK(found.damages.empty());
      } else {
        CHECK(found.damages == std::vector<uint64_t>{log.begin(whole)});
      }
    }
  }
}

TEST_CASE("log scan: zeros and garbage behind the last record hold nothing") {
  const WrittenLog log = write_log(kSmall);
  std::string garbage;
  uint64_t state = 1;
  for (int i = 0; i < 100000; ++i) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    garbage += char(state >> 56);
  }
  for (const std::string& tail : {std::string(100000, '\0'), garbage}) {
    const Scan found = scan(log.bytes + tail, log.number);
    CHECK(found.sequences == all_but(kSmall.size(), kSmall.size()));
    REQUIRE_FALSE(found.damages.empty());
    CHECK(found.damages.front() == log.bytes.size());
  }
}

TEST_CASE("log scan: a log inside a value that is cut off is not taken for records behind it") {
  const WrittenLog inner = write_log(kSmall);
  const WrittenLog outer = write_log({1, 1, 1, 1, 1, 1, 1, 1});
  std::string head = outer.bytes.substr(0, 6);
  head[4] = '\xff';  // longer than what is there
  const Scan found = scan(outer.bytes + head + std::string(1, '\x01') + inner.bytes, outer.number);
  CHECK(found.sequences == all_but(8, 8));
  CHECK(found.damages == std::vector<uint64_t>{outer.bytes.size()});
}

}  // namespace
}  // namespace vordb::io
