// Which partition a key belongs to, and which members own a partition: a pure function of who owned
// it before and who the members are now.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"

namespace vordb::cluster {

// XXH3-64 of the bucket id (8 bytes, big endian) followed by the key.
uint64_t ring_hash(BucketId bucket, std::string_view key);

inline uint16_t partition_of(uint64_t hash, uint32_t ring_size) {
  return uint16_t(hash % ring_size);
}

struct RingMember {
  NodeNumber node = 0;
  std::string zone;
};

// Per partition its owners in ring order.
using OwnerLists = std::vector<std::vector<NodeNumber>>;

// The owners of every partition among `members`, which are ascending by node: `replication` of
// them, or as many as there are. Owners of a partition are distinct, and the first k of them lie in
// distinct zones for every k up to the number of zones. Every member's load is within floor(0.85)
// and ceil(1.15) of its fair share, which is the mean unless zones forbid that, and so is the load
// of being first, second and so on. Owners before stay where nothing of this asks for another:
// little more moves than what a new member must receive or a leaver gave up.
OwnerLists assign_owners(OwnerLists previous, const std::vector<RingMember>& members,
                         size_t replication);

}  // namespace vordb::cluster
