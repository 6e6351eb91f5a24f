// `vordb-sim replay`: a run from its record of decisions, as far as one likes, and whether it is
// still the run that was recorded.

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/sim/arguments.h"
#include "server/sim/commands.h"
#include "server/sim/output.h"
#include "server/sim/process.h"
#include "server/sim/record_file.h"
#include "server/sim/run_report.h"
#include "server/sim/stopwatch.h"
#include "sim/replay.h"

namespace vordb::server {

namespace {

struct ReplayArguments {
  std::string record;  // a file
  EventArguments events;
  bool verbose = false;  // a line an event
  bool json = false;
  bool in_process = false;
};

struct Job {
  const ReplayArguments& arguments;
  sim::StoryBounds bounds;  // lines are printed from the first on, and it stops after the last
  const sim::Record& record;
  const sim::Scenario& scenario;
};

// Where the replay was stopped.
std::string stand_of(const Job& job, sim::Replay& replay) {
  sim::World& world = replay.world();
  const sim::Replay::Verdict verdict = replay.verdict();
  const uint64_t draws = world.decisions().draws();
  if (job.arguments.json)
    return nlohmann::json{{"scenario", job.scenario.name},
                          {"seed", job.record.run.seed},
                          {"event", world.events()},
                          {"decisions", draws},
                          {"hash", world.trace_hash().hex()},
                          {"where", world.where()},
                          {"replay_is_same", verdict.same},
                          {"replay", verdict.text},
                          {"recorded_whole", job.record.end.has_value()}}
               .dump() +
           "\n";
  return absl::StrCat(job.scenario.name, " seed ", job.record.run.seed, ": at event ",
                      world.events(), "\nhash ", world.trace_hash().hex(), "\n", draws,
                      " decisions, ", world.where(), "\nreplay: ", verdict.text, "\n");
}

std::string report_of(const Job& job, sim::Replay& replay, const sim::RunResult& result,
                      uint64_t real_ms) {
  const sim::Replay::Verdict verdict = replay.verdict();
  if (!job.arguments.json)
    return absl::StrCat(text_of(job.scenario, result, real_ms), "replay: ", verdict.text, "\n");
  nlohmann::json json = nlohmann::json::parse(json_of(job.scenario, result, real_ms));
  json["replay_is_same"] = verdict.same;
  json["replay"] = verdict.text;
  json["recorded_whole"] = job.record.end.has_value();
  if (job.record.end) {
    json["recorded_hash"] = job.record.end->hash.hex();
    json["recorded_outcome"] = to_string(job.record.end->outcome);
  }
  return json.dump() + "\n";
}

int run_job(void* argument) {
  const Job& job = *static_cast<const Job*>(argument);
  const Stopwatch since;
  sim::Replay replay(job.record, job.scenario);
  sim::World& world = replay.world();
  bool more = true;
  while (more && world.events() < job.bounds.until) {
    if (job.arguments.verbose && world.events() + 1 == job.bounds.from)
      world.set_sink([](std::string_view line) { std::cout << line << std::flush; });
    more = replay.advance();
  }
  if (more) return print(stand_of(job, replay), kExitPass);
  const sim::RunResult result = replay.result();
  const uint64_t real_ms = since.ms();
  return print(report_of(job, replay, result, real_ms), exit_code(result.outcome));
}

int replay(const ReplayArguments& arguments) {
  sim::StoryBounds bounds;
  if (!parse(arguments.events, bounds)) return kExitUsage;
  if (!arguments.events.from_event.empty() && !arguments.verbose)
    return usage("--from-event says where the lines of --verbose begin: give both");
  if (arguments.verbose && arguments.json)
    return usage("--verbose prints lines and --json one document: give one of them");
  const absl::StatusOr<RecordFile> file = load_record(arguments.record);
  if (!file.ok()) return usage(std::string(file.status().message()));
  Job job{arguments, bounds, file->record, file->scenario};
  return arguments.in_process ? run_job(&job) : run_apart(file->record.run.seed, run_job, &job);
}

}  // namespace

void add_replay(CLI::App& app, Chosen& chosen) {
  const auto arguments = std::make_shared<ReplayArguments>();
  CLI::App* command = app.add_subcommand("replay", "A run from its record");
  command->add_option("record", arguments->record, "What `run --record` wrote")->required();
  command->add_option("--until", arguments->events.until,
                      "Stops after this event and says where the run stands");
  command->add_flag("--verbose", arguments->verbose, "Prints a line an event");
  command->add_option("--from-event", arguments->events.from_event,
                      "Prints no line before this event");
  command->add_flag("--json", arguments->json, "Prints one JSON document");
  command->add_flag("--in-process", arguments->in_process,
                    "For a debugger: runs without a process of its own");
  command->callback([arguments, &chosen] { chosen = [arguments] { return replay(*arguments); }; });
}

}  // namespace vordb::server
