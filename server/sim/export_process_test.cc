// `vordb-sim export`, as typed: what every viewer is given of a short run.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>

#include "server/process_harness.h"
#include "sim/record.h"

namespace vordb::server {
namespace {

using Json = nlohmann::json;

const std::string kSim = std::string(VORDB_BIN_DIR) + "/vordb-sim ";
const std::string kScenario = std::string(VORDB_SOURCE_DIR) + "/scenarios/three-node-crashes.json";
const std::string kShort =
    " --set duration_ms=300 --set settle_ms=0 --set clients.count=3 --seed 3 ";
constexpr int kUsage = 2;

struct RecordedRun {
  TempDir folder;
  std::string file = folder.path() + "/run.rec";
  Json run;

  RecordedRun() {
    const ProgramResult result =
        run_command(kSim + "run " + kScenario + kShort + "--json --record " + file);
    run = Json::parse(result.out, nullptr, false);
    REQUIRE_MESSAGE(!run.is_discarded(), result.err);
  }

  std::string path(const std::string& name) const { return folder.path() + "/" + name; }

  // What was written.
  std::string exported(const std::string& format, const std::string& bounds = "") const {
    const std::string out = path(format + ".out");
    const ProgramResult result =
        run_command(kSim + "export " + file + " --as " + format + " -o " + out + " " + bounds);
    REQUIRE_MESSAGE(result.exit_status == 0, result.err);
    CHECK(result.err.empty());
    CHECK(result.out.find(out + ": ") == 0);
    return read_file(out);
  }
};

// The first column of every row.
std::vector<std::string> ask(const std::string& file, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  std::vector<std::string> rows;
  const auto take = [](void* rows, int, char** values, char**) {
    static_cast<std::vector<std::string>*>(rows)->push_back(values[0] ? values[0] : "NULL");
    return 0;
  };
  char* error = nullptr;
  const int code = sqlite3_exec(database, sql.c_str(), take, &rows, &error);
  CHECK_MESSAGE(code == SQLITE_OK, (error ? error : ""));
  sqlite3_free(error);
  sqlite3_close(database);
  return rows;
}

// The indented lines of docs/simulation.md from the one that begins so.
std::string documented_query() {
  std::istringstream doc(read_file(std::string(VORDB_SOURCE_DIR) + "/docs/simulation.md"));
  std::string query;
  for (std::string line; std::getline(doc, line);) {
    if (line.find("    SELECT") != 0 && query.empty()) continue;
    query += line + "\n";
    if (line.find(';') != std::string::npos) break;
  }
  return query;
}

TEST_CASE("export: perfetto gets every event as a slice, and flows in pairs") {
  const RecordedRun recorded;
  const Json json = Json::parse(recorded.exported("perfetto"), nullptr, false);
  REQUIRE_FALSE(json.is_discarded());
  uint64_t slices = 0;
  std::map<uint64_t, double> begins, ends;
  std::map<uint64_t, double> free_from;  // by thread
  std::map<std::string, int> open_faults;
  for (const Json& event : json["traceEvents"]) {
    const std::string what = event["ph"];
    if (what == "X" && event["cat"] != "phase") {
      CHECK(event["args"]["number"] == ++slices);
      const double begin = event["ts"], length = event["dur"];
      CHECK(length > 0);
      double& free = free_from[event["tid"].get<uint64_t>()];
      // Of a double's precision.
      CHECK(begin >= free - 0.0005);
      free = begin + length;
    }
    if (what == "s") CHECK(begins.emplace(event["id"], event["ts"]).second);
    if (what == "f") CHECK(ends.emplace(event["id"], event["ts"]).second);
    if (what == "b") ++open_faults[event["id"]];
    if (what == "e") --open_faults[event["id"]];
  }
  CHECK(slices == recorded.run["events"]);
  CHECK(begins.size() > 100);
  REQUIRE(begins.size() == ends.size());
  for (const auto& [id, begin] : begins) {
    REQUIRE(ends.contains(id));
    CHECK(begin <= ends[id]);
  }
  for (const auto& [id, open] : open_faults) CHECK(open == 0);
}

TEST_CASE("export: the expression of a log for ShiViz parses it, and clocks grow by one") {
  const RecordedRun recorded;
  const std::string log = recorded.exported("shiviz");
  const size_t line = log.find("\n\n");
  REQUIRE(line != std::string::npos);
  CHECK(log.substr(0, line) == R"((?<host>\S*) (?<clock>{.*})\n(?<event>.*))");
  // The same without the names, which this library does not know, and { escaped.
  const std::regex expression(R"((\S*) (\{.*\})\n(.*))");
  const std::string entries = log.substr(line + 2);
  std::map<std::string, uint64_t> own;
  uint64_t count = 0, at = 0;
  for (std::sregex_iterator match(entries.begin(), entries.end(), expression), end; match != end;
       ++match, ++count) {
    REQUIRE(uint64_t(match->position()) == at);
    at += uint64_t(match->length()) + 1;
    const std::string host = (*match)[1];
    const Json clock = Json::parse((*match)[2].str(), nullptr, false);
    REQUIRE_FALSE(clock.is_discarded());
    CHECK(clock[host] == ++own[host]);
    CHECK((*match)[3].str().find("#" + std::to_string(count + 1) + " ") != std::string::npos);
  }
  CHECK(at == entries.size());
  CHECK(count == recorded.run["events"]);
}

TEST_CASE("export: mermaid gets a part, and what is too long is refused with what to do") {
  const RecordedRun recorded;
  const std::string diagram = recorded.exported("mermaid", "--from-event 100 --until 300");
  CHECK(diagram.find("sequenceDiagram\n    title three-node-crashes seed 3, events 100 to 300\n") ==
        0);
  CHECK(diagram.find("    participant n2\n") != std::string::npos);
  CHECK(diagram.find("->>") != std::string::npos);
  const std::string out = recorded.path("whole.mmd");
  const ProgramResult whole =
      run_command(kSim + "export " + recorded.file + " --as mermaid -o " + out);
  CHECK(whole.exit_status == kUsage);
  for (const char* advice : {"--from-event", "--until", "vordb-sim shrink"})
    CHECK(whole.err.find(advice) != std::string::npos);
  CHECK(read_file(out).empty());
}

TEST_CASE("export: sqlite gets every event and message, and answers the documented query") {
  const RecordedRun recorded;
  recorded.exported("sqlite");
  const std::string file = recorded.path("sqlite.out");
  const auto number = [&](const std::string& sql) { return std::stoull(ask(file, sql).at(0)); };
  CHECK(number("SELECT count(*) FROM events") == recorded.run["events"].get<uint64_t>());
  CHECK(number("SELECT count(*) FROM messages WHERE kind = 'message' AND fate = 'arrived'") ==
        recorded.run["network"]["arrived"].get<uint64_t>());
  CHECK(ask(file, "PRAGMA foreign_key_check").empty());
  CHECK(ask(file, "PRAGMA integrity_check").at(0) == "ok");
  CHECK(ask(file, "SELECT 1 FROM messages WHERE (arrived_event IS NULL) = (lost_event IS NULL)")
            .empty());
  CHECK(ask(file, "SELECT outcome FROM run").at(0) == recorded.run["outcome"]);
  const std::string query = documented_query();
  REQUIRE_FALSE(query.empty());
  ask(file, query);
  // The file is replaced as a whole.
  recorded.exported("sqlite", "--from-event 100 --until 110");
  CHECK(number("SELECT count(*) FROM events") == 11);
  CHECK(read_file(file + ".partial").empty());
}

TEST_CASE("export: a run that parts from its record is exported as it is now, and that is told") {
  const RecordedRun recorded;
  absl::StatusOr<sim::Record> record = sim::read_record(read_file(recorded.file));
  REQUIRE(record.ok());
  ++record->end->events;
  std::ofstream(recorded.file, std::ios::binary) << write_record(*record);
  const std::string command =
      kSim + "export " + recorded.file + " --as shiviz -o " + recorded.path("run.log");
  const ProgramResult whole = run_command(command);
  CHECK(whole.exit_status == 0);
  CHECK(whole.err.find("run.rec: no decision differs, but the run ends differently") !=
        std::string::npos);
  CHECK(whole.err.find("; exported is what happens now\n") != std::string::npos);
  // So far it is the same.
  const ProgramResult part = run_command(command + " --until 500");
  CHECK(part.exit_status == 0);
  CHECK(part.err.empty());
}

TEST_CASE("export: each format has its row in the documentation") {
  const RecordedRun recorded;
  const ProgramResult result =
      run_command(kSim + "export " + recorded.file + " --as nothing -o " + recorded.path("out"));
  REQUIRE(result.exit_status == kUsage);
  const std::string offered = result.err.substr(0, result.err.find(", not nothing"));
  const std::string doc = read_file(std::string(VORDB_SOURCE_DIR) + "/docs/simulation.md");
  const std::regex name("[a-z0-9]+(?=,| or |$)");
  size_t formats = 0;
  const std::string names = offered.substr(offered.find("must be ") + 8);
  for (std::sregex_iterator at(names.begin(), names.end(), name), end; at != end; ++at, ++formats)
    CHECK_MESSAGE(doc.find("| `" + at->str() + "` | ") != std::string::npos, at->str());
  CHECK(formats > 0);
}

TEST_CASE("export: what cannot be exported is refused with the reason") {
  const RecordedRun recorded;
  const std::string out = recorded.path("out");
  const auto refused = [&](const std::string& arguments, const std::string& why) {
    const ProgramResult result = run_command(kSim + "export " + arguments);
    CHECK_MESSAGE(result.exit_status == kUsage, arguments);
    CHECK_MESSAGE(result.err.find(why) != std::string::npos, result.err);
  };
  const std::string good = recorded.file + " --as perfetto -o " + out;
  refused(recorded.file + " --as svg -o " + out,
          "--as must be perfetto, shiviz, mermaid or sqlite, not svg");
  refused(recorded.file + " -o " + out, "--as is required");
  refused(recorded.file + " --as perfetto", "--out is required");
  refused(good + " --from-event 0", "--from-event wants the number of an event");
  refused(good + " --until soon", "--until wants the number of an event");
  refused(good + " --from-event 9 --until 8",
          "--until wants the number of an event from 9 on, not 8");
  refused(good + " --from-event 99999999", "its run ends before event 99999999");
  refused("/nowhere/run.rec --as perfetto -o " + out, "/nowhere/run.rec: cannot be read");
  refused(kScenario + " --as perfetto -o " + out, "is no record of a run");
  refused(recorded.file + " --as perfetto -o /nowhere/out", "/nowhere/out: cannot be written");
  refused(recorded.file + " --as shiviz -o /dev/full", "could not be written to its end");
  CHECK(read_file(out).empty());
}

}  // namespace
}  // namespace vordb::server
