// vordb-sim: runs whole nodes in a simulated world, one seed or many, and says what it found.
//
//   vordb-sim run scenarios/one-node-crashes.json --seed 7 --trace run.txt
//   vordb-sim swarm scenarios/one-node-crashes.json --seeds 1..1000 --jobs 2
//
// Exit code: 0 pass, 1 violation, 2 wrong usage, 3 UNDER-TESTED (docs/simulation.md).

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "server/sim_report.h"
#include "server/sim_swarm.h"
#include "sim/scenario.h"
#include "sim/world.h"

namespace {

using namespace vordb;
using namespace vordb::server;

struct Arguments {
  std::string scenario;
  uint64_t seed = 1;
  std::string seeds = "1..100";
  std::string trace;
  std::vector<std::string> sets;
  uint32_t jobs = 2;
  bool json = false;
  bool in_process = false;
};

int usage(const std::string& why) {
  std::cerr << "vordb-sim: " << why << "\n";
  return kExitUsage;
}

// "a.b=value" or "/a/b=value" to a JSON pointer and its value.
bool parse_set(const std::string& text, std::pair<std::string, std::string>& out) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) return false;
  std::string pointer = text.substr(0, equals);
  if (pointer[0] != '/') {
    for (char& c : pointer) {
      if (c == '.') c = '/';
    }
    pointer.insert(pointer.begin(), '/');
  }
  out = {pointer, text.substr(equals + 1)};
  return true;
}

absl::StatusOr<sim::Scenario> load(const Arguments& arguments) {
  std::ifstream file(arguments.scenario, std::ios::binary);
  if (!file) return absl::NotFoundError("cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  std::vector<std::pair<std::string, std::string>> overrides;
  for (const std::string& set : arguments.sets) {
    overrides.emplace_back();
    if (!parse_set(set, overrides.back()))
      return absl::InvalidArgumentError("--set wants key=value, not " + set);
  }
  return sim::parse_scenario(text.str(), overrides);
}

struct Run {
  const sim::Scenario& scenario;
  const Arguments& arguments;
};

int run_one(void* argument) {
  const Run& run = *static_cast<const Run*>(argument);
  std::ofstream file;
  sim::Trace::Sink sink;
  if (!run.arguments.trace.empty()) {
    file.open(run.arguments.trace, std::ios::binary);
    if (!file) return usage(run.arguments.trace + ": cannot be written");
    // A run that aborts must leave its last line.
    file << std::unitbuf;
    sink = [&file](std::string_view line) { file << line; };
  }
  const auto since = std::chrono::steady_clock::now();
  auto world = std::make_unique<sim::World>(run.scenario, run.arguments.seed, sink);
  sim::RunResult result = world->run();
  result.seed = run.arguments.seed;
  const uint64_t real_ms = uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::steady_clock::now() - since)
                                        .count());
  std::cout << (run.arguments.json ? json_of(run.scenario, result, real_ms) + "\n"
                                   : text_of(run.scenario, result, real_ms));
  std::cout.flush();
  return exit_code(result.outcome);
}

int run(const Arguments& arguments) {
  const absl::StatusOr<sim::Scenario> scenario = load(arguments);
  if (!scenario.ok())
    return usage(arguments.scenario + ": " + std::string(scenario.status().message()));
  Run run{*scenario, arguments};
  return arguments.in_process ? run_one(&run) : run_apart(arguments.seed, run_one, &run);
}

bool parse_number(const std::string& text, uint64_t& out) {
  if (text.empty() || text.size() > 19 || text.find_first_not_of("0123456789") != std::string::npos)
    return false;
  out = std::stoull(text);
  return true;
}

int swarm(const Arguments& arguments) {
  SwarmOptions options;
  const size_t dots = arguments.seeds.find("..");
  const bool parsed = dots != std::string::npos &&
                      parse_number(arguments.seeds.substr(0, dots), options.first_seed) &&
                      parse_number(arguments.seeds.substr(dots + 2), options.last_seed) &&
                      options.first_seed <= options.last_seed;
  if (!parsed) return usage("--seeds wants A..B with A <= B, not " + arguments.seeds);
  const absl::StatusOr<sim::Scenario> scenario = load(arguments);
  if (!scenario.ok())
    return usage(arguments.scenario + ": " + std::string(scenario.status().message()));
  options.jobs = arguments.jobs;
  options.progress = !arguments.json;
  const SwarmResult result = run_swarm(*scenario, options);
  std::cout << (arguments.json ? json_of(*scenario, result) + "\n" : text_of(*scenario, result));
  return exit_code(result.outcome());
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"Runs VorDB nodes in a simulated world and checks what their clients see."};
  app.require_subcommand(1);
  CLI::App* run_command = app.add_subcommand("run", "One run");
  CLI::App* swarm_command = app.add_subcommand("swarm", "Many seeds");
  for (CLI::App* command : {run_command, swarm_command}) {
    command->add_option("scenario", arguments.scenario, "A file of scenarios/")->required();
    command->add_option("--set", arguments.sets,
                        "Replaces a value of the scenario: key=value, key as in faults.swarm");
    command->add_flag("--json", arguments.json, "Prints one JSON document");
  }
  run_command->add_option("--seed", arguments.seed, "The run");
  run_command->add_option("--trace", arguments.trace, "Writes a line an event to this file");
  run_command->add_flag("--in-process", arguments.in_process,
                        "For a debugger: runs without a process of its own");
  swarm_command->add_option("--seeds", arguments.seeds, "A..B, both included");
  swarm_command->add_option("--jobs", arguments.jobs, "Processes")->check(CLI::Range(1, 256));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitPass : kExitUsage;
  }
  return run_command->parsed() ? run(arguments) : swarm(arguments);
}
