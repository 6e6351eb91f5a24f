// How the descriptors that a process may have are shared out between its store and its connections.
// Clients can use up connections, and a store that gets no descriptor for its next table file ends
// the node; so each has a share that the others cannot take.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"

namespace vordb::io {

struct DescriptorWish {
  uint64_t limit = 0;  // of the process
  uint16_t shards = 1;
  uint32_t tcp_connections = 0;
  uint32_t http_connections = 0;
};

struct DescriptorShares {
  uint32_t store_files = 0;       // that the store keeps open
  uint32_t peer_connections = 0;  // that other nodes have made; the own ones are in the reserve
  uint32_t tcp_connections = 0;
  uint32_t http_connections = 0;
  uint64_t limit_for_all = 0;  // with which every wish is fulfilled
  bool cut = false;            // some wish is not fulfilled
};

// FailedPrecondition: the limit leaves too little to run at all; the message says how much would be
// enough.
absl::StatusOr<DescriptorShares> share_descriptors(const DescriptorWish& wish);

}  // namespace vordb::io
