// How a swarm tells its failures, stops and goes on, and is cut into shards: the program as a user
// runs it, on tiny runs of which one in a hundred must fail.
#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <system_error>

#include <nlohmann/json.hpp>

#include "server/process_harness.h"

namespace vordb::server {
namespace {

const std::string kSim = std::string(VORDB_BIN_DIR) + "/vordb-sim";
const std::string kScenarios = std::string(VORDB_SOURCE_DIR) + "/scenarios/";
const std::string kTiny =
    " --set duration_ms=20 --set settle_ms=0 --set clients.count=1 --set canary=true ";

ProgramResult swarm(const std::string& arguments) {
  return run_command(kSim + " swarm " + kScenarios + "one-node-crashes.json" + kTiny + arguments);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What differs from one swarm to the next that does the same.
std::string without_times(const std::string& text) {
  return std::regex_replace(text, std::regex("[0-9-]+/s\\)|in [0-9]+ ms"), "");
}

std::set<uint64_t> seeds_of(const nlohmann::json& swarm) {
  std::set<uint64_t> seeds;
  for (const nlohmann::json& seed : swarm["seeds"]) seeds.insert(seed["seed"].get<uint64_t>());
  return seeds;
}

TEST_CASE("swarm failures: one block a signature, and what it says is so") {
  TempDir folder;
  const std::string keep = folder.path() + "/kept it";
  const ProgramResult result = swarm("--seeds 1..300 --shrink-seconds 1 --keep '" + keep +
                                     "' --markdown " + folder.path() + "/m.md");
  REQUIRE(result.exit_status == 1);
  std::smatch block;
  const std::regex shape(
      "\nFAILURE canary in ([0-9]+) of 300 runs.*\n  promised:  Nothing: .*\n"
      "  seen:      this run is one of those.*\n  story:\n(    .*\n)+"
      "  replay:    (vordb-sim run .*)\n             vordb-sim replay '.*small.rec' --verbose\n  "
      "signature: (canary-[0-9a-f]{8})\n");
  REQUIRE_MESSAGE(std::regex_search(result.out, block, shape), result.out, result.err);
  CHECK_FALSE(has(block.suffix().str(), "FAILURE"));
  CHECK(has(block.str(), "VIOLATED canary"));
  const std::string signature = block[4], replay = block[3];
  const ProgramResult again = run_command(std::string(VORDB_BIN_DIR) + "/" + replay);
  CHECK(again.exit_status == 1);
  CHECK_MESSAGE(has(again.out, "  signature: " + signature + "\n"), replay, again.out);
  CHECK(has(again.out, replay));
  for (const std::string end : {".rec", ".small.rec"})
    CHECK(run_command(kSim + " replay '" + keep + "/one-node-crashes-" + signature + end + "'")
              .exit_status == 1);
  const std::string markdown = read_file(folder.path() + "/m.md");
  CHECK(has(markdown, "| one-node-crashes | VIOLATION | 300 of 300 | "));
  CHECK(has(markdown, "<summary><code>" + signature + "</code>: "));
  CHECK(has(markdown, "```sh\n" + replay + "\n```\n"));
}

TEST_CASE("swarm failures: nothing is kept where nothing failed, or where none is wanted") {
  TempDir folder;
  const std::string keep = folder.path() + "/kept";
  CHECK(swarm("--set canary=false --seeds 1..4 --keep " + keep).exit_status != 1);
  CHECK(access(keep.c_str(), F_OK) != 0);
  CHECK(run_command("cd " + folder.path() + " && " + kSim + " swarm " + kScenarios +
                    "one-node-crashes.json" + kTiny + "--seeds 1..300 --keep ''")
            .exit_status == 1);
  CHECK(access((folder.path() + "/vordb-sim-failures").c_str(), F_OK) != 0);
}

TEST_CASE("swarm failures: several scenarios, and the worst of them is the exit code") {
  const ProgramResult both =
      run_command(kSim + " swarm " + kScenarios + "one-node-crashes.json " + kScenarios +
                  "kill.json" + kTiny + "--seeds 1..2 --keep '' --json");
  CHECK_MESSAGE(both.exit_status == 3, both.err);
  const nlohmann::json json = nlohmann::json::parse(both.out);
  REQUIRE(json["swarms"].size() == 2);
  CHECK(json["swarms"][0]["scenario"] == "one-node-crashes");
  CHECK(json["swarms"][1]["runs"] == 2);
}

TEST_CASE("swarm state: an interrupted swarm goes on, and reports as one that was not") {
  TempDir folder;
  const std::string state = folder.path() + "/s.db", seeds = "--seeds 1..400 --keep '' ";
  const std::string whole = without_times(swarm(seeds).out);
  // Interrupted as soon as it has kept some runs, of many more than the other is asked for.
  const std::string err = folder.path() + "/err";
  FILE* cut =
      popen(("exec " + kSim + " swarm " + kScenarios + "one-node-crashes.json" + kTiny +
             "--seeds 1..100000 --keep '' --state " + state + " >/dev/null 2>" + err + " & echo $!")
                .c_str(),
            "r");
  REQUIRE(cut != nullptr);
  int process = 0;
  REQUIRE(fscanf(cut, "%d", &process) == 1);
  std::error_code none_yet;
  CHECK(poll_until(20'000, [&] {
    const auto size = std::filesystem::file_size(state + "-wal", none_yet);
    return !none_yet && size > 500'000;
  }));
  kill(process, SIGINT);
  pclose(cut);
  CHECK(poll_until(20'000, [&] { return has(read_file(err), "interrupted by signal 2"); }));
  CHECK(poll_until(20'000, [&] { return kill(process, 0) != 0; }));
  std::smatch made;
  const std::string told = read_file(err);
  REQUIRE(std::regex_search(told, made, std::regex("([0-9]+) of 100000 runs were made")));
  CHECK(std::stoi(made[1]) > 5);
  const ProgramResult rest = swarm(seeds + "--state " + state);
  CHECK_MESSAGE(without_times(rest.out) == whole, rest.out, rest.err);
  // All is there now: none is run.
  const ProgramResult none = swarm(seeds + "--state " + state + " --json");
  CHECK(nlohmann::json::parse(none.out)["runs"] == 400);
}

TEST_CASE("swarm state: runs of other settings are told and do not count") {
  TempDir folder;
  const std::string state = folder.path() + "/s.db";
  swarm("--seeds 1..3 --keep '' --state " + state);
  const ProgramResult other =
      swarm("--set duration_ms=21 --seeds 1..4 --keep '' --json --state " + state);
  CHECK_MESSAGE(has(other.err, "holds 3 runs of other settings or another text"), other.err);
  CHECK(nlohmann::json::parse(other.out)["runs"] == 4);
  const ProgramResult wrong = swarm("--seeds 1..4 --state " + kScenarios + "one-node-crashes.json");
  CHECK(wrong.exit_status == 2);
  CHECK(has(wrong.err, "one-node-crashes.json: "));
}

TEST_CASE("swarm shards: are disjoint and cover the seeds") {
  std::set<uint64_t> all;
  size_t sum = 0;
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    const ProgramResult result =
        swarm(std::string("--seeds 11..20 --keep '' --json --shard ") + shard);
    const std::set<uint64_t> seeds = seeds_of(nlohmann::json::parse(result.out));
    sum += seeds.size();
    all.insert(seeds.begin(), seeds.end());
  }
  CHECK(sum == 10);
  CHECK(all.size() == 10);
}

}  // namespace
}  // namespace vordb::server
