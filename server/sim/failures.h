// The failures of a swarm, one a signature, and how each is told: what was promised and seen, the
// story, the command that replays it, the signature.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/sim/swarm_result.h"

namespace vordb::server {

struct Failure {
  std::string signature;
  std::string property;
  std::string promised;
  std::string seen;  // in the fastest run
  uint64_t count = 0;
  uint64_t seed = 0;    // of the fastest run: the one with the fewest events
  uint64_t events = 0;  // of that; 0: it aborted, nobody knows at which
  bool aborted = false;
  // ---- Of what was kept of it; empty where nothing was.
  std::string story;   // plain lines
  std::string record;  // files
  std::string small;
};

// The most frequent first.
std::vector<Failure> failures_of(const SwarmResult& swarm);
Failure failure_of(const sim::RunResult& result);

// `replay`: the command that makes the run again. `runs`: of so many; 0: it is the only one.
std::string block_of(const Failure& failure, uint64_t runs, const std::string& replay);

}  // namespace vordb::server
