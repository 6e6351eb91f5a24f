#include "core/cluster/configuration.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/cluster/moves.h"
#include "core/utf8.h"
#include "proto/storage.pb.h"

namespace vordb {

namespace {

// A deadline is at most this far away, so that none can overflow.
constexpr uint64_t kTtlSecondsMax = 100ull * 365 * 24 * 3600;
constexpr size_t kBucketNameBytesMax = 64;

}  // namespace

Configuration successor(const Configuration& current) {
  Configuration next = current;
  next.epoch = current.epoch + 1;
  next.previous_checksum = checksum(current);
  return next;
}

std::vector<const Member*> staying_members(const Configuration& configuration) {
  std::vector<const Member*> staying;
  for (const Member& m : configuration.members) {
    if (m.status != MemberStatus::kLeaving && m.status != MemberStatus::kRemoved)
      staying.push_back(&m);
  }
  return staying;
}

Features to_switch_on(const Configuration& configuration) {
  const std::vector<const Member*> staying = staying_members(configuration);
  if (staying.empty()) return {};
  Features common = lacking(staying.front()->features, configuration.features_on);
  for (const Member* m : staying) {
    std::erase_if(common, [&](const std::string& name) { return !has(m->features, name); });
  }
  return common;
}

const char* to_string(MemberStatus status) {
  switch (status) {
    case MemberStatus::kJoining:
      return "joining";
    case MemberStatus::kUp:
      return "up";
    case MemberStatus::kLeaving:
      return "leaving";
    case MemberStatus::kDown:
      return "down";
    case MemberStatus::kRemoved:
      return "removed";
  }
  return "";
}

const Bucket* Configuration::bucket(BucketId id) const {
  const auto at = buckets.find(id);
  return at == buckets.end() ? nullptr : &at->second;
}

const Bucket* Configuration::bucket(std::string_view name) const {
  const auto at = bucket_names.find(name);
  return at == bucket_names.end() ? nullptr : bucket(at->second);
}

const Member* Configuration::member(NodeNumber node) const {
  for (const Member& m : members) {
    if (m.node == node) return &m;
  }
  return nullptr;
}

bool Configuration::is_member(NodeNumber node) const {
  const Member* found = member(node);
  return found && found->status != MemberStatus::kRemoved;
}

namespace {
std::span<const NodeNumber> first_n(const std::vector<NodeNumber>& nodes, uint8_t n) {
  return std::span<const NodeNumber>(nodes).first(std::min<size_t>(n, nodes.size()));
}
}  // namespace

std::span<const NodeNumber> Configuration::owners(PlacementId placement) const {
  if (placement.partition >= partitions.size()) return {};
  return first_n(partition(placement).owners, placement.n);
}

std::span<const NodeNumber> Configuration::next_owners(PlacementId placement) const {
  if (placement.partition >= partitions.size()) return {};
  return first_n(partition(placement).next, placement.n);
}

bool Configuration::applied(uint64_t operation) const {
  return std::find(recent_operations.begin(), recent_operations.end(), operation) !=
         recent_operations.end();
}

uint64_t Configuration::cluster_hash() const {
  return cluster_id.empty() ? 0 : XXH3_64bits(cluster_id.data(), cluster_id.size());
}

void Configuration::add_bucket(Bucket bucket) {
  uint64_t& since = replication_since[bucket.config.replication_n - 1];
  if (since == 0) since = epoch;
  bucket_names[bucket.config.name] = bucket.id;
  buckets[bucket.id] = std::move(bucket);
}

Configuration found_cluster(std::string cluster_id, uint32_t ring_size, std::vector<Member> members,
                            const BucketConfig& defaults) {
  Configuration founding;
  founding.epoch = kFirstEpoch;
  founding.cluster_id = std::move(cluster_id);
  founding.ring_size = ring_size;
  for (Member& m : members) {
    m.admitted = kFirstEpoch;
    m.status = MemberStatus::kUp;
  }
  founding.last_node = members.back().node;
  founding.members = std::move(members);
  founding.features_on = to_switch_on(founding);
  for (const BucketTypeRow& row : kBucketTypes) {
    BucketConfig config = defaults;
    config.type = row.type;
    config.name = row.default_bucket;
    founding.add_bucket(Bucket{default_bucket(row.type), std::move(config)});
  }
  const cluster::OwnerLists owners =
      cluster::assign_owners(cluster::OwnerLists(ring_size), cluster::ring_members(founding),
                             cluster::replication_in_use(founding));
  for (const std::vector<NodeNumber>& list : owners) {
    founding.partitions.push_back(Partition{kFirstEpoch, 0, list, {}, {}});
  }
  return founding;
}

absl::Status check_bucket_config(const BucketConfig& config) {
  if (config.name.empty() || config.name.size() > kBucketNameBytesMax) {
    return absl::InvalidArgumentError("a bucket's name has 1 to 64 bytes");
  }
  if (!is_utf8(config.name)) return absl::InvalidArgumentError("a bucket's name is UTF-8");
  if (config.ttl_seconds > kTtlSecondsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("ttl_seconds is at most ", kTtlSecondsMax, " (100 years)"));
  }
  if (config.replication_n < 1 || config.replication_n > kReplicationMax) {
    return absl::InvalidArgumentError("replication_n is 1 to 9");
  }
  const auto check_quorum = [&](const char* name, uint8_t quorum) {
    if (quorum >= 1 && quorum <= config.replication_n) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(name, " is 1 to replication_n, which is ", int(config.replication_n)));
  };
  if (absl::Status w = check_quorum("write_quorum", config.write_quorum); !w.ok()) return w;
  return check_quorum("read_quorum", config.read_quorum);
}

absl::StatusOr<Configuration> create_bucket(const Configuration& current, BucketConfig config) {
  if (absl::Status valid = check_bucket_config(config); !valid.ok()) return valid;
  if (current.bucket(std::string_view(config.name))) {
    return absl::AlreadyExistsError("a bucket of this name exists");
  }
  Configuration next = successor(current);
  next.add_bucket(Bucket{next.epoch, std::move(config)});
  const size_t before = cluster::replication_in_use(current);
  if (cluster::replication_in_use(next) > before) cluster::lengthen_owners(next, before);
  return next;
}

absl::StatusOr<Configuration> delete_bucket(const Configuration& current, std::string_view name) {
  const Bucket* bucket = current.bucket(name);
  if (!bucket) return absl::NotFoundError("no bucket has this name");
  if (is_default_bucket(bucket->id)) {
    return absl::PermissionDeniedError("the default buckets cannot be deleted");
  }
  Configuration next = successor(current);
  next.bucket_names.erase(std::string(name));
  next.buckets.erase(bucket->id);
  return next;
}

uint64_t checksum(const Configuration& configuration) {
  pb::Configuration message;
  to_pb(configuration, &message);
  const std::string bytes = message.SerializeAsString();
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace vordb
