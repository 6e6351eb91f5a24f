// The arithmetic of descriptors: nobody's share can be taken by another, at any limit.
#include "io/descriptor_shares.h"

#include <doctest/doctest.h>

#include <string>

namespace vordb::io {
namespace {

DescriptorWish wish(uint64_t limit, uint16_t shards = 1) { return {limit, shards, 1000, 4096}; }

TEST_CASE("descriptors: with enough of them every wish is fulfilled, and not with one less") {
  for (const uint16_t shards : {1, 3, 256}) {
    CAPTURE(shards);
    const uint64_t enough = share_descriptors(wish(1 << 20, shards))->limit_for_all;
    const DescriptorShares all = *share_descriptors(wish(enough, shards));
    CHECK_FALSE(all.cut);
    CHECK(all.store_files == 512);
    CHECK(all.peer_connections == 256);
    CHECK(all.tcp_connections == 1000);
    CHECK(all.http_connections == 4096);
    CHECK(share_descriptors(wish(enough - 1, shards))->cut);
  }
}

TEST_CASE("descriptors: all shares and a reserve fit into every limit that is accepted") {
  for (const uint16_t shards : {1, 2, 16}) {
    for (uint64_t limit = 0; limit < 8000; ++limit) {
      CAPTURE(limit);
      const absl::StatusOr<DescriptorShares> shares = share_descriptors(wish(limit, shards));
      if (!shares.ok()) {
        CHECK(limit < 196u + 16 * shards);
        continue;
      }
      const uint64_t connections =
          shares->tcp_connections + shares->http_connections + shares->peer_connections;
      CHECK(shares->store_files + connections * 9 / 8 + 112 + 16 * shards <= limit);
      CHECK(shares->store_files >= 48);
      CHECK(shares->tcp_connections >= 8);
      CHECK(shares->http_connections >= 8);
      CHECK(shares->peer_connections >= 8);
    }
  }
}

TEST_CASE("descriptors: what one protocol does not wish the other gets") {
  const DescriptorShares shares = *share_descriptors({1024, 1, 10, 4096});
  CHECK(shares.tcp_connections == 10);
  CHECK(shares.http_connections > 300);
  CHECK(share_descriptors({1024, 1, 4096, 10})->tcp_connections > 300);
}

TEST_CASE("descriptors: too low a limit says how much would do") {
  const absl::StatusOr<DescriptorShares> shares = share_descriptors(wish(64));
  REQUIRE_FALSE(shares.ok());
  const std::string why(shares.status().message());
  CHECK(why.find("the limit of open files is 64") != std::string::npos);
  CHECK(why.find("at least 212") != std::string::npos);
  CHECK(why.find("6661 for all") != std::string::npos);
}

}  // namespace
}  // namespace vordb::io
