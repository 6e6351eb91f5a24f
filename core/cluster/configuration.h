// One link of the configuration chain: members, ring size and the bucket table. Immutable;
// configuration e+1 is an operation applied to e. Durable before use (CLUSTER.md rules 1, 6 and
// 12).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/client_api.h"
#include "core/ids.h"

namespace vordb {

namespace pb {
class Configuration;
}

struct Bucket {
  BucketId id = 0;
  BucketConfig config;
  uint64_t ttl_ms() const { return config.ttl_seconds * 1000; }
  bool operator==(const Bucket&) const = default;
};

struct Member {
  NodeNumber node = 0;
  std::string node_id;
  uint64_t incarnation = 0;  // the epoch of the entry that admitted it
  std::string address;
  std::string zone;
  std::string status = "up";
  bool operator==(const Member&) const = default;
};

struct Configuration {
  uint64_t epoch = 0;
  std::string cluster_id;  // 16 random bytes
  uint64_t previous_checksum = 0;
  uint32_t ring_size = 0;
  std::vector<Member> members;  // by node number
  std::map<BucketId, Bucket> buckets;
  std::map<std::string, BucketId, std::less<>> bucket_names;
  std::vector<BucketId> dropped_buckets;  // ascending

  const Bucket* bucket(BucketId id) const;
  const Bucket* bucket(std::string_view name) const;
  const Member* member(NodeNumber node) const;

  // The nodes that hold a placement.
  std::vector<NodeNumber> owners(PlacementId placement) const;

  void add_bucket(Bucket bucket);
  bool operator==(const Configuration&) const = default;
};

// Ids below are reserved; the founding configuration has this epoch.
inline constexpr uint64_t kFirstEpoch = 16;
inline constexpr BucketId kDefaultLww = 1;
inline constexpr BucketId kDefaultSet = 2;
inline constexpr BucketId kDefaultCounter = 3;

// The default bucket of a type, such as "__default_lww__".
const char* default_bucket_name(BucketType type);
inline bool is_default_bucket(BucketId id) { return id < kFirstEpoch; }

// The configuration of a new cluster of one node.
Configuration found_cluster(std::string cluster_id, uint32_t ring_size, Member first,
                            const BucketConfig& defaults);

// What clients may create: fills in defaults and checks ranges. InvalidArgument says what would be
// right.
absl::Status check_bucket_config(const BucketConfig& config);

// The next configuration; AlreadyExists or NotFound when the operation is void, PermissionDenied
// for a default bucket.
absl::StatusOr<Configuration> create_bucket(const Configuration& current, BucketConfig config);
absl::StatusOr<Configuration> delete_bucket(const Configuration& current, std::string_view name);

void to_pb(const Configuration& from, pb::Configuration* to);
absl::StatusOr<Configuration> from_pb(const pb::Configuration& from);

// Over the canonical bytes: what the next configuration names as its predecessor.
uint64_t checksum(const Configuration& configuration);

}  // namespace vordb
