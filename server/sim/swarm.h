// Runs many seeds of one scenario in worker processes. A worker that aborts, on a broken assertion
// say, costs the seed that it was running and no more. Fewer processes than asked for do the same
// runs; a run that could not be made is told, and counts as none.
#pragma once

#include <cstdint>

#include "server/sim/swarm_result.h"
#include "sim/scenario.h"

namespace vordb::server {

struct SwarmOptions {
  uint64_t first_seed = 0;
  uint64_t last_seed = 0;  // included
  uint32_t jobs = 1;
  bool progress = false;  // a line on standard error now and then
};

// SIGINT and SIGTERM end it with what it has.
SwarmResult run_swarm(const sim::Scenario& scenario, const SwarmOptions& options);

}  // namespace vordb::server
