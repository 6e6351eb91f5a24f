// The coverage of the table of messages, as vordb-sim prints it, carries it from the process of a
// run to that of its swarm, and sums it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sim/message_coverage.h"

namespace vordb::server {

// By the names of messages and states; only what was seen.
nlohmann::json json_of(const sim::MessageCoverage& messages);
void add_json(const nlohmann::json& json, sim::MessageCoverage& messages);

// Every message that never came in some state of its taker in which it may, with these states.
std::vector<std::string> unmet_messages(const sim::MessageCoverage& messages);

// How many cells there are and were seen, and every possible one that was not, by name.
void message_table(std::string& out, const sim::MessageCoverage& messages);

}  // namespace vordb::server
