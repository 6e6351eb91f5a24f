// The exit codes of vordb-sim.
#pragma once

#include "sim/run_result.h"

namespace vordb::server {

inline constexpr int kExitPass = 0;
inline constexpr int kExitViolation = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitUnderTested = 3;
// Not all of what was asked for could be run, or told. Of use to nobody, as wrong usage is.
inline constexpr int kExitNotRun = kExitUsage;

int exit_code(sim::RunOutcome outcome);

}  // namespace vordb::server
