#include "sim/scenario_check.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/cluster/configuration.h"

namespace vordb::sim {

namespace {

constexpr uint32_t kFoundersMax = 9;
// What one run may have to keep in memory: all keys are read through every node at its end, and may
// hold values of full length on every node.
constexpr uint64_t kAuditedMax = 1'000'000;
constexpr uint64_t kHeldBytesMax = 1ull << 30;

absl::Status wrong(const std::string& place, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(place, ": ", why));
}

bool is_default_name(const std::string& name) {
  return std::any_of(std::begin(kBucketTypes), std::end(kBucketTypes),
                     [&](const BucketTypeRow& row) { return name == row.default_bucket; });
}

absl::Status check_nodes(const Scenario::Nodes& nodes) {
  if (nodes.least > nodes.count) return wrong("/nodes/least", "is at most /nodes/count");
  if (nodes.founding == Scenario::Founding::kMembers && nodes.count > kFoundersMax)
    return wrong("/nodes/count",
                 absl::StrCat("is at most ", kFoundersMax, " where all found together"));
  return absl::OkStatus();
}

absl::Status check_node(const NodeOptions& node) {
  if (node.default_write_quorum > node.replication_n)
    return wrong("/node/default_write_quorum", "is at most replication_n");
  if (node.default_read_quorum > node.replication_n)
    return wrong("/node/default_read_quorum", "is at most replication_n");
  return absl::OkStatus();
}

absl::Status check_bucket(const Scenario& scenario, size_t index) {
  const std::vector<BucketPlan>& buckets = scenario.workload.buckets;
  const BucketPlan& plan = buckets[index];
  const BucketConfig& config = plan.config;
  const auto wrong_here = [&](const std::string& name, const std::string& why) {
    return wrong(absl::StrCat("/buckets/", index, "/", name), why);
  };
  const BucketTypeRow& type = row_of(config.type);
  if (!plan.is_default && is_default_name(config.name))
    return wrong_here("name",
                      "is that of a bucket that every node has: it wants \"default\": true");
  if (plan.is_default && config.name != type.default_bucket)
    return wrong_here("name", absl::StrCat("must be ", type.default_bucket,
                                           ", the bucket of this type that every node has"));
  if (plan.is_default && config.ttl_seconds > 0)
    return wrong_here("ttl_seconds",
                      "must be 0: the buckets that every node has keep their values");
  if (plan.churns && (plan.is_default || config.ttl_seconds > 0))
    return wrong_here("churns", "is neither for default buckets nor for ones with a ttl");
  if (std::max(config.write_quorum, config.read_quorum) > config.replication_n)
    return wrong_here("write_quorum", "and read_quorum are at most replication_n");
  if (const absl::Status valid = check_bucket_config(config); !valid.ok())
    return wrong_here("name", std::string(valid.message()));
  for (size_t other = 0; other < index; ++other) {
    if (buckets[other].config.name == config.name)
      return wrong_here("name", "is that of an earlier bucket: each needs its own");
  }
  // What no read can reach, the audit at the end of a run would wait for.
  if (config.read_quorum > scenario.nodes.least)
    return wrong(plan.is_default ? "/node/default_read_quorum"
                                 : absl::StrCat("/buckets/", index, "/read_quorum"),
                 absl::StrCat("is at most the number of nodes that always serve, which is ",
                              scenario.nodes.least));
  return absl::OkStatus();
}

// A fault that can never come is a mistake.
absl::Status check_faults(const Scenario& scenario) {
  const uint32_t machines = scenario.nodes.count + scenario.nodes.spare;
  for (int number = 0; number < kFaultKinds; ++number) {
    const FaultKind kind = FaultKind(number);
    if (scenario.faults.every_ms[size_t(number)] == 0) continue;
    const std::string place = absl::StrCat("/faults/", setting_of(kind));
    if (machines == 1 && kind >= FaultKind::kCrashAll) return wrong(place, "needs several nodes");
    const bool joins = kind == FaultKind::kJoin || kind == FaultKind::kReplace;
    if (joins && scenario.nodes.spare == 0) return wrong(place, "needs spare nodes");
    if (kind == FaultKind::kPowerLoss && scenario.durability == Scenario::Durability::kBuffered)
      return wrong(place, "a node that buffers may lose what a power cut takes: set it to 0");
  }
  return absl::OkStatus();
}

// A run must fit into memory, however unlucky its draws.
absl::Status check_size(const Scenario& scenario) {
  const uint64_t machines = scenario.nodes.count + scenario.nodes.spare;
  uint64_t audited = 0;
  uint64_t held = 0;
  uint64_t longest = 0;
  for (const BucketPlan& plan : scenario.workload.buckets) {
    audited += plan.keys * machines;
    const bool is_set = plan.config.type == BucketType::kOrswot;
    held += plan.keys * (is_set ? plan.elements * 100ull : plan.value_bytes_max) * machines;
    longest = std::max<uint64_t>(longest, plan.value_bytes_max);
  }
  if (audited > kAuditedMax)
    return wrong("/buckets", absl::StrCat("must have at most ", kAuditedMax,
                                          " keys, all together, times the number of nodes"));
  if (held > kHeldBytesMax)
    return wrong("/buckets",
                 absl::StrCat("must hold at most ", kHeldBytesMax,
                              " bytes: keys x value_bytes_max, or keys x elements x 100, x nodes"));
  if (longest * scenario.workload.clients > kHeldBytesMax)
    return wrong("/clients/count",
                 absl::StrCat("times the largest value_bytes_max must be at most ", kHeldBytesMax));
  return absl::OkStatus();
}

}  // namespace

absl::Status check_scenario(const Scenario& scenario) {
  if (absl::Status status = check_nodes(scenario.nodes); !status.ok()) return status;
  if (absl::Status status = check_node(scenario.node); !status.ok()) return status;
  for (size_t i = 0; i < scenario.workload.buckets.size(); ++i) {
    if (absl::Status status = check_bucket(scenario, i); !status.ok()) return status;
  }
  if (absl::Status status = check_faults(scenario); !status.ok()) return status;
  return check_size(scenario);
}

}  // namespace vordb::sim
