#include "sim/scenario.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/cluster/configuration.h"

namespace vordb::sim {

namespace {

using Json = nlohmann::json;

constexpr uint32_t kMachinesMax = 64;
constexpr uint32_t kFoundersMax = 9;
constexpr int kDepthMax = 16;  // of objects and arrays within one another
constexpr size_t kBucketsMax = 1000;
// What one run may have to keep in memory: all keys are read through every node at its end, and may
// hold values of full length on every node.
constexpr uint64_t kAuditedMax = 1'000'000;
constexpr uint64_t kHeldBytesMax = 1ull << 30;

// One JSON object being read: every member is asked for by name, and what nobody asked for is an
// error.
class Reader {
 public:
  Reader(const Json& json, std::string place, absl::Status& status)
      : json_(json), place_(std::move(place)), status_(status) {
    if (!json.is_object()) fail("", "must be an object");
  }

  ~Reader() {
    if (!json_.is_object()) return;
    for (const auto& [name, value] : json_.items()) {
      if (asked_.count(name) == 0) fail(name, "is not known here");
    }
  }

  template <typename Number>
  void number(const char* name, Number& out, uint64_t low, uint64_t high) {
    const Json* value = find(name);
    if (value == nullptr) return;
    if (!value->is_number_unsigned() || value->get<uint64_t>() < low ||
        value->get<uint64_t>() > high)
      return fail(name, absl::StrCat("must be an integer in [", low, ", ", high, "]"));
    out = Number(value->get<uint64_t>());
  }

  void flag(const char* name, bool& out) {
    const Json* value = find(name);
    if (value == nullptr) return;
    if (!value->is_boolean()) return fail(name, "must be true or false");
    out = value->get<bool>();
  }

  void text(const char* name, std::string& out) {
    const Json* value = find(name);
    if (value == nullptr) return;
    if (!value->is_string()) return fail(name, "must be a string");
    out = value->get<std::string>();
  }

  const Json* object(const char* name) {
    const Json* value = find(name);
    if (value != nullptr && !value->is_object()) fail(name, "must be an object");
    return value != nullptr && value->is_object() ? value : nullptr;
  }

  const Json* array(const char* name) {
    const Json* value = find(name);
    if (value != nullptr && !value->is_array()) fail(name, "must be an array");
    return value != nullptr && value->is_array() ? value : nullptr;
  }

  void fail(const std::string& name, const std::string& why) {
    if (status_.ok()) status_ = absl::InvalidArgumentError(absl::StrCat(place(name), ": ", why));
  }

  std::string place(const std::string& name) const {
    return name.empty() ? place_ : place_ + "/" + name;
  }
  absl::Status& status() { return status_; }

 private:
  const Json* find(const char* name) {
    asked_[name] = true;
    if (!json_.is_object()) return nullptr;
    const auto found = json_.find(name);
    return found == json_.end() ? nullptr : &*found;
  }

