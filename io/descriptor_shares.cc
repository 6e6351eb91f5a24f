#include "io/descriptor_shares.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace vordb::io {
namespace {

constexpr uint64_t kStoreFilesMax = 512;
constexpr uint64_t kStoreFilesMin = 48;
constexpr uint64_t kPeersMax = 256;
// Below this many connections a node is of no use.
constexpr uint64_t kConnectionsMin = 32;

// Standard files, listeners, the lock, logs and manifests, what flushes and compactions write and
// read beside the files that are kept open, connections to other nodes, and connections that were
// accepted and have no owner yet; for each shard its event loop and what rounding up costs.
uint64_t reserve(uint16_t shards) { return 112 + 16 * uint64_t{shards}; }

// A server keeps some sockets for a moment after their connection has ended (io/gentle_closer.h).
uint64_t with_closing(uint64_t connections) { return connections + (connections + 7) / 8; }

}  // namespace

absl::StatusOr<DescriptorShares> share_descriptors(const DescriptorWish& wish) {
  const uint64_t reserved = reserve(wish.shards);
  const uint64_t least = reserved + kStoreFilesMin + with_closing(kConnectionsMin);
  const uint64_t clients = uint64_t{wish.tcp_connections} + wish.http_connections;
  DescriptorShares shares;
  shares.limit_for_all = reserved + kStoreFilesMax + with_closing(kPeersMax + clients);
  if (wish.limit < least) {
    return absl::FailedPreconditionError(
        absl::StrCat("the limit of open files is ", wish.limit, ", of which a node with ",
                     wish.shards, " shards needs at least ", least, ", and ", shares.limit_for_all,
                     " for all its connections: raise it (ulimit -n, LimitNOFILE= of systemd)"));
  }
  const uint64_t left = wish.limit - reserved;
  const uint64_t store = std::clamp(left / 3, kStoreFilesMin, kStoreFilesMax);
  const uint64_t connections = (left - store) * 8 / 9;
  const uint64_t peers = std::min(connections / 4, kPeersMax);
  // Both protocols get what they wish, or a half and what the other does not wish.
  const uint64_t half = (connections - peers) / 2;
  const uint64_t tcp_least = std::min<uint64_t>(wish.tcp_connections, half);
  const uint64_t http = std::min<uint64_t>(wish.http_connections, connections - peers - tcp_least);
  const uint64_t tcp = std::min<uint64_t>(wish.tcp_connections, connections - peers - http);
  shares.store_files = uint32_t(store);
  shares.peer_connections = uint32_t(peers);
  shares.tcp_connections = uint32_t(tcp);
  shares.http_connections = uint32_t(http);
  shares.cut = (tcp < wish.tcp_connections || http < wish.http_connections);
  return shares;
}

}  // namespace vordb::io
