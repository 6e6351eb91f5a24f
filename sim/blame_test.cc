// Runs that fail for a reason that is known, and whether that is what gets the blame.
#include "sim/blame.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "sim/debugger.h"
#include "sim/recorded_run_test.h"
#include "sim/scenario_file_test.h"

namespace vordb::sim {
namespace {

using Overrides = std::vector<std::pair<std::string, std::string>>;

// A client that waits 700 ms, and a network between two nodes that may be cut for longer in one
// direction, which is all that can go wrong.
Scenario cut_network() {
  Overrides overrides = {{"/nodes/count", "2"},
                         {"/clients/count", "2"},
                         {"/duration_ms", "2000"},
                         {"/clients/patience_ms", "700"},
                         {"/faults/swarm", "false"}};
  for (const char* fault : {"loss", "doubling", "delay", "reset", "reordering", "split", "isolate",
                            "bridge", "ring", "clog"})
    overrides.emplace_back("/faults/" + std::string(fault) + "_every_ms", "0");
  return load_scenario("partitions", overrides);
}

Record failing(const Scenario& scenario) {
  for (uint64_t seed = 1; seed < 100; ++seed) {
    RecordedResult run = run_and_record(scenario, seed);
    if (!run.result.findings.clean()) return std::move(run.record);
  }
  FAIL("no seed fails");
  return {};
}

BlameOptions options_for(uint32_t forks) {
  BlameOptions options;
  options.forks = forks;
  options.go_on = [] { return true; };
  return options;
}

TEST_CASE("blame: the decision that cuts the network is found") {
  const Scenario scenario = cut_network();
  const Record record = failing(scenario);
  const absl::StatusOr<Blame> blame = sim::blame(record, scenario, options_for(8));
  REQUIRE_MESSAGE(blame.ok(), blame.status().ToString());
  CHECK(blame->property == Property::kAnsweredInTime);
  CHECK(blame->finished);
  REQUIRE(blame->curve.size() > 8);
  CHECK(blame->curve.front().kept == 0);
  CHECK(blame->curve.back().kept == blame->decisions);
  CHECK(blame->curve.back().failed == blame->forks);
  REQUIRE(!blame->jumps.empty());
  for (const BlameJump& jump : blame->jumps) {
    CHECK(jump.exact());
    CHECK(jump.rise() >= least_rise(8));
  }
  const StreamKind worst = blame->jumps[0].last.stream.kind;
  CHECK_MESSAGE((worst == StreamKind::kFault || worst == StreamKind::kStrike),
                text_of(*blame, blame->jumps[0]));
}

TEST_CASE("blame: where time runs out it says how far it came, and the same each time") {
  const Scenario scenario = cut_network();
  const Record record = failing(scenario);
  BlameOptions options = options_for(8);
  int places = 0;
  options.go_on = [&] { return ++places <= 4; };
  const absl::StatusOr<Blame> blame = sim::blame(record, scenario, options);
  places = 0;
  const absl::StatusOr<Blame> again = sim::blame(record, scenario, options);
  REQUIRE_MESSAGE(blame.ok(), blame.status().ToString());
  REQUIRE_MESSAGE(again.ok(), again.status().ToString());
  CHECK(blame->curve == again->curve);
  CHECK(!blame->finished);
  CHECK(blame->curve.size() == 5);
  REQUIRE(!blame->jumps.empty());
  CHECK(!blame->jumps[0].exact());
}

TEST_CASE("blame: a run that passes, and one that other code made, are refused") {
  const Scenario scenario = cut_network();
  uint64_t seed = 1;
  RecordedResult run = run_and_record(scenario, seed);
  while (!run.result.findings.clean()) run = run_and_record(scenario, ++seed);
  CHECK(sim::blame(run.record, scenario, options_for(1)).status().message() ==
        "its run violates nothing: there is nothing to blame");

  const Record record = failing(scenario);
  record.script->streams.begin()->second.at(0).bound += 1;
  const absl::Status parted = sim::blame(record, scenario, options_for(1)).status();
  CHECK(std::string(parted.message()).starts_with("parts from the record at decision"));
}

}  // namespace
}  // namespace vordb::sim
