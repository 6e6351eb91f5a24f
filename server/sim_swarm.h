// Runs many seeds of one scenario in worker processes. A worker that aborts, on a broken assertion
// say, costs the seed that it was running and no more.
#pragma once

#include <cstdint>

#include "server/sim_report.h"
#include "sim/scenario.h"

namespace vordb::server {

struct SwarmOptions {
  uint64_t first_seed = 0;
  uint64_t last_seed = 0;  // included
  uint32_t jobs = 1;
  bool progress = false;  // a line on standard error now and then
};

SwarmResult run_swarm(const sim::Scenario& scenario, const SwarmOptions& options);

// Runs `body` in a process of its own; its return value is the exit code. A process that dies by a
// signal says so on standard error and counts as kExitViolation.
int run_apart(uint64_t seed, int (*body)(void*), void* argument);

}  // namespace vordb::server
