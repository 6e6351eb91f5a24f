// A scenario as a struct, from JSON that the schema allows.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "sim/scenario.h"

namespace vordb::sim {

// All but the text.
Scenario read_scenario(const nlohmann::json& json);

}  // namespace vordb::sim
