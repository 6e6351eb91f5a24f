// The headers of patches of known bugs: what a good one says, what a wrong one is told, and those
// of every patch that ships, which must apply to the source as it is.
#include "server/sim/known_bug.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "server/process_harness.h"
#include "server/sim/arguments.h"
#include "server/sim/mutants_hunt.h"

namespace vordb::server {
namespace {

const std::string kDiff = "diff --git a/core/x.cc b/core/x.cc\n--- a/core/x.cc\n";
const std::string kRule = "Rule: Rule 1: what is told is durable.\n";
const std::string kScenario = "Scenario: kill duration_ms=4000 faults.swarm=false\n";
const std::string kProperty = "Property: acked_durable, converged\n";
const std::string kBugs = std::string(VORDB_SOURCE_DIR) + "/scenarios/known-bugs";

std::string refusal(const std::string& headers) {
  const absl::StatusOr<KnownBug> bug = read_known_bug("x", headers + kDiff);
  return bug.ok() ? "" : std::string(bug.status().message());
}

bool refused(const std::string& headers, const std::string& why) {
  const std::string said = refusal(headers);
  INFO(headers, said);
  return said.find(why) != std::string::npos;
}

}  // namespace

TEST_CASE("known bug: headers say what is gone, where it shows and by what") {
  const auto bug = read_known_bug("early", kRule + "Red: sim_test x*\n" + kScenario + kProperty +
                                               kDiff + "+Rule: of the diff\n");
  REQUIRE_MESSAGE(bug.ok(), bug.status().ToString());
  CHECK(bug->name == "early");
  CHECK(bug->rule == "Rule 1: what is told is durable.");
  CHECK(bug->scenario == "kill");
  CHECK(bug->sets == std::vector<std::string>{"duration_ms=4000", "faults.swarm=false"});
  CHECK(bug->properties == std::vector<std::string>{"acked_durable", "converged"});
  CHECK(bug->for_simulator());
  CHECK(short_rule(*bug, 40) == "1 what is told is durable.");
  CHECK(short_rule(*bug, 14) == "1 what is .");

  const auto aborts = read_known_bug("x", kRule + kScenario + "Property: assertion\n" + kDiff);
  REQUIRE(aborts.ok());
  CHECK(aborts->properties == std::vector<std::string>{kAssertion});
  for (const std::string other : {"Red: core_test y*\n", "Equivalent: nothing differs.\n"}) {
    const auto unit = read_known_bug("x", kRule + other + kDiff);
    REQUIRE(unit.ok());
    CHECK_FALSE(unit->for_simulator());
  }
}

TEST_CASE("known bug: a wrong header is named, and what would be right") {
  CHECK(refusal(kRule + kScenario + kProperty) == "");
  CHECK(refused(kScenario + kProperty, "lacks \"Rule: \""));
  CHECK(refused("Rule: \n" + kScenario + kProperty, "lacks \"Rule: \""));
  CHECK(refused(kRule, "lacks \"Scenario: \", \"Red: \" or \"Equivalent: \""));
  CHECK(refused(kRule + kScenario, "come together"));
  CHECK(refused(kRule + "Red: x y\n" + kProperty, "come together"));
  CHECK(refused(kRule + "Equivalent: x\n" + kScenario + kProperty, "nothing can notice"));
  CHECK(refused(kRule + kRule + kScenario + kProperty, "two lines of Rule"));
  CHECK(refused(kRule + "Seeds: 7\n" + kScenario + kProperty, "not \"Seeds: 7\""));
  CHECK(refused(kRule + "no header\n" + kScenario + kProperty, "not \"no header\""));
  CHECK(refused(kRule + kScenario + "Property: all_well\n", "\"all_well\" is no property"));
  CHECK(refused(kRule + kScenario + "Property: converged, ,\n", "\"\" is no property"));
  CHECK(refused(kRule + "Scenario: nowhere\n" + kProperty, "\"nowhere\" begins with none of"));
  CHECK(refused(kRule + "Scenario: \n" + kProperty, "begins with none of"));
  for (const std::string set : {"duration_ms", "=4", "duration_ms="})
    CHECK(refused(kRule + "Scenario: kill " + set + "\n" + kProperty, "not \"" + set + "\""));
  const auto bare = read_known_bug("x", kRule + kScenario + kProperty);
  CHECK_FALSE(bare.ok());
  CHECK(bare.status().message().find("holds no diff") != std::string::npos);
}

TEST_CASE("known bug: a failed run is filed under its property, one that aborts as an assertion") {
  CHECK(property_of("converged: placement 3: x") == "converged");
  CHECK(property_of("the process ended by signal 6 (Aborted)") == kAssertion);
  CHECK(property_of("the process ended with status 3") == "");
  CHECK(property_of("only 3 mutations were acknowledged") == "");
}

TEST_CASE("known bugs: every patch can be read, names settings that there are, and applies") {
  size_t for_simulator = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kBugs)) {
    const std::string name = entry.path().stem().string();
    CAPTURE(name);
    CHECK(entry.path().extension() == ".patch");
    const auto bug = read_known_bug(name, read_file(entry.path().string()));
    CHECK_MESSAGE(bug.ok(), bug.status().ToString());
    const ProgramResult applied =
        run_command("patch -d '" VORDB_SOURCE_DIR "' -p1 --batch --silent --dry-run -i '" +
                    entry.path().string() + "'");
    CHECK_MESSAGE(applied.exit_status == 0, applied.out, applied.err);
    if (!bug.ok() || !bug->for_simulator()) continue;
    ++for_simulator;
    const std::string file = VORDB_SOURCE_DIR "/scenarios/" + bug->scenario + ".json";
    const auto scenario = load({file, bug->sets});
    CHECK_MESSAGE(scenario.ok(), scenario.status().ToString());
  }
  CHECK(for_simulator > 0);
}

}  // namespace vordb::server
