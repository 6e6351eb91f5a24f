// What vordb-sim prints of swarms: text for people, JSON and Markdown for programs.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "server/sim/arguments.h"
#include "server/sim/failures.h"
#include "server/sim/swarm_result.h"
#include "sim/scenario.h"

namespace vordb::server {

// One scenario's swarm.
struct SwarmReport {
  ScenarioArguments arguments;
  sim::Scenario scenario;
  SwarmResult swarm;
  std::vector<Failure> failures;  // of the swarm

  std::string replay(const Failure& failure) const {
    return run_command_line(arguments, failure.seed);
  }
};

// A swarm passes when all of its runs were made, and do.
const char* verdict(const SwarmResult& swarm);
// The worst: a violation, then runs that were not made, then too little tested.
int exit_code(const std::vector<SwarmReport>& reports);

// Without its failures.
std::string text_of(const sim::Scenario& scenario, const SwarmResult& swarm);
// Several swarms in a line each.
std::string sum_of(const std::vector<SwarmReport>& reports);
nlohmann::json json_of(const SwarmReport& report);
// For GitHub: a table of the scenarios, and each failure to be opened.
std::string markdown_of(const std::vector<SwarmReport>& reports);

}  // namespace vordb::server
