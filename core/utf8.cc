#include "core/utf8.h"

#include <cstdint>
#include <cstring>

namespace vordb {

namespace {

// How many continuation bytes follow a leading byte, and the range of the first of them, which is
// what rules out overlong forms, surrogates and code points above U+10FFFF (Unicode 15, table 3-7).
struct Lead {
  int following;
  uint8_t low;
  uint8_t high;
};

bool classify(uint8_t lead, Lead* out) {
  if (lead >= 0xc2 && lead <= 0xdf)
    *out = {1, 0x80, 0xbf};
  else if (lead == 0xe0)
    *out = {2, 0xa0, 0xbf};
  else if (lead == 0xed)
    *out = {2, 0x80, 0x9f};
  else if (lead >= 0xe1 && lead <= 0xef)
    *out = {2, 0x80, 0xbf};
  else if (lead == 0xf0)
    *out = {3, 0x90, 0xbf};
  else if (lead >= 0xf1 && lead <= 0xf3)
    *out = {3, 0x80, 0xbf};
  else if (lead == 0xf4)
    *out = {3, 0x80, 0x8f};
  else
    return false;
  return true;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    // Eight ASCII bytes at a time: nearly all keys are nothing else.
    if (bytes.size() - at >= 8) {
      uint64_t word;
      std::memcpy(&word, bytes.data() + at, 8);
      if ((word & 0x8080808080808080u) == 0) {
        at += 8;
        continue;
      }
    }
    const uint8_t byte = uint8_t(bytes[at]);
    if (byte < 0x80) {
      ++at;
      continue;
    }
    Lead lead;
    if (!classify(byte, &lead) || bytes.size() - at <= size_t(lead.following)) return false;
    for (int i = 1; i <= lead.following; ++i) {
      const uint8_t next = uint8_t(bytes[at + size_t(i)]);
      const uint8_t low = i == 1 ? lead.low : 0x80;
      const uint8_t high = i == 1 ? lead.high : 0xbf;
      if (next < low || next > high) return false;
    }
    at += size_t(lead.following) + 1;
  }
  return true;
}

}  // namespace vordb
