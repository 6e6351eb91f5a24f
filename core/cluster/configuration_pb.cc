// A configuration as its canonical message, and back: what is read from a disk or a peer is checked
// before it is believed.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/cluster/configuration.h"
#include "proto/storage.pb.h"

namespace vordb {

void to_pb(const Configuration& from, pb::Configuration* to) {
  to->set_epoch(from.epoch);
  to->set_cluster_id(from.cluster_id);
  to->set_previous_checksum(from.previous_checksum);
  to->set_ring_size(from.ring_size);
  for (const Member& m : from.members) {
    pb::MemberRecord* out = to->add_members();
    out->set_node(m.node);
    out->set_node_id(m.node_id);
    out->set_address(m.address);
    out->set_zone(m.zone);
    out->set_status(uint32_t(m.status));
    out->set_admitted(m.admitted);
    out->set_nonce(m.nonce);
    out->set_disk_id(m.disk_id);
    out->mutable_features()->Assign(m.features.begin(), m.features.end());
  }
  to->set_last_node(from.last_node);
  to->set_removed_epoch(from.removed_epoch);
  for (const Partition& p : from.partitions) {
    pb::PartitionRecord* out = to->add_partitions();
    out->set_pv(p.pv);
    out->set_move(p.move);
    out->mutable_owners()->Assign(p.owners.begin(), p.owners.end());
    out->mutable_next()->Assign(p.next.begin(), p.next.end());
    out->mutable_draining()->Assign(p.draining.begin(), p.draining.end());
  }
  to->mutable_replication_since()->Assign(from.replication_since.begin(),
                                          from.replication_since.end());
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
  to->mutable_recent_operations()->Assign(from.recent_operations.begin(),
                                          from.recent_operations.end());
  to->mutable_features_on()->Assign(from.features_on.begin(), from.features_on.end());
}

namespace {

absl::StatusOr<Bucket> bucket_from_pb(const pb::BucketRecord& from) {
  Bucket bucket;
  bucket.id = from.id();
  BucketConfig& config = bucket.config;
  config.name = from.config().name();
  const BucketTypeRow* type = find_bucket_type(from.config().type());
  if (!type) return absl::DataLossError("a bucket of the configuration has an unknown type");
  config.type = type->type;
  config.ttl_seconds = uint64_t(from.config().ttl_seconds());
  config.replication_n = uint8_t(from.config().replication_n());
  config.write_quorum = uint8_t(from.config().write_quorum());
  config.read_quorum = uint8_t(from.config().read_quorum());
  if (absl::Status valid = check_bucket_config(config); !valid.ok()) {
    return absl::DataLossError(absl::StrCat("a bucket of the configuration: ", valid.message()));
  }
  return bucket;
}

void members_from_pb(const pb::Configuration& from, Configuration* to) {
  to->last_node = from.last_node();
  to->removed_epoch = from.removed_epoch();
  for (const pb::MemberRecord& m : from.members()) {
    to->members.push_back(Member{m.node(), m.node_id(), m.address(), m.zone(),
                                 MemberStatus(m.status()), m.admitted(), m.nonce(), m.disk_id(),
                                 Features(m.features().begin(), m.features().end())});
  }
  to->features_on.assign(from.features_on().begin(), from.features_on().end());
}

void partitions_from_pb(const pb::Configuration& from, Configuration* to) {
  to->partitions.reserve(size_t(from.partitions_size()));
  for (const pb::PartitionRecord& p : from.partitions()) {
    Partition partition;
    partition.pv = p.pv();
    partition.move = p.move();
    partition.owners.assign(p.owners().begin(), p.owners().end());
    partition.next.assign(p.next().begin(), p.next().end());
    partition.draining.assign(p.draining().begin(), p.draining().end());
    to->partitions.push_back(std::move(partition));
  }
}

}  // namespace

absl::StatusOr<Configuration> from_pb(const pb::Configuration& from) {
  Configuration to;
  to.epoch = from.epoch();
  to.cluster_id = from.cluster_id();
  to.previous_checksum = from.previous_checksum();
  to.ring_size = from.ring_size();
  for (const pb::MemberRecord& m : from.members()) {
    if (m.status() > uint32_t(MemberStatus::kRemoved)) {
      return absl::DataLossError("a member of the configuration has an unknown status");
    }
  }
  members_from_pb(from, &to);
  partitions_from_pb(from, &to);
  for (const pb::BucketRecord& b : from.buckets()) {
    absl::StatusOr<Bucket> bucket = bucket_from_pb(b);
    if (!bucket.ok()) return bucket.status();
    to.add_bucket(*std::move(bucket));
  }
  to.recent_operations.assign(from.recent_operations().begin(), from.recent_operations().end());
  if (from.replication_since_size() != kReplicationMax) {
    return absl::DataLossError("the configuration does not say which replication is in use");
  }
  for (int n = 0; n < kReplicationMax; ++n) {
    to.replication_since[size_t(n)] = from.replication_since(n);
  }
  if (absl::Status status = check_configuration(to); !status.ok()) return status;
  return to;
}

}  // namespace vordb
