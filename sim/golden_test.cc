// The golden scripts that ship still tell what they told; and what is none is refused.
#include "sim/golden.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "sim/recorded_run_test.h"
#include "sim/scenario_file_test.h"

namespace vordb::sim {
namespace {

std::string read(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

TEST_CASE("golden scripts: each that ships tells the same as ever") {
  std::set<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(VORDB_SOURCE_DIR "/scenarios/golden"))
    files.insert(entry.path());
  REQUIRE(!files.empty());
  for (const std::filesystem::path& file : files) {
    CAPTURE(file.string());
    const std::string text = read(file);
    const absl::StatusOr<Golden> golden = read_golden(text);
    REQUIRE_MESSAGE(golden.ok(), golden.status().ToString());
    CHECK_MESSAGE(write_golden(*golden) == text,
                  "not as `vordb-sim promote` writes it: it was edited by hand");
    CHECK_MESSAGE(!golden->about.empty(), "says not what it is about");
    const std::string told = tell(*golden);
    CHECK_MESSAGE(told == golden->told,
                  "tells another story now:\n"
                      << told << "If that is meant: vordb-sim promote --rewrite " << file.string());
  }
}

TEST_CASE("golden scripts: of a run that passes its story is kept, and few decisions") {
  const Scenario scenario = load_scenario(
      "one-node-crashes", {{"/duration_ms", "40"},
                           {"/settle_ms", "0"},
                           {"/clients/count", "1"},
                           {"/operations", R"({"put": 1, "get": 1})"},
                           {"/buckets", R"([{"name": "few", "type": "lww", "keys": 2}])"},
                           {"/minimum/relevant", "[]"}});
  const Record record = run_and_record(scenario, 3).record;
  int tries = 0;
  const auto golden = promote(record, scenario, [&] { return ++tries < 400; });
  REQUIRE_MESSAGE(golden.ok(), golden.status().ToString());
  CHECK(golden->told.find("client 0: call") != std::string::npos);
  CHECK(golden->told.find("ends PASS") != std::string::npos);
  size_t decisions = 0, recorded = 0;
  for (const auto& [stream, drawn] : golden->script->streams) decisions += drawn.size();
  for (const auto& [stream, drawn] : record.script->streams) recorded += drawn.size();
  CHECK(decisions * 2 < recorded);

  const auto again = read_golden(write_golden(*golden));
  REQUIRE_MESSAGE(again.ok(), again.status().ToString());
  CHECK(tell(*again) == golden->told);
  CHECK(write_golden(*again) == write_golden(*golden));
}

TEST_CASE("golden scripts: without more time all decisions are kept, and too many are refused") {
  const Scenario scenario = short_scenario("one-node-crashes");
  const auto golden = promote(run_and_record(scenario, 3).record, scenario, [] { return false; });
  REQUIRE(!golden.ok());
  CHECK(std::string(golden.status().message()).find("nobody reads more than 1000") !=
        std::string::npos);
}

TEST_CASE("golden scripts: what is none is refused, and the line is named") {
  const auto refused = [](const std::string& text) {
    return std::string(read_golden(text).status().message());
  };
  CHECK(refused("") == "line 1: must be \"VorDB golden script 1\"");
  const std::string head = "VorDB golden script 1\nscenario\n";
  CHECK(refused(head + "seed 1\n").starts_with("line 2: the scenario above: "));
  CHECK(refused("VorDB golden script 1\nseed 1\n") == "line 2: must be \"scenario\"");
  std::string scenario = short_scenario("one-node-crashes").text;
  CHECK(refused(head + "  " + scenario + "\nseed x\n") == "line 4: must be \"seed\" and a number");
  const std::string begun = head + "  " + scenario + "\nseed 1\ndecisions\n";
  CHECK(refused(begun) == "line 6: must be a decision, or \"told\"");
  for (const char* line :
       {"1 client 5: asks maybe", "1 client 5: asks 3 of 3", "client 5: asks yes",
        "1 nobody 5: asks yes", "1 client 5: dances yes", "1 fault x: asks yes"})
    CHECK(refused(begun + "  " + line + "\ntold\n").starts_with("line 6: is no decision"));
  CHECK(refused(begun + "told\n  something\nelse\n") ==
        "line 8: must be a line of what was told, after two spaces");
  CHECK(read_golden(begun + "  1 fault crash: fault_is_on yes\ntold\n  something\n").ok());
}

}  // namespace
}  // namespace vordb::sim
