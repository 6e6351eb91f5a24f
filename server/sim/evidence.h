// What there is to say for the node, in one page: what was run, what each property saw, which
// faults came, which known bugs were found, and what none of it has reached.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "server/sim/swarm_report.h"

namespace vordb::server {

struct Evidence {
  std::string commit;   // empty: the source tells of none
  std::string command;  // by which it was made
  std::vector<SwarmReport> reports;
  nlohmann::json mutants;  // what `mutants -o` wrote; null: nobody looked
};

// What was not reached: properties whose subject never came up, or that no known bug has violated;
// faults and moments that never came; messages and states that never met.
std::vector<std::string> gaps_of(const Evidence& evidence);

std::string markdown_of(const Evidence& evidence);
std::string json_of(const Evidence& evidence);

}  // namespace vordb::server
