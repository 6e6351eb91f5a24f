// A scenario: what a run is made of, as a JSON file under scenarios/ says it. Reading checks
// everything: what the schema (sim/scenario_schema.h) does not allow is an error that names its
// place, such as "/faults/crash_every_ms", and so is what makes no sense together.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/fields.h"
#include "core/node_options.h"
#include "sim/fault_kinds.h"
#include "sim/findings.h"
#include "sim/workload.h"

namespace vordb::sim {

struct Scenario {
  enum class Durability : uint8_t { kFsync, kBuffered, kEither };
  // Node 0 founds the cluster and the others join, or they all found it together, under faults.
  enum class Founding : uint8_t { kJoin, kMembers };

  std::string text;  // all of it, as JSON: what this was read from, with its overrides
  std::string name;
  uint64_t seed = 1;              // of a run that is given none
  uint64_t duration_ms = 10'000;  // of the phase with faults and load
  uint64_t settle_ms = 2'000;     // after it: no faults, then every key is read
  uint64_t converge_ms = 60'000;  // so long at most, until all owners of all data are equal
  NodeOptions node;
  struct Nodes {
    uint32_t count = 1;  // found the cluster before the load begins
    uint32_t spare = 0;  // may join during the load
    uint32_t least = 1;  // no operator goes below
    uint32_t zones = 0;  // dealt out in turn; 0: none
    Founding founding = Founding::kJoin;
    VORDB_FIELDS(Nodes, count, spare, least, zones, founding)
  } nodes;
  Durability durability = Durability::kFsync;
  WorkloadPlan workload;
  FaultPlan faults;
  bool canary = false;  // has the property `canary`, whose failures must be reported

  // Below any of these a run, or a swarm, is UNDER-TESTED.
  struct Minimum {
    uint64_t acknowledged = 1;  // mutations of one run
    uint64_t crashes = 0;       // of the runs of a swarm in which crashes were on, on average
    // Properties that must have been relevant somewhere in a swarm, and in a run of
    // `run_relevant_ms` or longer.
    std::vector<Property> relevant;
    uint64_t run_relevant_ms = 10'000;
    VORDB_FIELDS(Minimum, acknowledged, crashes, relevant, run_relevant_ms)
  } minimum;
  VORDB_FIELDS(Scenario, text, name, seed, duration_ms, settle_ms, converge_ms, node, nodes,
               durability, workload, faults, canary, minimum)
};

// `overrides`: JSON pointers to values that replace the file's, such as {"/duration_ms", "2000"}.
absl::StatusOr<Scenario> parse_scenario(
    std::string_view json, const std::vector<std::pair<std::string, std::string>>& overrides = {});

// The scenarios that ship, by file name without ".json". A file that is not named here fails a
// test.
const std::vector<std::string>& registered_scenarios();

}  // namespace vordb::sim
