#include "core/cluster/ring.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string>

#include "core/big_endian.h"

namespace vordb::cluster {

namespace {
constexpr size_t kStackBytes = 256;
}

uint64_t ring_hash(BucketId bucket, std::string_view key) {
  char buffer[kStackBytes];
  if (key.size() <= kStackBytes - 8) {
    for (int i = 0; i < 8; ++i) buffer[i] = char(uint8_t(bucket >> (56 - 8 * i)));
    key.copy(buffer + 8, key.size());
    return XXH3_64bits(buffer, 8 + key.size());
  }
  std::string bytes;
  bytes.reserve(8 + key.size());
  append_big_endian(bytes, bucket);
  bytes.append(key);
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace vordb::cluster
