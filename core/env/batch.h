// A set of writes that becomes durable as a whole or not at all, kept as one flat buffer: building
// it costs appends and reading it back costs no copies.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "core/assert.h"
#include "core/fields.h"

namespace vordb {

// A column family of the disk. 0 holds what belongs to the node and the vnodes' own states; the
// others hold data.
using Family = uint16_t;
inline constexpr Family kMetaFamily = 0;

class Batch {
 public:
  enum class Kind : uint8_t { kPut, kDelete, kDeleteRange };

  // Views into the batch; valid until it changes.
  struct Write {
    Kind kind;
    Family family;
    std::string_view key;
    std::string_view value;  // of a kDeleteRange: the end of the range, not included
  };

  void put(Family family, std::string_view key, std::string_view value) {
    append(Kind::kPut, family, key, value);
  }
  void erase(Family family, std::string_view key) { append(Kind::kDelete, family, key, {}); }
  void erase_range(Family family, std::string_view begin, std::string_view end) {
    append(Kind::kDeleteRange, family, begin, end);
  }
  void append(const Batch& other) {
    rep_ += other.rep_;
    writes_ += other.writes_;
  }

  bool empty() const { return writes_ == 0; }
  uint32_t writes() const { return writes_; }
  size_t bytes() const { return rep_.size(); }
  const std::string& rep() const { return rep_; }
  void clear() {
    rep_.clear();
    writes_ = 0;
  }

  // Calls visit(Write) for each write in the order in which it was added.
  template <typename Visitor>
  void for_each(Visitor&& visit) const {
    const char* at = rep_.data();
    const char* const end = at + rep_.size();
    while (at < end) {
      Header header;
      std::memcpy(&header, at, sizeof header);
      at += sizeof header;
      VORDB_ASSERT(size_t(end - at) >= size_t{header.key_bytes} + header.value_bytes,
                   "a batch is whole");
      visit(Write{Kind(header.kind), header.family, std::string_view(at, header.key_bytes),
                  std::string_view(at + header.key_bytes, header.value_bytes)});
      at += size_t{header.key_bytes} + header.value_bytes;
    }
  }

  bool operator==(const Batch&) const = default;

 private:
  struct Header {
    uint32_t value_bytes;
    uint32_t key_bytes;
    Family family;
    uint16_t kind;
  };

  void append(Kind kind, Family family, std::string_view key, std::string_view value) {
    const Header header{uint32_t(value.size()), uint32_t(key.size()), family, uint16_t(kind)};
    rep_.append(reinterpret_cast<const char*>(&header), sizeof header);
    rep_.append(key);
    rep_.append(value);
    ++writes_;
  }

  std::string rep_;
  uint32_t writes_ = 0;
  VORDB_FIELDS(Batch, rep_, writes_)
};

}  // namespace vordb
