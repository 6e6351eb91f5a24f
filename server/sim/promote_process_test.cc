// `vordb-sim promote`, as typed: a record becomes a golden script, and a script is told anew.
#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include "server/process_harness.h"

namespace vordb::server {
namespace {

const std::string kSim = std::string(VORDB_BIN_DIR) + "/vordb-sim ";
const std::string kScenario = std::string(VORDB_SOURCE_DIR) + "/scenarios/one-node-crashes.json";
const std::string kFew =
    R"( --set 'buckets=[{"name": "few", "type": "lww", "keys": 2}]' --set 'minimum.relevant=[]')"
    R"( --set 'operations={"put": 1, "get": 1}' --set duration_ms=20 --set settle_ms=0)"
    R"( --set clients.count=1 --seed 3 )";

TEST_CASE("sim: promote writes a script, and tells it anew where its story has changed") {
  const TempDir folder;
  const std::string record = folder.path() + "/run.rec", script = folder.path() + "/run.txt";
  const ProgramResult run = run_command(kSim + "run " + kScenario + kFew + "--record " + record);
  REQUIRE_MESSAGE(run.exit_status == 0, run.err);
  const ProgramResult promoted = run_command(kSim + "promote " + record + " -o " + script +
                                             " --about 'a put, and what is read' --seconds 2");
  REQUIRE_MESSAGE(promoted.exit_status == 0, promoted.err);
  CHECK(promoted.out.find("ends PASS\n") != std::string::npos);
  const std::string text = read_file(script);
  CHECK(text.starts_with("VorDB golden script 1\n# a put, and what is read\nscenario\n  {"));
  CHECK(text.ends_with("  ends PASS\n"));

  ProgramResult again = run_command(kSim + "promote --rewrite " + script);
  CHECK(again.exit_status == 0);
  CHECK(again.out == script + ": the same\n");
  std::string other = text;
  other.replace(other.find("ends PASS"), 9, "ends FAIL");
  std::ofstream(script, std::ios::binary) << other;
  again = run_command(kSim + "promote --rewrite " + script);
  CHECK(again.exit_status == 0);
  CHECK(again.out.starts_with(script + ": told anew"));
  CHECK(read_file(script) == text);
}

TEST_CASE("sim: promote says what is wrong with what it was given") {
  const TempDir folder;
  const std::string file = folder.path() + "/no.txt";
  std::ofstream(file) << "no script\n";
  const auto fails = [](const std::string& arguments, const std::string& why) {
    CAPTURE(arguments);
    const ProgramResult result = run_command(kSim + "promote " + arguments);
    CHECK(result.exit_status == 2);
    CHECK_MESSAGE(result.err.find(why) != std::string::npos, result.err);
  };
  fails("", "promote wants RECORD -o FILE, or --rewrite FILE...");
  fails("run.rec", "promote wants RECORD -o FILE");
  fails("run.rec -o x.txt --rewrite x.txt", "give one of them");
  fails("--rewrite " + file, file + ": line 1: must be \"VorDB golden script 1\"");
  fails("--rewrite " + file + ".none", "cannot be read");
  fails(file + " -o x.txt", file);
  fails("run.rec -o x.txt --seconds 0", "--seconds wants a number from 1");
}

}  // namespace
}  // namespace vordb::server
