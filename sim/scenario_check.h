// What a schema cannot say of a scenario: values that make no sense together.
#pragma once

#include "absl/status/status.h"
#include "sim/scenario.h"

namespace vordb::sim {

// The first mistake, with its place, such as "/faults/join_every_ms: needs spare nodes".
absl::Status check_scenario(const Scenario& scenario);

}  // namespace vordb::sim
