#include "sim/scenario_read.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "core/assert.h"

namespace vordb::sim {

namespace {

using Json = nlohmann::json;

// What an object says of a setting; where it says nothing, `out` stays as it is.
template <typename Number>
void number(const Json& object, const char* name, Number& out) {
  const auto found = object.find(name);
  if (found == object.end()) return;
  const uint64_t value = found->get<uint64_t>();
  VORDB_ASSERT(value <= std::numeric_limits<Number>::max(), "the schema's maximum has room");
  out = Number(value);
}

void flag(const Json& object, const char* name, bool& out) {
  if (const auto found = object.find(name); found != object.end()) out = found->get<bool>();
}

std::string text(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? "" : found->get<std::string>();
}

const Json& part(const Json& object, const char* name) {
  static const Json kNothing = Json::object();
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

void read_bucket(const Json& json, const NodeOptions& node, BucketPlan& plan) {
  plan.config.name = text(json, "name");
  if (const BucketTypeRow* row = find_bucket_type(text(json, "type"))) plan.config.type = row->type;
  number(json, "ttl_seconds", plan.config.ttl_seconds);
  number(json, "replication_n", plan.config.replication_n);
  number(json, "write_quorum", plan.config.write_quorum);
  number(json, "read_quorum", plan.config.read_quorum);
  if (const Consistency* named = find_consistency(text(json, "consistency"))) {
    plan.config.write_quorum = named->write_quorum;
    plan.config.read_quorum = named->read_quorum;
  }
  number(json, "keys", plan.keys);
  number(json, "elements", plan.elements);
  number(json, "value_bytes_max", plan.value_bytes_max);
  flag(json, "default", plan.is_default);
  flag(json, "churns", plan.churns);
  flag(json, "huge", plan.huge);
  if (!plan.is_default) return;
  plan.config.replication_n = node.replication_n;
  plan.config.write_quorum = node.default_write_quorum;
  plan.config.read_quorum = node.default_read_quorum;
}

void read_clients(const Json& json, WorkloadPlan& workload) {
  number(json, "count", workload.clients);
  number(json, "think_us_max", workload.think_us_max);
  number(json, "hot_keys", workload.hot_keys);
  number(json, "hot_per_million", workload.hot_per_million);
  number(json, "token_per_million", workload.token_per_million);
  number(json, "context_per_million", workload.context_per_million);
  number(json, "quorum_per_million", workload.quorum_per_million);
  number(json, "abandon_per_million", workload.abandon_per_million);
  number(json, "pipeline_per_million", workload.pipeline_per_million);
  number(json, "repeat_per_million", workload.repeat_per_million);
  number(json, "sticky_per_million", workload.sticky_per_million);
  number(json, "switch_per_million", workload.switch_per_million);
  number(json, "impatient_per_million", workload.impatient_per_million);
  number(json, "timeout_ms", workload.timeout_ms);
  number(json, "patience_ms", workload.patience_ms);
}

void read_node(const Json& json, NodeOptions& node, Scenario::Durability& durability) {
  node.ring_size = 8;
  node.column_families = 2;
  node.shards = 2;
  number(json, "shards", node.shards);
  number(json, "ring_size", node.ring_size);
  number(json, "column_families", node.column_families);
  number(json, "cache_bytes", node.cache_bytes);
  number(json, "sync_interval_ms", node.sync_interval_ms);
  number(json, "scrub_interval_ms", node.scrub_interval_ms);
  number(json, "ttl_sweep_interval_ms", node.ttl_sweep_interval_ms);
  number(json, "ring_gossip_interval_ms", node.ring_gossip_interval_ms);
  number(json, "write_quorum_timeout_ms", node.write_quorum_timeout_ms);
  number(json, "read_quorum_timeout_ms", node.read_quorum_timeout_ms);
  number(json, "max_clock_drift_ms", node.max_clock_drift_ms);
  number(json, "handoff_bytes_per_s", node.handoff_bytes_per_s);
  number(json, "replication_n", node.replication_n);
  number(json, "default_write_quorum", node.default_write_quorum);
  number(json, "default_read_quorum", node.default_read_quorum);
  const std::string named = text(json, "durability");
  if (named == "buffered") durability = Scenario::Durability::kBuffered;
  if (named == "either") durability = Scenario::Durability::kEither;
}

void read_nodes(const Json& json, Scenario::Nodes& nodes) {
  number(json, "count", nodes.count);
  number(json, "spare", nodes.spare);
  nodes.least = nodes.count;
  number(json, "least", nodes.least);
  number(json, "zones", nodes.zones);
  if (text(json, "founding") == "members") nodes.founding = Scenario::Founding::kMembers;
}

void read_faults(const Json& json, FaultPlan& faults) {
  flag(json, "swarm", faults.swarm);
  number(json, "aimed_per_million", faults.aimed_per_million);
  number(json, "odd_knobs_max", faults.odd_knobs_max);
  number(json, "sites_per_million", faults.sites_per_million);
  for (int kind = 0; kind < kFaultKinds; ++kind) {
    if (FaultKind(kind) == FaultKind::kAimedCrash) continue;
    number(json, setting_of(FaultKind(kind)).c_str(), faults.every_ms[size_t(kind)]);
  }
}

void read_minimum(const Json& json, Scenario::Minimum& minimum) {
  number(json, "acknowledged", minimum.acknowledged);
  number(json, "crashes", minimum.crashes);
  number(json, "run_relevant_ms", minimum.run_relevant_ms);
  for (const Json& name : part(json, "relevant")) {
    if (const auto property = property_named(name.get<std::string>()))
      minimum.relevant.push_back(*property);
  }
}

}  // namespace

Scenario read_scenario(const Json& json) {
  Scenario scenario;
  scenario.name = text(json, "name");
  number(json, "seed", scenario.seed);
  number(json, "duration_ms", scenario.duration_ms);
  number(json, "settle_ms", scenario.settle_ms);
  number(json, "converge_ms", scenario.converge_ms);
  flag(json, "canary", scenario.canary);
  read_nodes(part(json, "nodes"), scenario.nodes);
  read_node(part(json, "node"), scenario.node, scenario.durability);
  WorkloadPlan& workload = scenario.workload;
  for (const Json& bucket : part(json, "buckets"))
    read_bucket(bucket, scenario.node, workload.buckets.emplace_back());
  read_clients(part(json, "clients"), workload);
  for (int operation = 0; operation < kOperations; ++operation)
    number(part(json, "operations"), to_string(Operation(operation)),
           workload.weights[size_t(operation)]);
  read_faults(part(json, "faults"), scenario.faults);
  read_minimum(part(json, "minimum"), scenario.minimum);
  return scenario;
}

}  // namespace vordb::sim
