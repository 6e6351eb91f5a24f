// `vordb-sim shrink`, as typed.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "server/process_harness.h"

namespace vordb::server {
namespace {

using Json = nlohmann::json;

const std::string kSim = std::string(VORDB_BIN_DIR) + "/vordb-sim ";
const std::string kScenarios = std::string(VORDB_SOURCE_DIR) + "/scenarios/";
// Clients that will not wait as long as a cut takes.
const std::string kImpatient = kScenarios +
                               "partitions.json --set duration_ms=4000 --set clients.count=6 "
                               "--set clients.patience_ms=700 ";
const std::string kPasses = kScenarios +
                            "one-node-crashes.json --set duration_ms=300 --set settle_ms=0 "
                            "--set clients.count=2 ";
constexpr int kUsage = 2;

// The record of the first seed that ends so.
std::string record(const TempDir& folder, const std::string& scenario, int status) {
  const std::string file = folder.path() + "/run.rec";
  for (int seed = 1; seed < 100; ++seed) {
    const std::string run = kSim + "run " + scenario + "--seed " + std::to_string(seed);
    if (run_command(run + " --record " + file).exit_status == status) return file;
  }
  FAIL("no seed ends so");
  return file;
}

Json json_of(const ProgramResult& result, int status) {
  REQUIRE_MESSAGE(result.exit_status == status, result.out, result.err);
  const Json json = Json::parse(result.out, nullptr, false);
  REQUIRE_FALSE(json.is_discarded());
  return json;
}

}  // namespace

TEST_CASE("shrink: the record of a failure becomes a small one that fails the same way") {
  TempDir folder;
  const std::string file = record(folder, kImpatient, 1);
  const std::string small = folder.path() + "/small.rec";
  const Json json = json_of(run_command(kSim + "shrink " + file + " -o " + small + " --json"), 0);
  CHECK(json["property"] == "answered_in_time");
  for (const char* what : {"events", "decisions", "calls"})
    CHECK(json[what]["after"].get<uint64_t>() * 10 <= json[what]["before"].get<uint64_t>());
  CHECK(json["faults"]["after"] >= 1);
  CHECK(json["faults"]["after"] <= json["faults"]["before"]);
  CHECK(json["nodes"]["before"] == 5);
  CHECK(json["replay"] == "vordb-sim replay " + small + " --verbose");

  const Json again = json_of(run_command(kSim + "replay " + small + " --json"), 1);
  CHECK(again["replay_is_same"] == true);
  CHECK(again["hash"] == json["hash"]);
  CHECK(again["events"] == json["events"]["after"]);
  const Json before = json_of(run_command(kSim + "replay " + file + " --json"), 1);
  CHECK(before["events"] == json["events"]["before"]);

  // What is small already stays so.
  const ProgramResult text =
      run_command(kSim + "shrink " + small + " -o " + small + " --seconds 1");
  CHECK(text.exit_status == 0);
  CHECK(text.out.find(": answered_in_time: client") != std::string::npos);
  CHECK(text.out.find("\nvordb-sim replay " + small + " --verbose\n") != std::string::npos);
  CHECK(json_of(run_command(kSim + "replay " + small + " --json"), 1)["replay_is_same"] == true);
}

TEST_CASE("shrink: what does not fail, or cannot be run again, is refused with the reason") {
  TempDir folder;
  const std::string file = record(folder, kPasses, 0);
  const std::string small = folder.path() + "/small.rec";
  const auto refused = [](const std::string& arguments, const std::string& why) {
    const ProgramResult result = run_command(kSim + "shrink " + arguments);
    CHECK_MESSAGE(result.exit_status == kUsage, arguments);
    CHECK_MESSAGE(result.err.find(why) != std::string::npos, result.err);
  };
  refused(file + " -o " + small, "its run ends with PASS: there is no violation to keep");
  refused("/nowhere/run.rec -o " + small, "/nowhere/run.rec: cannot be read");
  refused(kScenarios + "kill.json -o " + small, "is no record of a run");
  refused(file + " -o " + small + " --seconds 0", "--seconds wants a number from 1");
  refused(file, "--out is required");
  CHECK(read_file(small).empty());
}

}  // namespace vordb::server
