// The hunt for a bug that is found in one seed of a hundred: the canary of a program that is told
// to have one, beside the same program without.
#include "server/sim/mutants_hunt.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "server/process_harness.h"
#include "server/sim/mutants_report.h"

namespace vordb::server {
namespace {

const std::string kSim = std::string(VORDB_BIN_DIR) + "/vordb-sim";

class CanaryHunt {
 public:
  explicit CanaryHunt(const std::string& property) {
    const std::string program = folder_.path() + "/with_canary";
    std::ofstream(program) << "#!/bin/bash\n[ $1 = shrink ] && exec '" << kSim << "' \"$@\"\n"
                           << "exec '" << kSim << "' \"$@\" --set canary=true\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    bug.name = "canary";
    bug.rule = "Rule 1: nothing sings.";
    bug.scenario = "one-node-crashes";
    bug.sets = {"duration_ms=20", "settle_ms=0", "clients.count=2"};
    bug.properties = {property};
    hunt.program = program;
    hunt.whole = kSim;
    hunt.scenario = std::string(VORDB_SOURCE_DIR) + "/scenarios/one-node-crashes.json";
    hunt.folder = folder_.path();
    hunt.shrink_seconds = 1;
  }

  KnownBug bug;
  Hunt hunt;

 private:
  TempDir folder_;
};

}  // namespace

TEST_CASE("mutants hunt: seeds are tried in order until one fails, and its story is shrunk") {
  CanaryHunt canary("canary");
  const Found found = hunt(canary.bug, canary.hunt);
  REQUIRE_MESSAGE(found.outcome == Found::Outcome::kFound, found.why);
  CHECK(found.property == "canary");
  CHECK(found.seed == found.seeds);
  CHECK_MESSAGE(found.no_story == "", found.no_story);
  CHECK(found.events > 0);
  CHECK(found.events <= found.events_before);

  // The same from that seed on: it is the first.
  canary.hunt.first_seed = found.seed;
  const Found again = hunt(canary.bug, canary.hunt);
  CHECK(again.seed == found.seed);
  CHECK(again.seeds == 1);
}

TEST_CASE("mutants hunt: what fails without the bug too, or otherwise than said, is not found") {
  CanaryHunt canary("canary");
  canary.hunt.whole = canary.hunt.program;
  const Found falsely = hunt(canary.bug, canary.hunt);
  CHECK(falsely.outcome == Found::Outcome::kFalsely);
  CHECK(falsely.why.find("does not pass without a bug") != std::string::npos);

  CanaryHunt other("converged");
  other.hunt.seconds = 2;
  const Found otherwise = hunt(other.bug, other.hunt);
  CHECK(otherwise.outcome == Found::Outcome::kOtherwise);
  CHECK(otherwise.why == "found by canary, its header names converged");

  canary.hunt.program = canary.hunt.whole = kSim;
  canary.hunt.seconds = 1;
  const Found nothing = hunt(canary.bug, canary.hunt);
  CHECK(nothing.outcome == Found::Outcome::kNotFound);
  CHECK(nothing.seeds > 0);
  CHECK(nothing.why.find("no violation in the ") == 0);

  canary.hunt.program = "/nowhere/vordb-sim";
  CHECK(hunt(canary.bug, canary.hunt).why == "/nowhere/vordb-sim could not be started");
}

TEST_CASE("mutants report: rows, median, worst and the matrix come from what was found") {
  MutantsReport report;
  report.all = true;
  report.first_seed = 7;
  const auto add = [&](const char* name, const char* property, uint64_t seeds, double seconds) {
    MutantsReport::Row row;
    row.bug.name = name;
    row.bug.rule = "Rule 1: of " + std::string(name);
    row.bug.scenario = "kill";
    row.bug.properties = {property};
    row.found.outcome = Found::Outcome::kFound;
    row.found.property = property;
    row.found.seeds = seeds;
    row.found.seconds = seconds;
    row.found.events = 40;
    report.rows.push_back(row);
  };
  add("a", "converged", 1, 2);
  add("b", "converged", 9, 30);
  add("c", "dots_unique", 4, 1);
  CHECK(report.median_seeds() == 4);
  CHECK(report.worst_seconds() == 30);
  CHECK(report.complaints().empty());
  auto json = nlohmann::json::parse(json_of(report));
  CHECK(json["matrix"]["converged"] == nlohmann::json{"a", "b"});
  CHECK(json["matrix"]["canary"].is_null());
  CHECK(json["bugs"][2]["story"]["events"] == 40);
  CHECK(text_of(report).find("\nconverged                a, b\n") != std::string::npos);
  CHECK(text_of(report).find("\nkilled by none: register_value_written, ") != std::string::npos);

  report.rows[2].found.outcome = Found::Outcome::kNotFound;
  report.rows[2].found.property.clear();
  report.rows[2].found.why = "no violation";
  REQUIRE(report.complaints().size() == 1);
  CHECK(report.complaints()[0] == "c: NOT FOUND: no violation");
  CHECK(text_of(report).find("\nFAILED: c: NOT FOUND: no violation\n") != std::string::npos);
  json = nlohmann::json::parse(json_of(report));
  CHECK(json["matrix"]["dots_unique"].empty());

  report.rows.clear();
  add("slow", "converged", 101, 1);
  CHECK(report.complaints().size() == 1);
  report.all = false;
  CHECK(report.complaints().empty());
}

}  // namespace vordb::server
