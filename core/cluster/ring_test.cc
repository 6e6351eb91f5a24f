// The ring's hash decides where every key lies, for ever: pinned by values computed elsewhere
// (XXH3-64 of the bucket id, 8 bytes big endian, and the key).
#include "core/cluster/ring.h"

#include <string>

#include <doctest/doctest.h>

using vordb::cluster::partition_of;
using vordb::cluster::ring_hash;

TEST_CASE("ring: the hash of a key is the same on every node and in every version") {
  CHECK(ring_hash(1, "") == 0xf36b4a1a44f78bf3);
  CHECK(ring_hash(1, "a") == 0x4a2e49e586975314);
  CHECK(ring_hash(2, "a") == 0xad3504ef4b213a25);
  CHECK(ring_hash(16, "user:1") == 0x3d04060855c6de6d);
}

TEST_CASE("ring: short and long keys take different paths to the same hash function") {
  CHECK(ring_hash(1, std::string(248, 'x')) == 0x36fe3eab974d74ac);
  CHECK(ring_hash(1, std::string(249, 'x')) == 0xba717be1993d92ee);
  CHECK(ring_hash(1, std::string(5000, 'k')) == 0x91a2f8da56d7370d);
}

TEST_CASE("ring: the partition is the hash modulo the ring's size") {
  CHECK(partition_of(0xf36b4a1a44f78bf3, 256) == 0xf3);
  CHECK(partition_of(UINT64_MAX, 65536) == 65535);
  CHECK(partition_of(UINT64_MAX, 1) == 0);
  CHECK(partition_of(17, 5) == 2);
}
