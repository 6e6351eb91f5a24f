// `vordb-sim run`: one run of a scenario, in a process of its own.

#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "server/sim/arguments.h"
#include "server/sim/commands.h"
#include "server/sim/failures.h"
#include "server/sim/output.h"
#include "server/sim/process.h"
#include "server/sim/run_report.h"
#include "server/sim/stopwatch.h"
#include "sim/replay.h"
#include "sim/world.h"

namespace vordb::server {

namespace {

struct RunArguments {
  ScenarioArguments scenario;
  std::string seed;  // empty: the scenario's
  std::string trace;
  std::string record;
  bool json = false;
  bool in_process = false;
};

struct Job {
  const sim::Scenario& scenario;
  const RunArguments& arguments;
  uint64_t seed;
};

int run_job(void* argument) {
  const Job& job = *static_cast<const Job*>(argument);
  std::ofstream file;
  sim::Trace::Sink sink;
  if (!job.arguments.trace.empty()) {
    file.open(job.arguments.trace, std::ios::binary);
    if (!file) return usage(job.arguments.trace + ": cannot be written");
    // A run that aborts must leave its last line.
    file << std::unitbuf;
    sink = [&file](std::string_view line) { file << line; };
  }
  std::ofstream record;
  if (!job.arguments.record.empty()) {
    record.open(job.arguments.record, std::ios::binary);
    if (!record) return usage(job.arguments.record + ": cannot be written");
  }
  const Stopwatch since;
  sim::RunResult result;
  if (record.is_open()) {
    // Whole frames: what a run that aborts leaves can be read.
    result = sim::record_run(job.scenario, job.seed, sink, [&record](std::string_view frame) {
      record.write(frame.data(), std::streamsize(frame.size())).flush();
    });
  } else {
    result = std::make_unique<sim::World>(job.scenario, job.seed, sink)->run();
    result.seed = job.seed;
  }
  const uint64_t real_ms = since.ms();
  if (file.is_open() && !file.flush())
    return not_run(job.arguments.trace + ": could not be written to its end");
  if (record.is_open() && !record.flush())
    return not_run(job.arguments.record + ": could not be written to its end");
  if (job.arguments.json)
    return print(json_of(job.scenario, result, real_ms) + "\n", exit_code(result.outcome));
  std::string text = text_of(job.scenario, result, real_ms);
  if (!result.findings.clean())
    text += block_of(failure_of(result), 0, run_command_line(job.arguments.scenario, job.seed));
  return print(text, exit_code(result.outcome));
}

int run(const RunArguments& arguments) {
  const absl::StatusOr<sim::Scenario> scenario = load(arguments.scenario);
  if (!scenario.ok()) return usage(std::string(scenario.status().message()));
  uint64_t seed = scenario->seed;
  if (!arguments.seed.empty() && !parse_option("--seed", arguments.seed, 0, UINT64_MAX, seed))
    return kExitUsage;
  Job job{*scenario, arguments, seed};
  return arguments.in_process ? run_job(&job) : run_apart(seed, run_job, &job);
}

}  // namespace

void add_run(CLI::App& app, Chosen& chosen) {
  const auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = app.add_subcommand("run", "One run");
  add_scenario(*command, arguments->scenario);
  command->add_option("--seed", arguments->seed, "The run; without it the scenario's own, or 1");
  command->add_option("--trace", arguments->trace, "Writes a line an event to this file");
  command->add_option("--record", arguments->record,
                      "Writes every decision to this file, for `replay`");
  command->add_flag("--json", arguments->json, "Prints one JSON document");
  command->add_flag("--in-process", arguments->in_process,
                    "For a debugger: runs without a process of its own");
  command->callback([arguments, &chosen] { chosen = [arguments] { return run(*arguments); }; });
}

}  // namespace vordb::server
