// `vordb-sim report`, as typed.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "server/process_harness.h"

namespace vordb::server {
namespace {

const std::string kSim = std::string(VORDB_BIN_DIR) + "/vordb-sim ";
const std::string kScenarios = std::string(VORDB_SOURCE_DIR) + "/scenarios/";
constexpr int kUsage = 2;

// A short run of a cluster.
std::string record(const TempDir& folder, int seed) {
  const std::string file = folder.path() + "/run" + std::to_string(seed) + ".rec";
  const ProgramResult run = run_command(
      kSim + "run " + kScenarios +
      "three-node-crashes.json --set duration_ms=200 --set settle_ms=0 --set clients.count=2 "
      "--seed " +
      std::to_string(seed) + " --record " + file);
  REQUIRE_MESSAGE((run.exit_status == 0 || run.exit_status == 3), run.out, run.err);
  return file;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string report(const std::string& arguments) {
  const ProgramResult result = run_command(kSim + "report " + arguments);
  CHECK_MESSAGE(result.exit_status == 0, result.err);
  CHECK_MESSAGE(result.err.empty(), result.err);
  return result.out;
}

}  // namespace

TEST_CASE("report: a recorded run is one page, the same each time, that needs no network") {
  TempDir folder;
  const std::string file = record(folder, 1);
  const std::string html = folder.path() + "/run.html";
  CHECK(has(report(file + " --until 1000 -o " + html), html + ": 1000 events\n"));
  const std::string page = read_file(html);
  CHECK(page.starts_with("<!DOCTYPE html>"));
  CHECK(page.ends_with("</html>\n"));
  CHECK(has(page, "\"scenario\":\"three-node-crashes\""));
  CHECK_FALSE(has(page, "http://"));
  CHECK_FALSE(has(page, "https://"));
  report(file + " --until 1000 -o " + html + ".again");
  CHECK(read_file(html + ".again") == page);

  const std::string grid = report(file + " --from-event 100 --until 120 --text");
  CHECK(has(grid, "three-node-crashes seed 1\n"));
  CHECK(has(grid, "\n    100 "));
  CHECK(has(grid, "\n    120 "));
  CHECK_FALSE(has(grid, "\n    121 "));
}

TEST_CASE("report: two runs are on one page, with the first event that differs") {
  TempDir folder;
  const std::string one = record(folder, 1), two = record(folder, 2);
  const std::string html = folder.path() + "/both.html";
  CHECK(has(report(one + " --until 500 --with " + one + " -o " + html), "no event differs"));
  CHECK(
      has(report(one + " --until 500 --with " + two + " -o " + html), "is the first that differs"));
  CHECK(has(read_file(html), "run2.rec"));
  const auto json = nlohmann::json::parse(
      report(one + " --from-event 3 --until 9 --with " + two + " --json -o " + html));
  CHECK(json["page"] == html);
  CHECK(json["runs"][1]["record"] == two);
  CHECK(json["runs"][1]["first"] == 3);
  CHECK(json["runs"][1]["last"] == 9);
  CHECK(json["runs"][1]["whole"] == false);
  CHECK(json["runs"][1]["replay_is_same"] == true);
  CHECK(json["differs"] >= 3);
}

TEST_CASE("report: what cannot be reported is refused with the reason") {
  TempDir folder;
  const std::string file = record(folder, 1);
  const std::string html = folder.path() + "/run.html";
  const auto refused = [](const std::string& arguments, const std::string& why) {
    const ProgramResult result = run_command(kSim + "report " + arguments);
    CHECK_MESSAGE(result.exit_status == kUsage, arguments);
    CHECK_MESSAGE(has(result.err, why), result.err);
  };
  refused("/nowhere/run.rec -o " + html, "/nowhere/run.rec: cannot be read");
  refused(kScenarios + "kill.json -o " + html, "is no record of a run");
  refused(file, "give one of them");
  refused(file + " --text -o " + html, "give one of them");
  refused(file + " --text --json", "give one of them");
  refused(file + " --text --with " + file, "goes with -o FILE.html");
  refused(file + " -o " + html + " --from-event 0", "--from-event wants the number of an event");
  refused(file + " -o " + html + " --from-event 9 --until 8",
          "--until wants the number of an event from 9 on, not 8");
  refused(file + " -o " + html + " --from-event 100000000", "has no event there");
  refused(file + " -o /nowhere/run.html --until 5", "/nowhere/run.html: cannot be written");
  CHECK(read_file(html).empty());
}

}  // namespace vordb::server
