#include "core/fingerprint.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace vordb {

void Fingerprint::add(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), low_);
  high_ = (high_ ^ hash.high64) * 0x9e3779b97f4a7c15u + bytes.size();
  low_ = hash.low64 ^ (high_ >> 32);
}

void Fingerprint::add_word(uint64_t word) {
  uint64_t z = low_ + 0x9e3779b97f4a7c15u + word;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  low_ = z ^ (z >> 31);
  high_ = (high_ << 7 | high_ >> 57) * 0xff51afd7ed558ccdu + low_;
}

}  // namespace vordb
