#include "io/rocks_log_scan.h"

#include <algorithm>
#include <boost/crc.hpp>
#include <cstring>
#include <string>

namespace vordb::io {
namespace {

constexpr size_t kBlockBytes = 32768;
constexpr size_t kHeaderBytes = 7;
constexpr size_t kRecyclableHeaderBytes = 11;
constexpr size_t kBatchHeaderBytes = 12;
// RocksDB keeps the upper byte of a sequence for the kind of the write.
constexpr uint64_t kSequenceMax = (1ull << 56) - 1;

enum Type : uint8_t { kNone = 0, kFull, kFirst, kMiddle, kLast };
// The same four with the log's number in the header, from here on.
constexpr uint8_t kRecyclable = 4;
constexpr uint8_t kTypeMax = 8;

template <typename T>
T little_endian(std::string_view bytes) {
  T value = 0;
  for (size_t at = sizeof(T); at-- > 0;) value = T(value << 8) | uint8_t(bytes[at]);
  return value;
}

struct Fragment {
  Type type = kNone;
  size_t end = 0;
  std::string_view bytes;
};

class Scanner {
 public:
  Scanner(std::string_view log, uint64_t number, const LogVisitor& visitor)
      : log_(log), number_(number), visitor_(visitor) {}

  void run() {
    size_t at = 0;
    while (at < log_.size()) {
      // What is too short for a header at the end of a block is padding.
      if (block_end(at) - at < kHeaderBytes) {
        at = block_end(at);
        continue;
      }
      Fragment fragment;
      const char* const problem = parse(at, &fragment);
      if (!problem) {
        take(at, fragment);
        at = fragment.end;
        continue;
      }
      visitor_.damage(open_ ? begin_ : at, problem);
      open_ = false;
      at = resynchronise(at);
    }
    if (open_) visitor_.damage(begin_, "its end is missing");
  }

 private:
  static size_t block_end(size_t at) { return (at / kBlockBytes + 1) * kBlockBytes; }

  // What is wrong with the fragment here, or null.
  const char* parse(size_t at, Fragment* fragment) const {
    if (log_.size() - at < kHeaderBytes) return "its header is cut off";
    const uint32_t masked = little_endian<uint32_t>(log_.substr(at));
    const size_t length = little_endian<uint16_t>(log_.substr(at + 4));
    const uint8_t type = uint8_t(log_[at + 6]);
    if (type == kNone || type > kTypeMax) return "there is no record";
    const bool recyclable = type > kRecyclable;
    const size_t begin = at + (recyclable ? kRecyclableHeaderBytes : kHeaderBytes);
    if (begin + length > block_end(at)) return "its length is wrong";
    if (begin + length > log_.size()) return "it is cut off";
    // The sum covers the type, the log's number and the bytes, and is stored rotated.
    const uint32_t sum = crc32c(log_.substr(at + 6, begin + length - at - 6));
    if (((sum >> 15) | (sum << 17)) + 0xa282ead8u != masked) return "its checksum is wrong";
    if (recyclable && little_endian<uint32_t>(log_.substr(at + 7)) != uint32_t(number_)) {
      return "it belongs to an earlier log";
    }
    fragment->type = Type(recyclable ? type - kRecyclable : type);
    fragment->bytes = log_.substr(begin, length);
    fragment->end = begin + length;
    return nullptr;
  }

  void take(size_t at, const Fragment& fragment) {
    const bool begins = fragment.type == kFull || fragment.type == kFirst;
    if (begins && open_) visitor_.damage(begin_, "its end is missing");
    if (!begins && !open_) return visitor_.damage(at, "its beginning is missing");
    if (begins) {
      begin_ = at;
      head_.clear();
    }
    head_ += fragment.bytes.substr(0, kBatchHeaderBytes - head_.size());
    open_ = fragment.type == kFirst || fragment.type == kMiddle;
    if (open_) return;
    if (head_.size() < kBatchHeaderBytes) return visitor_.damage(begin_, "it holds no writes");
    const LogRecord record{begin_, little_endian<uint64_t>(head_),
                           little_endian<uint32_t>(std::string_view(head_).substr(8))};
    sequence_ = record.sequence;
    visitor_.record(record);
  }

  // Where the next record may begin. A damaged length leads nowhere, so every place of the block
  // is tried. A value may hold the bytes of a log: what begins here must be newer than what was
  // seen.
  size_t resynchronise(size_t at) const {
    const size_t end = std::min(block_end(at), log_.size());
    for (size_t next = at + 1; next + kHeaderBytes <= end; ++next) {
      if (log_[next + 6] == char(kNone)) continue;
      Fragment fragment;
      if (parse(next, &fragment)) continue;
      if (fragment.type != kFull && fragment.type != kFirst) continue;
      if (fragment.bytes.size() < kBatchHeaderBytes) continue;
      const uint64_t sequence = little_endian<uint64_t>(fragment.bytes);
      if (sequence > sequence_ && sequence <= kSequenceMax) return next;
    }
    return block_end(at);
  }

  const std::string_view log_;
  const uint64_t number_;
  const LogVisitor& visitor_;
  uint64_t sequence_ = 0;  // of the last whole record
  // The record whose end is still to come.
  bool open_ = false;
  size_t begin_ = 0;
  std::string head_;
};

}  // namespace

void scan_log(std::string_view log, uint64_t number, const LogVisitor& visitor) {
  Scanner(log, number, visitor).run();
}

uint32_t crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> sum;
  sum.process_bytes(bytes.data(), bytes.size());
  return sum.checksum();
}

}  // namespace vordb::io