  const Json& json_;
  std::string place_;
  absl::Status& status_;
  std::map<std::string, bool> asked_;
};

bool is_default_name(const std::string& name) {
  return std::any_of(std::begin(kBucketTypes), std::end(kBucketTypes),
                     [&](const BucketTypeRow& row) { return name == row.default_bucket; });
}

void read_bucket(const Json& json, const std::string& place, absl::Status& status,
                 WorkloadPlan& workload) {
  Reader reader(json, place, status);
  BucketPlan plan;
  std::string type = "lww";
  reader.text("name", plan.config.name);
  reader.text("type", type);
  if (const BucketTypeRow* row = find_bucket_type(type)) {
    plan.config.type = row->type;
  } else {
    reader.fail("type", must_be_one_of(bucket_type_names()));
  }
  reader.number("ttl_seconds", plan.config.ttl_seconds, 0, 1'000'000);
  reader.number("replication_n", plan.config.replication_n, 1, kReplicationMax);
  reader.number("write_quorum", plan.config.write_quorum, 1, kReplicationMax);
  reader.number("read_quorum", plan.config.read_quorum, 1, kReplicationMax);
  std::string consistency;
  reader.text("consistency", consistency);
  if (const Consistency* named = find_consistency(consistency)) {
    plan.config.write_quorum = named->write_quorum;
    plan.config.read_quorum = named->read_quorum;
  } else if (!consistency.empty()) {
    reader.fail("consistency", must_be_one_of(consistency_names()));
  }
  reader.number("keys", plan.keys, 1, 100'000);
  reader.number("elements", plan.elements, 1, 10'000);
  reader.number("value_bytes_max", plan.value_bytes_max, 0, 1'000'000);
  reader.flag("default", plan.is_default);
  reader.flag("churns", plan.churns);
  reader.flag("huge", plan.huge);
  if (plan.config.name.empty()) reader.fail("name", "must be given");
  if (!plan.is_default && is_default_name(plan.config.name))
    reader.fail("name", "is that of a bucket that every node has: it wants \"default\": true");
  if (plan.is_default && plan.config.name != row_of(plan.config.type).default_bucket)
    reader.fail("name", absl::StrCat("must be ", row_of(plan.config.type).default_bucket,
                                     ", the bucket of this type that every node has"));
  if (plan.is_default && plan.config.ttl_seconds > 0)
    reader.fail("ttl_seconds", "must be 0: the buckets that every node has keep their values");
  if (plan.churns && (plan.is_default || plan.config.ttl_seconds > 0))
    reader.fail("churns", "is neither for default buckets nor for ones with a ttl");
  if (std::max(plan.config.write_quorum, plan.config.read_quorum) > plan.config.replication_n)
    reader.fail("write_quorum", "and read_quorum are at most replication_n");
  if (const absl::Status valid = check_bucket_config(plan.config); !valid.ok())
    reader.fail("name", std::string(valid.message()));
  for (const BucketPlan& other : workload.buckets) {
    if (other.config.name == plan.config.name)
      reader.fail("name", "is that of an earlier bucket: each needs its own");
  }
  workload.buckets.push_back(plan);
}

void read_workload(Reader& top, WorkloadPlan& workload) {
  if (const Json* buckets = top.array("buckets")) {
    if (buckets->size() > kBucketsMax)
      top.fail("buckets", absl::StrCat("must be at most ", kBucketsMax));
    for (size_t i = 0; i < std::min(buckets->size(), kBucketsMax); ++i)
      read_bucket((*buckets)[i], absl::StrCat("/buckets/", i), top.status(), workload);
  }
  if (workload.buckets.empty()) top.fail("buckets", "must name at least one");
  if (const Json* json = top.object("clients")) {
    Reader reader(*json, "/clients", top.status());
    reader.number("count", workload.clients, 1, 10'000);
    reader.number("think_us_max", workload.think_us_max, 0, 60'000'000);
    reader.number("hot_keys", workload.hot_keys, 1, 100'000);
    reader.number("hot_per_million", workload.hot_per_million, 0, 1'000'000);
    reader.number("token_per_million", workload.token_per_million, 0, 1'000'000);
    reader.number("context_per_million", workload.context_per_million, 0, 1'000'000);
    reader.number("quorum_per_million", workload.quorum_per_million, 0, 1'000'000);
    reader.number("abandon_per_million", workload.abandon_per_million, 0, 1'000'000);
    reader.number("pipeline_per_million", workload.pipeline_per_million, 0, 1'000'000);
    reader.number("repeat_per_million", workload.repeat_per_million, 0, 1'000'000);
    reader.number("sticky_per_million", workload.sticky_per_million, 0, 1'000'000);
    reader.number("switch_per_million", workload.switch_per_million, 0, 1'000'000);
    reader.number("impatient_per_million", workload.impatient_per_million, 0, 1'000'000);
    reader.number("timeout_ms", workload.timeout_ms, 1, 600'000);
    reader.number("patience_ms", workload.patience_ms, 1, 600'000);
    reader.number("sticky_per_million", workload.sticky_per_million, 0, 1'000'000);
    reader.number("switch_per_million", workload.switch_per_million, 0, 1'000'000);
    reader.number("impatient_per_million", workload.impatient_per_million, 0, 1'000'000);
    reader.number("timeout_ms", workload.timeout_ms, 1, 600'000);
  }
  if (const Json* json = top.object("operations")) {
    Reader reader(*json, "/operations", top.status());
    for (int operation = 0; operation < kOperations; ++operation)
      reader.number(to_string(Operation(operation)), workload.weights[size_t(operation)], 0,
                    1'000'000);
  }
}

void read_node(Reader& top, Scenario& scenario) {
  const Json* json = top.object("node");
  if (json == nullptr) return;
  Reader reader(*json, "/node", top.status());
  NodeOptions& node = scenario.node;
  reader.number("shards", node.shards, 1, 64);
  reader.number("ring_size", node.ring_size, 1, 4096);
  reader.number("column_families", node.column_families, 1, 4096);
  reader.number("cache_bytes", node.cache_bytes, 0, 1ull << 40);
  reader.number("sync_interval_ms", node.sync_interval_ms, 1, 600'000);
  reader.number("scrub_interval_ms", node.scrub_interval_ms, 0, 86'400'000);
  reader.number("ttl_sweep_interval_ms", node.ttl_sweep_interval_ms, 1, 3'600'000);
  reader.number("ring_gossip_interval_ms", node.ring_gossip_interval_ms, 1, 600'000);
  reader.number("write_quorum_timeout_ms", node.write_quorum_timeout_ms, 1, 600'000);
  reader.number("read_quorum_timeout_ms", node.read_quorum_timeout_ms, 1, 600'000);
  reader.number("max_clock_drift_ms", node.max_clock_drift_ms, 1, 86'400'000);
  reader.number("handoff_bytes_per_s", node.handoff_bytes_per_s, 0, 1ull << 40);
  reader.number("replication_n", node.replication_n, 1, kReplicationMax);
  reader.number("default_write_quorum", node.default_write_quorum, 1, kReplicationMax);
  reader.number("default_read_quorum", node.default_read_quorum, 1, kReplicationMax);
  for (const auto& [name, quorum] : {std::pair("default_write_quorum", node.default_write_quorum),
                                     std::pair("default_read_quorum", node.default_read_quorum)}) {
    if (quorum > node.replication_n) reader.fail(name, "is at most replication_n");
  }
  std::string durability = "fsync";
  reader.text("durability", durability);
  if (durability == "buffered") {
    scenario.durability = Scenario::Durability::kBuffered;
  } else if (durability == "either") {
    scenario.durability = Scenario::Durability::kEither;
  } else if (durability != "fsync") {
    reader.fail("durability", "must be fsync, buffered or either");
  }
}

void read_nodes(Reader& top, Scenario::Nodes& nodes) {
  const Json* json = top.object("nodes");
  if (json == nullptr) return;
  Reader reader(*json, "/nodes", top.status());
  reader.number("count", nodes.count, 1, kMachinesMax);
  reader.number("spare", nodes.spare, 0, kMachinesMax);
  nodes.least = nodes.count;
  reader.number("least", nodes.least, 1, nodes.count);
  reader.number("zones", nodes.zones, 0, kMachinesMax);
  std::string founding = "join";
  reader.text("founding", founding);
  if (founding == "members") {
    nodes.founding = Scenario::Founding::kMembers;
    if (nodes.count > kFoundersMax)
      reader.fail("count", absl::StrCat("is at most ", kFoundersMax, " where all found together"));
  } else if (founding != "join") {
    reader.fail("founding", "must be join or members");
  }
}

void read_faults(Reader& top, FaultPlan& faults) {
  const Json* json = top.object("faults");
  if (json == nullptr) return;
  Reader reader(*json, "/faults", top.status());
  reader.flag("swarm", faults.swarm);
  reader.number("aimed_per_million", faults.aimed_per_million, 0, 1'000'000);
  for (int kind = 0; kind < kFaultKinds; ++kind) {
    if (FaultKind(kind) == FaultKind::kAimedCrash) continue;
    const std::string name = absl::StrCat(to_string(FaultKind(kind)), "_every_ms");
    reader.number(name.c_str(), faults.every_ms[size_t(kind)], 0, 1'000'000'000);
  }
}

// A fault that can never come is a mistake.
void check_faults(Reader& top, const Scenario& scenario) {
  const uint32_t machines = scenario.nodes.count + scenario.nodes.spare;
  for (int number = 0; number < kFaultKinds; ++number) {
    const FaultKind kind = FaultKind(number);
    if (scenario.faults.every_ms[size_t(number)] == 0) continue;
    const std::string name = absl::StrCat("faults/", to_string(kind), "_every_ms");
    if (machines == 1 && kind >= FaultKind::kCrashAll) top.fail(name, "needs several nodes");
    const bool joins = kind == FaultKind::kJoin || kind == FaultKind::kReplace;
    if (joins && scenario.nodes.spare == 0) top.fail(name, "needs spare nodes");
  }
}

// What no read can reach, the audit at the end of a run would wait for.
void check_quorums(Reader& top, const Scenario& scenario) {
  const std::vector<BucketPlan>& buckets = scenario.workload.buckets;
  for (size_t i = 0; i < buckets.size(); ++i) {
    if (buckets[i].config.read_quorum <= scenario.nodes.least) continue;
    top.fail(buckets[i].is_default ? "node/default_read_quorum"
                                   : absl::StrCat("buckets/", i, "/read_quorum"),
             absl::StrCat("is at most the number of nodes that always serve, which is ",
                          scenario.nodes.least));
  }
}

// A run must fit into memory, however unlucky its draws.
void check_size(Reader& top, const Scenario& scenario) {
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
    top.fail("buckets", absl::StrCat("must have at most ", kAuditedMax,
                                     " keys, all buckets together, times the number of nodes"));
  if (held > kHeldBytesMax)
    top.fail("buckets",
             absl::StrCat("must hold at most ", kHeldBytesMax,
                          " bytes: keys x value_bytes_max, or keys x elements x 100, x nodes"));
  if (longest * scenario.workload.clients > kHeldBytesMax)
    top.fail("clients/count",
             absl::StrCat("times the largest value_bytes_max must be at most ", kHeldBytesMax));
}

void read_minimum(Reader& top, Scenario::Minimum& minimum) {
  const Json* json = top.object("minimum");
  if (json == nullptr) return;
  Reader reader(*json, "/minimum", top.status());
  reader.number("acknowledged", minimum.acknowledged, 0, UINT32_MAX);
  reader.number("crashes", minimum.crashes, 0, UINT32_MAX);
  reader.number("run_relevant_ms", minimum.run_relevant_ms, 0, UINT32_MAX);
  const Json* relevant = reader.array("relevant");
  if (relevant == nullptr) return;
  for (const Json& name : *relevant) {
    bool known = false;
    for (int property = 0; property < kProperties; ++property) {
      if (!name.is_string() || name.get<std::string>() != to_string(Property(property))) continue;
      minimum.relevant.push_back(Property(property));
      known = true;
    }
    if (!known)
      reader.fail("relevant",
                  absl::StrCat("no property is called ",
                               name.dump(-1, ' ', false, Json::error_handler_t::replace)));
  }
}

// What is nested too deeply is not read: others go through it by recursion.
absl::StatusOr<Json> parse_json(std::string_view text) {
  bool deep = false;
  const auto look = [&](int depth, Json::parse_event_t, Json&) {
    deep |= depth > kDepthMax;
    return depth <= kDepthMax;
  };
  try {
    Json json = Json::parse(text, look);
    if (!deep) return json;
  } catch (const Json::parse_error& error) {
    return absl::InvalidArgumentError(absl::StrCat("byte ", error.byte, ": not JSON"));
  } catch (const Json::exception& error) {
    // A number beyond all bounds; its text is in the message.
    return absl::InvalidArgumentError(absl::StrCat("not JSON that can be read: ", error.what()));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("more than ", kDepthMax, " objects and arrays within one another"));
}

// Replaces or adds the value at a JSON pointer. Objects on the way are made; an array grows by one
// at most, for an index may be any number.
absl::Status apply_override(Json& json, const std::string& pointer, const std::string& value) {
  const auto no_such_place = [&] {
    return absl::InvalidArgumentError(absl::StrCat(pointer, ": no such place"));
  };
  if (std::count(pointer.begin(), pointer.end(), '/') > kDepthMax) return no_such_place();
  absl::StatusOr<Json> parsed = parse_json(value);
  try {
    Json::json_pointer rest(pointer);
    std::vector<std::string> names;
    for (; !rest.empty(); rest.pop_back()) names.push_back(rest.back());
    Json* place = &json;
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
      if (!place->is_array()) {
        place = &(*place)[*name];
        continue;
      }
      size_t index = 0;
      const auto [end, error] = std::from_chars(name->data(), name->data() + name->size(), index);
      if (error != std::errc() || end != name->data() + name->size() || index > place->size())
        return no_such_place();
      if (index == place->size()) place->push_back(nullptr);
      place = &(*place)[index];
    }
    *place = parsed.ok() ? *std::move(parsed) : Json(value);
  } catch (const Json::exception&) {
    return no_such_place();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Scenario> parse_scenario(
    std::string_view text, const std::vector<std::pair<std::string, std::string>>& overrides) {
  absl::StatusOr<Json> parsed = parse_json(text);
  if (!parsed.ok()) return parsed.status();
  Json& json = *parsed;
  for (const auto& [pointer, value] : overrides) {
    if (absl::Status status = apply_override(json, pointer, value); !status.ok()) return status;
  }
  Scenario scenario;
  scenario.node.ring_size = 8;
  scenario.node.column_families = 2;
  scenario.node.shards = 2;
  absl::Status status;
  {
    Reader reader(json, "", status);
    std::string description;
    reader.text("name", scenario.name);
    reader.text("description", description);
    reader.number("seed", scenario.seed, 0, UINT64_MAX);
    reader.number("duration_ms", scenario.duration_ms, 1, 86'400'000);
    reader.number("settle_ms", scenario.settle_ms, 0, 86'400'000);
    reader.number("converge_ms", scenario.converge_ms, 1, 86'400'000);
    reader.flag("canary", scenario.canary);
    read_nodes(reader, scenario.nodes);
    read_node(reader, scenario);
    read_workload(reader, scenario.workload);
    for (BucketPlan& bucket : scenario.workload.buckets) {
      if (!bucket.is_default) continue;
      bucket.config.replication_n = scenario.node.replication_n;
      bucket.config.write_quorum = scenario.node.default_write_quorum;
      bucket.config.read_quorum = scenario.node.default_read_quorum;
    }
    read_faults(reader, scenario.faults);
    check_faults(reader, scenario);
    check_quorums(reader, scenario);
    check_size(reader, scenario);
    read_minimum(reader, scenario.minimum);
    if (scenario.name.empty()) reader.fail("name", "must be given");
    if (scenario.durability == Scenario::Durability::kBuffered &&
        scenario.faults.every_ms[size_t(FaultKind::kPowerLoss)] > 0)
      reader.fail("faults/power_loss_every_ms",
                  "a node that buffers may lose what a power cut takes: set it to 0");
  }
  if (!status.ok()) return status;
  scenario.text = json.dump();
  return scenario;
}

const std::vector<std::string>& registered_scenarios() {
  static const std::vector<std::string> names = {
      "buckets",          "clocks-and-disks",   "combined",
      "everything",       "founding",           "kill",
      "membership-churn", "one-node-crashes",   "partition-delay",
      "partitions",       "three-node-crashes", "ttl-and-deletes"};
  return names;
}

}  // namespace vordb::sim
