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

struct Subject {
  const char* scenario;
  uint64_t seeds;
  std::vector<std::pair<std::string, std::string>> overrides;
};

// Short runs with few clients, of which every kind of fault still has a part; and a few of a
// cluster.
const Subject kOneNode = {
    "one-node-crashes",
    200,
    {{"/duration_ms", "2000"}, {"/settle_ms", "100"}, {"/clients/count", "3"}}};
const Subject kCluster = {
    "everything", 12, {{"/duration_ms", "2500"}, {"/settle_ms", "100"}, {"/clients/count", "4"}}};

std::string path_of(const Subject& subject) {
  return std::string(VORDB_SOURCE_DIR "/scenarios/") + subject.scenario + ".json";
}

Scenario load(const Subject& subject) {
  std::ostringstream text;
  text << std::ifstream(path_of(subject), std::ios::binary).rdbuf();
  auto scenario = parse_scenario(text.str(), subject.overrides);
  REQUIRE_MESSAGE(scenario.ok(), scenario.status().ToString());
  return *std::move(scenario);
}

std::string hash_of(const Scenario& scenario, uint64_t seed, Trace::Sink sink = nullptr) {
  return std::make_unique<World>(scenario, seed, std::move(sink))->run().hash.hex();
}

void check_twice(const Subject& subject) {
  const Scenario scenario = load(subject);
  std::vector<std::string> hashes;
  for (uint64_t seed = 1; seed <= subject.seeds; ++seed) hashes.push_back(hash_of(scenario, seed));
  for (uint64_t seed = 1; seed <= subject.seeds; ++seed) {
    const std::string again = hash_of(scenario, seed);
    CHECK_MESSAGE(again == hashes[size_t(seed - 1)], "seed ", seed);
  }
  std::vector<std::string> sorted = hashes;
  std::sort(sorted.begin(), sorted.end());
  CHECK(std::unique(sorted.begin(), sorted.end()) == sorted.end());
}

TEST_CASE("determinism: 200 seeds run twice in one process give the same hash") {
  check_twice(kOneNode);
}

TEST_CASE("determinism: seeds of a cluster run twice in one process give the same hash") {
  check_twice(kCluster);
}

TEST_CASE("determinism: whether a trace is written makes no difference") {
  for (const Subject* subject : {&kOneNode, &kCluster}) {
    const Scenario scenario = load(*subject);
    for (const uint64_t seed : {1, 2, 3}) {
      std::string first, second;
      const std::string written =
          hash_of(scenario, seed, [&](std::string_view line) { first += line; });
      hash_of(scenario, seed, [&](std::string_view line) { second += line; });
      CHECK(first == second);
      CHECK(first.size() > 10'000);
      CHECK(written == hash_of(scenario, seed));
    }
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

void check_clang(const Subject& subject) {
  const char* program = std::getenv("VORDB_SIM_CLANG");
  REQUIRE_MESSAGE(program != nullptr,
                  "VORDB_SIM_CLANG names a vordb-sim built by clang -O0; `make test` sets it");
  std::string command = std::string(program) + " swarm " + path_of(subject) + " --seeds 1.." +
                        std::to_string(subject.seeds) + " --jobs 2 --json";
  for (const auto& [place, value] : subject.overrides) command += " --set " + place + "=" + value;
  const auto json = nlohmann::json::parse(output_of(command), nullptr, false);
  REQUIRE_FALSE(json.is_discarded());
  REQUIRE(json["seeds"].size() == subject.seeds);
  const Scenario scenario = load(subject);
  for (const auto& seed : json["seeds"])
    CHECK_MESSAGE(seed["hash"] == hash_of(scenario, seed["seed"]), "seed ",
                  seed["seed"].get<uint64_t>());
}

TEST_CASE("determinism: clang -O0 gives the same 200 hashes") { check_clang(kOneNode); }

TEST_CASE("determinism: clang -O0 gives the same hashes of a cluster") { check_clang(kCluster); }

}  // namespace
}  // namespace vordb::sim
