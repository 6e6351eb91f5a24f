// Runs many seeds of one scenario in worker processes. A worker that aborts, on a broken assertion
// say, costs the seed that it was running and no more. Fewer processes than asked for do the same
// runs; a run that could not be made is told, and counts as none.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "server/sim/seed_plan.h"
#include "server/sim/swarm_result.h"
#include "sim/scenario.h"

namespace vordb::server {

struct SwarmOptions {
  SeedPlan seeds;
  uint32_t jobs = 1;
  bool progress = false;  // on standard error
  SwarmResult before;     // runs that were made earlier: they count, and are not made again
  // Hears of every run that is made, as a line of JSON: see add_run().
  std::function<void(std::string_view line)> made;
};

// SIGINT and SIGTERM end it with what it has.
SwarmResult run_swarm(const sim::Scenario& scenario, SwarmOptions options);

}  // namespace vordb::server
