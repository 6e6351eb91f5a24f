// What every configuration holds to.
#include <algorithm>
#include <functional>

#include "core/cluster/configuration.h"

namespace vordb {

namespace {

absl::Status check_members(const Configuration& configuration) {
  NodeNumber before = 0;
  for (const Member& m : configuration.members) {
    if (m.node <= before || m.node > configuration.last_node) {
      return absl::DataLossError("the configuration's members are not in order");
    }
    before = m.node;
    if (m.admitted < kFirstEpoch || m.admitted > configuration.epoch || m.node_id.empty()) {
      return absl::DataLossError("a member of the configuration is ill-formed");
    }
    if (m.status == MemberStatus::kRemoved) continue;
    for (const Member& other : configuration.members) {
      const bool twice = other.node != m.node && other.node_id == m.node_id;
      if (twice && other.status != MemberStatus::kRemoved) {
        return absl::DataLossError("two members of the configuration have one name");
      }
    }
  }
  if (before == 0) return absl::DataLossError("the configuration has no members");
  return absl::OkStatus();
}

bool ascend(const Features& features) {
  return std::adjacent_find(features.begin(), features.end(), std::greater_equal<>()) ==
         features.end();
}

absl::Status check_features(const Configuration& configuration) {
  bool ordered = ascend(configuration.features_on);
  for (const Member& m : configuration.members) ordered = ordered && ascend(m.features);
  if (!ordered) return absl::DataLossError("features of the configuration are not in order");
  for (const Member* m : staying_members(configuration)) {
    if (lacking(configuration.features_on, m->features).empty()) continue;
    return absl::DataLossError("a feature is switched on that a member does not have");
  }
  return absl::OkStatus();
}

// Distinct nodes that the configuration knows, no more than any placement can use.
bool are_owners(const Configuration& configuration, const std::vector<NodeNumber>& nodes) {
  if (nodes.size() > kReplicationMax) return false;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!configuration.member(nodes[i])) return false;
    if (std::find(nodes.begin(), nodes.begin() + ptrdiff_t(i), nodes[i]) !=
        nodes.begin() + ptrdiff_t(i))
      return false;
  }
  return true;
}

bool well_formed(const Configuration& configuration, const Partition& partition) {
  if (partition.pv < kFirstEpoch || partition.pv > configuration.epoch) return false;
  if (partition.move > partition.pv) return false;
  if ((partition.move == 0) != partition.next.empty()) return false;
  if (partition.owners.empty() || !are_owners(configuration, partition.owners)) return false;
  if (!are_owners(configuration, partition.next)) return false;
  const std::vector<NodeNumber>& draining = partition.draining;
  for (const NodeNumber node : draining) {
    if (!configuration.is_member(node)) return false;
  }
  return std::adjacent_find(draining.begin(), draining.end(), std::greater_equal<>()) ==
         draining.end();
}

}  // namespace

absl::Status check_configuration(const Configuration& configuration) {
  const uint32_t ring_size = configuration.ring_size;
  if (configuration.epoch < kFirstEpoch || ring_size == 0 || ring_size > 65536) {
    return absl::DataLossError("the configuration's epoch or ring size is out of range");
  }
  if (configuration.cluster_id.empty()) {
    return absl::DataLossError("the configuration names no cluster");
  }
  if (absl::Status members = check_members(configuration); !members.ok()) return members;
  if (absl::Status features = check_features(configuration); !features.ok()) return features;
  if (configuration.partitions.size() != ring_size) {
    return absl::DataLossError("the configuration has more or fewer partitions than its ring");
  }
  for (const Partition& partition : configuration.partitions) {
    if (well_formed(configuration, partition)) continue;
    return absl::DataLossError("a partition of the configuration is ill-formed");
  }
  if (configuration.bucket_names.size() != configuration.buckets.size()) {
    return absl::DataLossError("two buckets of the configuration have one name");
  }
  for (const auto& [id, bucket] : configuration.buckets) {
    if (configuration.replication_since[bucket.config.replication_n - 1] == 0) {
      return absl::DataLossError("a bucket's replication is not said to be in use");
    }
  }
  return absl::OkStatus();
}

}  // namespace vordb
