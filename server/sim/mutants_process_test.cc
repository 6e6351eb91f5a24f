// `vordb-sim mutants`, as typed, up to where it would build: what it refuses. That it finds the
// known bugs is for the nightly run.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "server/process_harness.h"

namespace vordb::server {
namespace {

const std::string kMutants = std::string(VORDB_BIN_DIR) + "/vordb-sim mutants ";
const std::string kSource = "--source '" + std::string(VORDB_SOURCE_DIR) + "' ";
constexpr int kUsage = 2;

void refused(const std::string& arguments, const std::string& why) {
  const ProgramResult result = run_command(kMutants + arguments);
  CHECK_MESSAGE(result.exit_status == kUsage, arguments);
  CHECK_MESSAGE(result.err.find(why) != std::string::npos, result.err);
}

TEST_CASE("mutants: names, numbers and folders that are none are refused with the reason") {
  refused(kSource + "no_such_bug", "no bug is called no_such_bug: " VORDB_SOURCE_DIR
                                   "/scenarios/known-bugs holds those that are known");
  refused(kSource + "../known-bugs/answered_undurable", "no bug is called ../known-bugs");
  refused(kSource + "--jobs 0", "--jobs wants a number from 1 to 256, not 0");
  refused(kSource + "--seconds soon", "--seconds wants a number from 1 to 1000000, not soon");
  refused(kSource + "--first-seed -1", "--first-seed wants a number from 0");
  TempDir folder;
  refused("--source " + folder.path(),
          "/scenarios/known-bugs holds no patches: run it in a "
          "checkout of VorDB");
}

TEST_CASE("mutants: a patch with a wrong header is refused before anything is built") {
  TempDir folder;
  const std::string bugs = folder.path() + "/scenarios/known-bugs";
  std::filesystem::create_directories(bugs);
  std::ofstream(bugs + "/x.patch") << "Rule: x\nScenario: kill\nProperty: luck\ndiff \n";
  refused("--source " + folder.path(),
          bugs + "/x.patch: Property: \"luck\" is no property of sim/findings.h");
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/build/known-bugs"));
}

TEST_CASE("mutants: bugs that unit tests alone show are counted and cost nothing") {
  const ProgramResult result =
      run_command(kMutants + kSource + "--first-seed 1 delta_of_one_change");
  CHECK(result.exit_status == 0);
  CHECK(result.err.find("delta_of_one_change: unit test only") != std::string::npos);
  CHECK(result.out.find("0 bugs, 1 for unit tests only; seeds from 1 on") != std::string::npos);
}

}  // namespace
}  // namespace vordb::server
