// What vordb-sim prints of one run: text for people, one JSON document for programs.
#pragma once

#include <cstdint>
#include <string>

#include "sim/run_result.h"
#include "sim/scenario.h"

namespace vordb::server {

std::string text_of(const sim::Scenario& scenario, const sim::RunResult& result, uint64_t real_ms);
// One line, without the line's end.
std::string json_of(const sim::Scenario& scenario, const sim::RunResult& result, uint64_t real_ms);

// Of a run whose process ended by itself: how, and what it wrote to standard error.
std::string json_of_abort(const sim::Scenario& scenario, uint64_t seed, const std::string& end,
                          const std::string& said);

}  // namespace vordb::server
