// The scenarios that the repository ships, for tests.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "sim/scenario.h"

namespace vordb::sim {

// scenarios/<name>.json with these values replaced, each named as parse_scenario() wants it.
inline Scenario load_scenario(const std::string& name,
                              const std::vector<std::pair<std::string, std::string>>& values) {
  std::ostringstream text;
  text << std::ifstream(VORDB_SOURCE_DIR "/scenarios/" + name + ".json", std::ios::binary).rdbuf();
  auto scenario = parse_scenario(text.str(), values);
  REQUIRE_MESSAGE(scenario.ok(), scenario.status().ToString());
  return *std::move(scenario);
}

// Short enough to be run many times.
inline Scenario short_scenario(const std::string& name) {
  return load_scenario(name,
                       {{"/duration_ms", "1500"}, {"/settle_ms", "100"}, {"/clients/count", "4"}});
}

}  // namespace vordb::sim
