// `vordb-sim run --record` and `vordb-sim replay`, as typed.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "server/process_harness.h"

namespace vordb::server {
namespace {

using Json = nlohmann::json;

const std::string kSim = std::string(VORDB_BIN_DIR) + "/vordb-sim ";
const std::string kScenario = std::string(VORDB_SOURCE_DIR) + "/scenarios/one-node-crashes.json";
const std::string kShort = " --set duration_ms=500 --set settle_ms=0 --set clients.count=3 ";
constexpr int kUsage = 2;

struct RecordedRun {
  TempDir folder;
  std::string file = folder.path() + "/run.rec";
  Json run;

  explicit RecordedRun(const std::string& arguments) {
    const ProgramResult result =
        run_command(kSim + "run " + kScenario + kShort + arguments + " --json --record " + file);
    REQUIRE_MESSAGE(result.exit_status == 0, result.err);
    run = Json::parse(result.out);
  }
};

Json json_of(const ProgramResult& result, int status) {
  REQUIRE_MESSAGE(result.exit_status == status, result.out, result.err);
  const Json json = Json::parse(result.out, nullptr, false);
  REQUIRE_FALSE(json.is_discarded());
  return json;
}

TEST_CASE("replay: a recorded run is run again from the record alone") {
  const RecordedRun recorded("--seed 7");
  const Json plain =
      json_of(run_command(kSim + "run " + kScenario + kShort + "--seed 7 --json"), 0);
  CHECK(plain["hash"] == recorded.run["hash"]);
  for (const std::string how : {"", " --in-process"}) {
    const Json again = json_of(run_command(kSim + "replay " + recorded.file + " --json" + how), 0);
    CHECK(again["hash"] == recorded.run["hash"]);
    CHECK(again["seed"] == 7);
    CHECK(again["recorded_hash"] == recorded.run["hash"]);
    CHECK(again["replay_is_same"] == true);
    CHECK(again["replay"] == "the same run, byte for byte");
  }
  const ProgramResult text = run_command(kSim + "replay " + recorded.file);
  CHECK(text.out.find("replay: the same run, byte for byte\n") != std::string::npos);
}

TEST_CASE("replay: it stops where it is told, and shows the lines that a trace has") {
  const RecordedRun recorded("--seed 8");
  const std::string trace = recorded.folder.path() + "/trace.txt";
  run_command(kSim + "run " + kScenario + kShort + "--seed 8 --trace " + trace);
  const ProgramResult part =
      run_command(kSim + "replay " + recorded.file + " --from-event 2000 --until 2050 --verbose");
  REQUIRE(part.exit_status == 0);
  const size_t end = part.out.find("one-node-crashes seed 8: at event 2050\n");
  REQUIRE(end != std::string::npos);
  const std::string lines = part.out.substr(0, end);
  CHECK(std::count(lines.begin(), lines.end(), '\n') >= 51);
  CHECK(read_file(trace).find(lines) != std::string::npos);
  CHECK(part.out.find("replay: as recorded, so far\n") != std::string::npos);

  const Json stand =
      json_of(run_command(kSim + "replay " + recorded.file + " --until 2050 --json"), 0);
  CHECK(stand["event"] == 2050);
  CHECK(part.out.find(stand["hash"].get<std::string>()) != std::string::npos);
  CHECK(stand["replay_is_same"] == true);
}

TEST_CASE("replay: a violation is one again") {
  // In one run of a hundred the canary dies.
  TempDir folder;
  const std::string file = folder.path() + "/run.rec";
  int status = 0;
  for (int seed = 1; seed < 1000 && status != 1; ++seed)
    status = run_command(kSim + "run " + kScenario + kShort + "--set canary=true --set " +
                         "duration_ms=20 --seed " + std::to_string(seed) + " --record " + file)
                 .exit_status;
  REQUIRE(status == 1);
  const Json again = json_of(run_command(kSim + "replay " + file + " --json"), 1);
  CHECK(again["replay_is_same"] == true);
  CHECK(again["recorded_outcome"] == "VIOLATION");
}

TEST_CASE("replay: a run that was broken off is told from one that was cut") {
  TempDir folder;
  const std::string file = folder.path() + "/run.rec";
  const pid_t process = fork();
  if (process == 0) {
    execl((std::string(VORDB_BIN_DIR) + "/vordb-sim").c_str(), "vordb-sim", "run",
          kScenario.c_str(), "--in-process", "--set", "duration_ms=600000", "--record",
          file.c_str(), nullptr);
    _exit(127);
  }
  // Until some blocks are written.
  CHECK(poll_until(60'000, [&] { return read_file(file).size() > 300'000; }));
  kill(process, SIGABRT);
  waitpid(process, nullptr, 0);
  const Json stand = json_of(run_command(kSim + "replay " + file + " --until 5000 --json"), 0);
  CHECK(stand["recorded_whole"] == false);
  CHECK(stand["replay_is_same"] == true);
}

TEST_CASE("replay: what cannot be replayed is wrong usage, and the reason is told") {
  const RecordedRun recorded("--seed 9");
  const auto refused = [](const std::string& arguments, const std::string& why) {
    const ProgramResult result = run_command(kSim + "replay " + arguments);
    CHECK_MESSAGE(result.exit_status == kUsage, arguments);
    CHECK_MESSAGE(result.err.find(why) != std::string::npos, result.err);
  };
  const std::string bytes = read_file(recorded.file);
  const auto written = [&](const std::string& content) {
    const std::string file = recorded.folder.path() + "/other.rec";
    std::ofstream(file, std::ios::binary) << content;
    return file;
  };
  refused("/nowhere/run.rec", "/nowhere/run.rec: cannot be read");
  refused(recorded.folder.path(), "is a folder");
  refused(kScenario, "is no record of a run");
  refused(written(bytes.substr(0, bytes.size() - 1)), "is cut off at byte");
  std::string damaged = bytes;
  damaged[bytes.size() / 2] = char(damaged[bytes.size() / 2] ^ 4);
  refused(written(damaged), "its checksum is wrong");
  refused(written(bytes + "x"), "is cut off at byte");
  refused(recorded.file + " --until 0", "--until wants the number of an event");
  refused(recorded.file + " --until soon", "--until wants the number of an event");
  refused(recorded.file + " --from-event 5", "give both");
  refused(recorded.file + " --verbose --json", "give one of them");
  refused("", "record is required");
  const ProgramResult nowhere =
      run_command(kSim + "run " + kScenario + kShort + "--record /nowhere/run.rec");
  CHECK(nowhere.exit_status == kUsage);
  CHECK(nowhere.err.find("cannot be written") != std::string::npos);
  const ProgramResult full = run_command(kSim + "run " + kScenario + kShort + "--record /dev/full");
  CHECK(full.exit_status == kUsage);
  CHECK(full.err.find("could not be written to its end") != std::string::npos);
}

}  // namespace
}  // namespace vordb::server
