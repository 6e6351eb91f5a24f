// `vordb-sim debug` as its users and their scripts drive it.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "server/process_harness.h"

namespace vordb::server {
namespace {

const std::string kSim = std::string(VORDB_BIN_DIR) + "/vordb-sim";

class Recorded {
 public:
  Recorded() {
    const ProgramResult run = run_command(
        kSim + " run " + VORDB_SOURCE_DIR +
        "/scenarios/three-node-crashes.json --seed 3 --set duration_ms=500 --set settle_ms=100 "
        "--record " +
        file("run.rec"));
    // Too short to see everything.
    REQUIRE_MESSAGE(run.exit_status != 1, run.out, run.err);
  }
  std::string file(const std::string& name) const { return dir_.path() + "/" + name; }

  ProgramResult operator()(const std::string& commands, const std::string& flags = "") const {
    std::ofstream(file("commands")) << commands;
    return run_command(kSim + " debug " + file("run.rec") + " " + flags + " < " + file("commands"));
  }

 private:
  TempDir dir_;
};

std::vector<nlohmann::json> answers_of(const ProgramResult& result) {
  std::vector<nlohmann::json> answers;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) answers.push_back(nlohmann::json::parse(line));
  return answers;
}

TEST_CASE("debug: forward and back, and what is seen there") {
  const Recorded run;
  const ProgramResult result = run(
      "goto 2000\nback 10\nnext 10\nshow\nwhy\ndiff\nstate 0 membership\nplanned 3\nrun\nquit\n");
  CHECK(result.exit_status == 0);
  CHECK(result.out.find("three-node-crashes: ") == 0);
  CHECK(result.out.find("phase ") != std::string::npos);
  CHECK(result.out.find("n0 membership current: ") != std::string::npos);
  CHECK(result.out.ends_with("the run is over\n"));
}

TEST_CASE("debug: scripts get a document for each command, and wrong ones hear what is right") {
  const Recorded run;
  const auto answers = answers_of(
      run("goto 2000\n\nback\nnext\nnext x\ngoto\nfoo\nstate 7\nhelp\nplanned 5\nwhy\nquit\nnext\n",
          "--json"));
  REQUIRE(answers.size() == 10);
  CHECK(answers[0]["event"] == 2000);
  CHECK(answers[1]["event"] == 1999);
  CHECK(answers[2] == answers[0]);
  for (size_t wrong = 3; wrong < 7; ++wrong) CHECK(answers[wrong]["ok"] == false);
  CHECK(answers[6]["error"] == "state wants a node from 0 to 2, not 7");
  CHECK(answers[7]["commands"].size() == 16);
  CHECK(answers[8]["planned"].size() == 5);
  CHECK(answers[9]["events"][0]["event"] == 2000);
}

TEST_CASE("debug: another future is saved, and replays") {
  const Recorded run;
  const auto planned = answers_of(run("find peer_message\nback\nplanned 100\n", "--json"));
  uint64_t id = 0;
  for (const nlohmann::json& one : planned[2]["planned"]) {
    if (one["kind"] == "peer_message" && id == 0) id = one["number"];
  }
  REQUIRE(id > 0);
  const std::string number = std::to_string(id);
  const auto answers = answers_of(run("find peer_message\nback\noutcome\nlose " + number +
                                          "\nsave " + run.file("branch.rec") + "\nkeep " + number +
                                          "\nlose 1\nsave /nowhere/x\n",
                                      "--json"));
  REQUIRE(answers.size() == 8);
  CHECK(answers[2]["hash"] != answers[3]["hash"]);
  CHECK(answers[3]["branched"] == true);
  CHECK(answers[4]["hash"] == answers[3]["hash"]);
  CHECK(answers[5]["hash"] == answers[2]["hash"]);
  CHECK(answers[6]["ok"] == false);
  CHECK(answers[7]["ok"] == false);
  const auto again = nlohmann::json::parse(
      run_command(kSim + " replay " + run.file("branch.rec") + " --json").out);
  CHECK(again["hash"] == answers[4]["hash"]);
  CHECK(again["replay_is_same"] == true);
}

TEST_CASE("debug: what is no record is told") {
  const ProgramResult result = run_command(kSim + " debug " + VORDB_SOURCE_DIR + "/README.md");
  CHECK(result.exit_status == 2);
  CHECK(result.err.find("README.md") != std::string::npos);
}

}  // namespace
}  // namespace vordb::server
