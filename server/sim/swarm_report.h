// What vordb-sim prints of a swarm: text for people, one JSON document for programs.
#pragma once

#include <string>

#include "server/sim/swarm_result.h"
#include "sim/scenario.h"

namespace vordb::server {

std::string text_of(const sim::Scenario& scenario, const SwarmResult& swarm);
std::string json_of(const sim::Scenario& scenario, const SwarmResult& swarm);

}  // namespace vordb::server
