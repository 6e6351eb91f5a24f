// Whole runs whose nodes are tuned in odd ways and do what is rare.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

#include "sim/recorded_run_test.h"
#include "sim/replay.h"
#include "sim/scenario_file_test.h"
#include "sim/site_faults.h"
#include "sim/world.h"

using namespace vordb;
using namespace vordb::sim;

namespace {

Scenario odd_scenario(const std::string& name) {
  return load_scenario(name, {{"/duration_ms", "2000"},
                              {"/settle_ms", "100"},
                              {"/faults/swarm", "false"},
                              {"/faults/odd_knobs_max", "8"},
                              {"/faults/sites_per_million", "300000"},
                              {"/minimum", "{}"}});
}

}  // namespace

TEST_CASE("odd runs: with odd knobs and rare sites a cluster loses nothing, and replays") {
  std::set<std::string> struck;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    const Scenario scenario = odd_scenario(seed % 2 == 0 ? "partitions" : "three-node-crashes");
    const RecordedResult run = run_and_record(scenario, seed);
    for (const Violation& violation : run.result.findings.violations())
      FAIL_CHECK(seed << ": " << to_string(violation.property) << ": " << violation.text);
    for (size_t site = 0; site < kSites; ++site) {
      if (run.result.sites[Site(site)].struck > 0) struck.insert(to_string(Site(site)));
    }
    Replay replay(run.record, scenario);
    while (replay.advance()) {
    }
    CHECK(replay.result().hash == run.result.hash);
    CHECK_MESSAGE(replay.verdict().same, replay.verdict().text);
  }
  CHECK(struck.size() > kSites / 3);
}

TEST_CASE("odd runs: once faults are over, all is as usual") {
  const Scenario scenario = odd_scenario("three-node-crashes");
  World world(scenario, 5);
  world.start();
  uint64_t odd = 0;
  while (world.advance()) {
    const bool over = std::string_view(world.phase()) == "settle";
    for (uint32_t node = 0; node < world.nodes(); ++node) {
      if (world.node(node).knobs() == kDefaultKnobs) continue;
      ++odd;
      CHECK_FALSE(over);
    }
  }
  CHECK(world.result().findings.clean());
  CHECK(odd > 0);
}
