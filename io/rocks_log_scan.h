// Reads RocksDB's write-ahead log as it lies on disk, because RocksDB itself ends at the first bad
// byte and cannot say whether anything whole lies behind it.
//
// The format: blocks of 32 KiB, in each one fragments of CRC (4 bytes), length (2), type (1), in
// recyclable types the log's number (4), then the bytes. A record is one fragment, or a first one,
// middle ones and a last one. It holds a write batch: sequence of its first write (8), count (4).
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace vordb::io {

struct LogRecord {
  uint64_t offset = 0;
  uint64_t sequence = 0;  // of its first write
  uint32_t writes = 0;
};

struct LogVisitor {
  std::function<void(const LogRecord&)> record;  // each whole one
  // Where a record that is not whole begins, and what is wrong there. After it the search for whole
  // records goes on.
  std::function<void(uint64_t offset, std::string_view what)> damage;
};

// `log` is the whole file of log `number`. Visits in the order of the file.
void scan_log(std::string_view log, uint64_t number, const LogVisitor& visitor);

// CRC-32C, as RocksDB computes it before masking.
uint32_t crc32c(std::string_view bytes);

}  // namespace vordb::io
