// Big-endian integers in byte strings: their order as bytes is their order as numbers, which record
// keys rely on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/assert.h"

namespace vordb {

template <typename Integer>
void append_big_endian(std::string& out, Integer value) {
  for (int shift = int(sizeof(Integer)) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(char(uint8_t(value >> shift)));
  }
}

// The integer in the first bytes of `in`, which has at least that many.
template <typename Integer>
Integer read_big_endian(std::string_view in) {
  VORDB_ASSERT(in.size() >= sizeof(Integer), "enough bytes for the integer");
  Integer value = 0;
  for (size_t i = 0; i < sizeof(Integer); ++i) value = Integer(value << 8 | uint8_t(in[i]));
  return value;
}

}  // namespace vordb
