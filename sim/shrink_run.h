// One run that the shrinker tries: it follows decisions as far as they fit, and is recorded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/record.h"
#include "sim/run_result.h"
#include "sim/scenario.h"

namespace vordb::sim {

struct Candidate {
  Scenario scenario;
  std::shared_ptr<Script> script;
};

// What came of it: a record of its own, which a replay follows byte for byte.
struct Attempt {
  Scenario scenario;
  Record record;
  RunResult result;
  const Script& script() const { return *record.script; }
};

// What shrinking makes smaller.
struct ShrinkSize {
  uint64_t events = 0;
  uint64_t decisions = 0;   // that were drawn in the run
  uint64_t faults = 0;      // strikes, and what links and disks did wrong by chance
  uint64_t operations = 0;  // calls under load
  uint32_t machines = 0;
  uint32_t clients = 0;
};
ShrinkSize size_of(const Attempt& attempt);

// Ends with a violation, with the run, or after `events_max`.
Attempt run_candidate(const Candidate& candidate, uint64_t seed, uint64_t events_max);

// One decision of a script.
struct Place {
  Stream stream;
  size_t at = 0;
  auto operator<=>(const Place&) const = default;
};

}  // namespace vordb::sim
