// One seed, one run: the same bytes of trace every time, from every compiler at every optimisation
// level.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "sim/scenario.h"
#include "sim/world.h"

namespace vordb::sim {
namespace {

constexpr uint64_t kSeeds = 200;
const char* const kScenario = VORDB_SOURCE_DIR "/scenarios/one-node-crashes.json";
// Short runs with few clients, of which every kind of fault still has a part.
const std::vector<std::pair<std::string, std::string>> kOverrides = {
    {"/duration_ms", "2000"}, {"/settle_ms", "100"}, {"/clients/count", "3"}};

Scenario load() {
  std::ostringstream text;
  text << std::ifstream(kScenario, std::ios::binary).rdbuf();
  auto scenario = parse_scenario(text.str(), kOverrides);
  REQUIRE_MESSAGE(scenario.ok(), scenario.status().ToString());
  return *std::move(scenario);
}

std::string hash_of(const Scenario& scenario, uint64_t seed, Trace::Sink sink = nullptr) {
  return std::make_unique<World>(scenario, seed, std::move(sink))->run().hash.hex();
}

TEST_CASE("determinism: 200 seeds run twice in one process give the same hash") {
  const Scenario scenario = load();
  std::vector<std::string> hashes;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) hashes.push_back(hash_of(scenario, seed));
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const std::string again = hash_of(scenario, seed);
    CHECK_MESSAGE(again == hashes[size_t(seed - 1)], "seed ", seed);
  }
  std::vector<std::string> sorted = hashes;
  std::sort(sorted.begin(), sorted.end());
  CHECK(std::unique(sorted.begin(), sorted.end()) == sorted.end());
}

TEST_CASE("determinism: whether a trace is written makes no difference") {
  const Scenario scenario = load();
  for (const uint64_t seed : {1, 2, 3}) {
    std::string first, second;
    const std::string written =
        hash_of(scenario, seed, [&](std::string_view line) { first += line; });
    hash_of(scenario, seed, [&](std::string_view line) { second += line; });
    CHECK(first == second);
    CHECK(first.size() > 10'000);
    CHECK(written == hash_of(scenario, seed, [](std::string_view) {}));
  }
}

std::string output_of(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  char buffer[4096];
  for (size_t got; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    output.append(buffer, got);
  pclose(pipe);
  return output;
}

TEST_CASE("determinism: clang -O0 gives the same 200 hashes") {
  const char* program = std::getenv("VORDB_SIM_CLANG");
  REQUIRE_MESSAGE(program != nullptr,
                  "VORDB_SIM_CLANG names a vordb-sim built by clang -O0; `make test` sets it");
  std::string command = std::string(program) + " swarm " + kScenario + " --seeds 1.." +
                        std::to_string(kSeeds) + " --jobs 2 --json";
  for (const auto& [place, value] : kOverrides) command += " --set " + place + "=" + value;
  const auto json = nlohmann::json::parse(output_of(command), nullptr, false);
  REQUIRE_FALSE(json.is_discarded());
  REQUIRE(json["seeds"].size() == kSeeds);
  const Scenario scenario = load();
  for (const auto& seed : json["seeds"])
    CHECK_MESSAGE(seed["hash"] == hash_of(scenario, seed["seed"]), "seed ",
                  seed["seed"].get<uint64_t>());
}

}  // namespace
}  // namespace vordb::sim
