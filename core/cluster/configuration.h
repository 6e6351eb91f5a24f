// One link of the configuration chain: members, ring size and the bucket table. Immutable;
// configuration e+1 is an operation applied to e. Durable before use (CLUSTER.md rules 1, 6 and
// 12).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/client_api.h"
#include "core/features.h"
#include "core/fields.h"
#include "core/ids.h"

namespace vordb {

namespace pb {
class Configuration;
}

struct Bucket {
  BucketId id = 0;
  BucketConfig config;
  uint64_t ttl_ms() const { return config.ttl_seconds * 1000; }
  // Its keys expire as a whole: each has an entry for its deadline (registers hold their own).
  bool has_deadlines() const { return config.type != BucketType::kLww && config.ttl_seconds > 0; }
  bool operator==(const Bucket&) const = default;
  VORDB_FIELDS(Bucket, id, config)
};

enum class MemberStatus : uint8_t { kJoining, kUp, kLeaving, kDown, kRemoved };
const char* to_string(MemberStatus status);

// One disk that was admitted once. A node that comes back with another disk is another member: its
// number is new, and with it every replica id, vote and acknowledgement (CLUSTER.md rules 3, 23).
struct Member {
  NodeNumber node = 0;
  std::string node_id;
  std::string address;  // host:port of its cluster port
  std::string zone;
  MemberStatus status = MemberStatus::kUp;
  uint64_t admitted = 0;  // the epoch of the entry that admitted it
  uint64_t nonce = 0;     // the joiner's own number for its try
  std::string disk_id;    // of one that founded the cluster with others; else empty
  Features features;      // of its program, when it last said
  bool operator==(const Member&) const = default;
  VORDB_FIELDS(Member, node, node_id, address, zone, status, admitted, nonce, disk_id, features)
};

// Who holds a partition: the first n of `owners` hold its placement n. While the partition moves,
// the first n of `next` are its owners to be.
struct Partition {
  uint64_t pv = 0;    // the epoch at which its owner sets last changed
  uint64_t move = 0;  // the epoch that began the move; 0: none
  std::vector<NodeNumber> owners;
  std::vector<NodeNumber> next;
  // Owners of earlier sets that have not said yet that they handed everything over. They take no
  // part in quorums, but stable time waits for them: they may hold what nobody else has.
  std::vector<NodeNumber> draining;  // ascending
  bool operator==(const Partition&) const = default;
  VORDB_FIELDS(Partition, pv, move, owners, next, draining)
};

inline constexpr uint8_t kReplicationMax = 9;
inline constexpr size_t kRecentOperations = 32;
// So many numbers a cluster may give to members; each disk that joins takes one.
inline constexpr NodeNumber kNodesMax = 1 << 20;

struct Configuration {
  uint64_t epoch = 0;      // 0: none is known, the node serves nothing
  std::string cluster_id;  // 16 random bytes
  uint64_t previous_checksum = 0;
  uint32_t ring_size = 0;
  std::vector<Member> members;  // by node number; removed ones stay as long as they matter
  NodeNumber last_node = 0;
  uint64_t removed_epoch = 0;  // when a member was last removed
  std::vector<Partition> partitions;
  std::array<uint64_t, kReplicationMax> replication_since{};  // by n - 1: first used at; 0: never
  std::map<BucketId, Bucket> buckets;
  std::map<std::string, BucketId, std::less<>> bucket_names;
  // Of the last entries, oldest first: who proposed something finds out whether it went through.
  std::vector<uint64_t> recent_operations;
  // Switched on, for ever: every member has them that is neither leaving nor removed.
  Features features_on;

  const Bucket* bucket(BucketId id) const;
  const Bucket* bucket(std::string_view name) const;
  const Member* member(NodeNumber node) const;
  // Known and not removed.
  bool is_member(NodeNumber node) const;

  const Partition& partition(PlacementId placement) const {
    return partitions[placement.partition];
  }
  // The current owners of a placement, the owners to be (empty unless it moves), in ring order.
  // Removed members stay in these sets until the move that replaces them is over: they count for
  // nothing, but quorums are not lowered.
  std::span<const NodeNumber> owners(PlacementId placement) const;
  std::span<const NodeNumber> next_owners(PlacementId placement) const;
  // This operation made one of the last kRecentOperations entries.
  bool applied(uint64_t operation) const;
  uint64_t cluster_hash() const;  // of the cluster id: what messages carry

  void add_bucket(Bucket bucket);
  bool operator==(const Configuration&) const = default;
  VORDB_FIELDS(Configuration, epoch, cluster_id, previous_checksum, ring_size, members, last_node,
               removed_epoch, partitions, replication_since, buckets, bucket_names,
               recent_operations, features_on)
};

// Ids below are reserved; the founding configuration has this epoch.
inline constexpr uint64_t kFirstEpoch = 16;
constexpr BucketId default_bucket(BucketType type) { return BucketId(1 + uint8_t(type)); }
inline constexpr BucketId kDefaultLww = default_bucket(BucketType::kLww);
inline constexpr BucketId kDefaultSet = default_bucket(BucketType::kOrswot);
inline constexpr BucketId kDefaultCounter = default_bucket(BucketType::kPnCounter);
inline bool is_default_bucket(BucketId id) { return id < kFirstEpoch; }

// The configuration of a new cluster of these members, ascending by node.
Configuration found_cluster(std::string cluster_id, uint32_t ring_size, std::vector<Member> members,
                            const BucketConfig& defaults);

// The configuration that follows `current`, with nothing changed yet.
Configuration successor(const Configuration& current);

// Every member that must have what is switched on.
std::vector<const Member*> staying_members(const Configuration& configuration);
// What could be switched on: all members that stay have it, and it is off.
Features to_switch_on(const Configuration& configuration);

// What clients may create: fills in defaults and checks ranges. InvalidArgument says what would be
// right.
absl::Status check_bucket_config(const BucketConfig& config);

// The next configuration; AlreadyExists or NotFound when the operation is void, PermissionDenied
// for a default bucket.
absl::StatusOr<Configuration> create_bucket(const Configuration& current, BucketConfig config);
absl::StatusOr<Configuration> delete_bucket(const Configuration& current, std::string_view name);

void to_pb(const Configuration& from, pb::Configuration* to);
absl::StatusOr<Configuration> from_pb(const pb::Configuration& from);

// What every configuration holds to, whoever made it. DataLoss says what is wrong.
absl::Status check_configuration(const Configuration& configuration);

// Over the canonical bytes: what the next configuration names as its predecessor.
uint64_t checksum(const Configuration& configuration);

}  // namespace vordb
