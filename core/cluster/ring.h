// Which partition a key belongs to.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/ids.h"

namespace vordb::cluster {

// XXH3-64 of the bucket id (8 bytes, big endian) followed by the key.
uint64_t ring_hash(BucketId bucket, std::string_view key);

inline uint16_t partition_of(uint64_t hash, uint32_t ring_size) {
  return uint16_t(hash % ring_size);
}

}  // namespace vordb::cluster
