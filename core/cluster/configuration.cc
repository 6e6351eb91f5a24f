#include "core/cluster/configuration.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/assert.h"
#include "core/utf8.h"
#include "proto/storage.pb.h"

namespace vordb {

namespace {

// A deadline is at most this far away, so that none can overflow.
constexpr uint64_t kTtlSecondsMax = 100ull * 365 * 24 * 3600;
constexpr size_t kBucketNameBytesMax = 64;
constexpr uint8_t kReplicationMax = 9;

Configuration successor(const Configuration& current) {
  Configuration next = current;
  next.epoch = current.epoch + 1;
  next.previous_checksum = checksum(current);
  return next;
}

}  // namespace

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

std::vector<NodeNumber> Configuration::owners(PlacementId placement) const {
  std::vector<NodeNumber> nodes;
  for (const Member& m : members) {
    if (m.status == "up" && nodes.size() < placement.n) nodes.push_back(m.node);
  }
  return nodes;
}

void Configuration::add_bucket(Bucket bucket) {
  bucket_names[bucket.config.name] = bucket.id;
  buckets[bucket.id] = std::move(bucket);
}

const char* default_bucket_name(BucketType type) {
  switch (type) {
    case BucketType::kLww:
      return "__default_lww__";
    case BucketType::kOrswot:
      return "__default_set__";
    case BucketType::kPnCounter:
      return "__default_counter__";
  }
  return "";
}

Configuration found_cluster(std::string cluster_id, uint32_t ring_size, Member first,
                            const BucketConfig& defaults) {
  Configuration founding;
  founding.epoch = kFirstEpoch;
  founding.cluster_id = std::move(cluster_id);
  founding.ring_size = ring_size;
  first.incarnation = kFirstEpoch;
  founding.members.push_back(std::move(first));
  const BucketType types[] = {BucketType::kLww, BucketType::kOrswot, BucketType::kPnCounter};
  for (int i = 0; i < 3; ++i) {
    BucketConfig config = defaults;
    config.type = types[i];
    config.name = default_bucket_name(types[i]);
    founding.add_bucket(Bucket{BucketId(i + 1), std::move(config)});
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
  return next;
}

absl::StatusOr<Configuration> delete_bucket(const Configuration& current, std::string_view name) {
  const Bucket* bucket = current.bucket(name);
  if (!bucket) return absl::NotFoundError("no bucket has this name");
  if (is_default_bucket(bucket->id)) {
    return absl::PermissionDeniedError("the default buckets cannot be deleted");
  }
  Configuration next = successor(current);
  next.dropped_buckets.push_back(bucket->id);
  std::sort(next.dropped_buckets.begin(), next.dropped_buckets.end());
  next.bucket_names.erase(std::string(name));
  next.buckets.erase(bucket->id);
  return next;
}

void to_pb(const Configuration& from, pb::Configuration* to) {
  to->set_epoch(from.epoch);
  to->set_cluster_id(from.cluster_id);
  to->set_previous_checksum(from.previous_checksum);
  to->set_ring_size(from.ring_size);
  for (const Member& m : from.members) {
    pb::MemberRecord* out = to->add_members();
    out->set_node(m.node);
    out->set_node_id(m.node_id);
    out->set_incarnation(m.incarnation);
    out->set_address(m.address);
    out->set_zone(m.zone);
    out->set_status(m.status);
  }
  for (const auto& [id, bucket] : from.buckets) {
    pb::BucketRecord* out = to->add_buckets();
    out->set_id(id);
    pb::BucketConfig* config = out->mutable_config();
    config->set_name(bucket.config.name);
    config->set_type(to_string(bucket.config.type));
    config->set_ttl_seconds(int64_t(bucket.config.ttl_seconds));
    config->set_replication_n(bucket.config.replication_n);
    config->set_write_quorum(bucket.config.write_quorum);
    config->set_read_quorum(bucket.config.read_quorum);
  }
  for (const BucketId id : from.dropped_buckets) to->add_dropped_bucket_ids(id);
}

namespace {

absl::StatusOr<Bucket> bucket_from_pb(const pb::BucketRecord& from) {
  Bucket bucket;
  bucket.id = from.id();
  BucketConfig& config = bucket.config;
  config.name = from.config().name();
  if (!parse_bucket_type(from.config().type(), &config.type)) {
    return absl::DataLossError("a bucket of the configuration has an unknown type");
  }
  config.ttl_seconds = uint64_t(from.config().ttl_seconds());
  config.replication_n = uint8_t(from.config().replication_n());
  config.write_quorum = uint8_t(from.config().write_quorum());
  config.read_quorum = uint8_t(from.config().read_quorum());
  if (absl::Status valid = check_bucket_config(config); !valid.ok()) {
    return absl::DataLossError(absl::StrCat("a bucket of the configuration: ", valid.message()));
  }
  return bucket;
}

}  // namespace

absl::StatusOr<Configuration> from_pb(const pb::Configuration& from) {
  Configuration to;
  to.epoch = from.epoch();
  to.cluster_id = from.cluster_id();
  to.previous_checksum = from.previous_checksum();
  to.ring_size = from.ring_size();
  if (to.epoch < kFirstEpoch || to.ring_size == 0 || to.ring_size > 65536) {
    return absl::DataLossError("the configuration's epoch or ring size is out of range");
  }
  for (const pb::MemberRecord& m : from.members()) {
    to.members.push_back(
        Member{m.node(), m.node_id(), m.incarnation(), m.address(), m.zone(), m.status()});
  }
  for (const pb::BucketRecord& b : from.buckets()) {
    absl::StatusOr<Bucket> bucket = bucket_from_pb(b);
    if (!bucket.ok()) return bucket.status();
    to.add_bucket(*std::move(bucket));
  }
  for (const BucketId id : from.dropped_bucket_ids()) to.dropped_buckets.push_back(id);
  return to;
}

uint64_t checksum(const Configuration& configuration) {
  pb::Configuration message;
  to_pb(configuration, &message);
  const std::string bytes = message.SerializeAsString();
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace vordb
