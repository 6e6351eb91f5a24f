// vordb-sim: runs whole nodes in a simulated world, one seed or many, and says what it found.
//
//   vordb-sim run scenarios/one-node-crashes.json --seed 7 --trace run.txt
//   vordb-sim swarm scenarios/one-node-crashes.json --seeds 1..1000 --jobs 2
//   vordb-sim run scenarios/one-node-crashes.json --seed 7 --record run.rec
//   vordb-sim replay run.rec --from-event 2000 --until 2100 --verbose
//   vordb-sim shrink run.rec -o small.rec
//   vordb-sim debug small.rec
//   vordb-sim export small.rec --as perfetto -o small.json
//   vordb-sim report small.rec -o small.html
//
// Exit code: 0 pass, 1 violation, 2 wrong usage or runs that could not be made, 3 UNDER-TESTED
// (docs/simulation.md).

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "server/common/read_bytes.h"
#include "server/sim_debug.h"
#include "server/sim_export.h"
#include "server/sim_output.h"
#include "server/sim_process.h"
#include "server/sim_replay.h"
#include "server/sim_report.h"
#include "server/sim_report_page.h"
#include "server/sim_shrink.h"
#include "server/sim_swarm.h"
#include "sim/replay.h"
#include "sim/scenario.h"
#include "sim/world.h"

namespace {

using namespace vordb;
using namespace vordb::server;

struct Arguments {
  std::string scenario;
  std::string seed;  // empty: the scenario's
  std::string seeds = "1..100";
  std::string trace;
  std::string record;
  std::string until;
  std::string from_event;
  std::string out;
  std::string format;
  std::string with;
  std::string seconds = "60";
  bool text = false;
  bool verbose = false;
  std::vector<std::string> sets;
  std::string jobs = "2";
  bool json = false;
  bool in_process = false;
};

constexpr size_t kScenarioBytesMax = 1 << 20;
constexpr uint64_t kJobsMax = 256;
constexpr uint64_t kSecondsMax = 1'000'000;

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
  std::string text;
  const int failure = read_bytes(arguments.scenario, kScenarioBytesMax, &text);
  if (failure == EISDIR)
    return absl::InvalidArgumentError("is a folder, not the file of a scenario");
  if (failure == EFBIG)
    return absl::InvalidArgumentError(
        absl::StrCat("is longer than the ", kScenarioBytesMax, " bytes that a scenario may have"));
  if (failure != 0) return absl::NotFoundError("cannot be read");
  std::vector<std::pair<std::string, std::string>> overrides;
  for (const std::string& set : arguments.sets) {
    overrides.emplace_back();
    if (!parse_set(set, overrides.back()))
      return absl::InvalidArgumentError("--set wants key=value, not " + set);
  }
  return sim::parse_scenario(text, overrides);
}

struct Run {
  const sim::Scenario& scenario;
  const Arguments& arguments;
  uint64_t seed;
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
  std::ofstream record;
  if (!run.arguments.record.empty()) {
    record.open(run.arguments.record, std::ios::binary);
    if (!record) return usage(run.arguments.record + ": cannot be written");
  }
  const auto since = std::chrono::steady_clock::now();
  sim::RunResult result;
  if (record.is_open()) {
    // Whole frames: what a run that aborts leaves can be read.
    result = sim::record_run(run.scenario, run.seed, sink, [&record](std::string_view frame) {
      record.write(frame.data(), std::streamsize(frame.size())).flush();
    });
  } else {
    result = std::make_unique<sim::World>(run.scenario, run.seed, sink)->run();
    result.seed = run.seed;
  }
  const uint64_t real_ms = uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::steady_clock::now() - since)
                                        .count());
  if (file.is_open() && !file.flush())
    return not_run(run.arguments.trace + ": could not be written to its end");
  if (record.is_open() && !record.flush())
    return not_run(run.arguments.record + ": could not be written to its end");
  return print(run.arguments.json ? json_of(run.scenario, result, real_ms) + "\n"
                                  : text_of(run.scenario, result, real_ms),
               exit_code(result.outcome));
}

// All of `text` is a number from `low` to `high`, in decimal digits.
bool parse_number(std::string_view text, uint64_t low, uint64_t high, uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && low <= out && out <= high;
}

int run(const Arguments& arguments) {
  const absl::StatusOr<sim::Scenario> scenario = load(arguments);
  if (!scenario.ok())
    return usage(arguments.scenario + ": " + std::string(scenario.status().message()));
  uint64_t seed = scenario->seed;
  if (!arguments.seed.empty() && !parse_number(arguments.seed, 0, UINT64_MAX, seed))
    return usage(
        absl::StrCat("--seed wants a number from 0 to ", UINT64_MAX, ", not ", arguments.seed));
  Run run{*scenario, arguments, seed};
  return arguments.in_process ? run_one(&run) : run_apart(seed, run_one, &run);
}

// Which events are meant; what was not given stays. False: it was told why not.
bool parse_bounds(const Arguments& arguments, uint64_t& from_event, uint64_t& until) {
  if (!arguments.from_event.empty() &&
      !parse_number(arguments.from_event, 1, UINT64_MAX, from_event)) {
    usage("--from-event wants the number of an event, not " + arguments.from_event);
    return false;
  }
  const uint64_t first = std::max<uint64_t>(from_event, 1);
  if (!arguments.until.empty() && !parse_number(arguments.until, first, UINT64_MAX, until)) {
    usage(absl::StrCat("--until wants the number of an event from ", first, " on, not ",
                       arguments.until));
    return false;
  }
  return true;
}

int replay_file(const Arguments& arguments) {
  ReplayOptions options{.record = arguments.record};
  options.verbose = arguments.verbose;
  options.json = arguments.json;
  options.in_process = arguments.in_process;
  uint64_t until = 0;
  if (!parse_bounds(arguments, options.from_event, until)) return kExitUsage;
  if (!arguments.until.empty()) options.until = until;
  if (!arguments.from_event.empty() && !arguments.verbose)
    return usage("--from-event says where the lines of --verbose begin: give both");
  if (arguments.verbose && arguments.json)
    return usage("--verbose prints lines and --json one document: give one of them");
  return replay(options);
}

int shrink_file(const Arguments& arguments) {
  ShrinkCommand command{arguments.record, arguments.out};
  command.json = arguments.json;
  if (!parse_number(arguments.seconds, 1, kSecondsMax, command.seconds))
    return usage(absl::StrCat("--seconds wants a number from 1 to ", kSecondsMax, ", not ",
                              arguments.seconds));
  return shrink(command);
}

int export_file(const Arguments& arguments) {
  ExportCommand command{arguments.record, arguments.format, arguments.out};
  if (!parse_bounds(arguments, command.from_event, command.until)) return kExitUsage;
  return export_run(command);
}

int report_file(const Arguments& arguments) {
  ReportOptions options{arguments.record, arguments.with, arguments.out};
  if (!parse_bounds(arguments, options.bounds.from, options.bounds.until)) return kExitUsage;
  if (arguments.text == !arguments.out.empty())
    return usage("report writes a page (-o FILE.html) or prints text (--text): give one of them");
  options.json = arguments.json;
  if (arguments.text && arguments.json)
    return usage("--text prints lines and --json one document: give one of them");
  if (arguments.text && !arguments.with.empty())
    return usage("--with puts two runs on a page: it goes with -o FILE.html, not with --text");
  return report(options);
}

int swarm(const Arguments& arguments) {
  SwarmOptions options;
  const std::string_view seeds = arguments.seeds;
  const size_t dots = seeds.find("..");
  const bool parsed =
      dots != std::string::npos &&
      parse_number(seeds.substr(0, dots), 0, UINT64_MAX, options.first_seed) &&
      parse_number(seeds.substr(dots + 2), options.first_seed, UINT64_MAX, options.last_seed);
  if (!parsed)
    return usage(
        absl::StrCat("--seeds wants A..B with A <= B <= ", UINT64_MAX, ", not ", arguments.seeds));
  uint64_t jobs = 0;
  if (!parse_number(arguments.jobs, 1, kJobsMax, jobs))
    return usage(
        absl::StrCat("--jobs wants a number from 1 to ", kJobsMax, ", not ", arguments.jobs));
  const absl::StatusOr<sim::Scenario> scenario = load(arguments);
  if (!scenario.ok())
    return usage(arguments.scenario + ": " + std::string(scenario.status().message()));
  options.jobs = uint32_t(jobs);
  options.progress = !arguments.json;
  const SwarmResult result = run_swarm(*scenario, options);
  if (!result.complete()) not_run(why_not_complete(result));
  return print(arguments.json ? json_of(*scenario, result) + "\n" : text_of(*scenario, result),
               exit_code(result));
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"Runs VorDB nodes in a simulated world and checks what their clients see."};
  app.require_subcommand(1);
  CLI::App* run_command = app.add_subcommand("run", "One run");
  CLI::App* swarm_command = app.add_subcommand("swarm", "Many seeds");
  CLI::App* replay_command = app.add_subcommand("replay", "A run from its record");
  CLI::App* shrink_command = app.add_subcommand("shrink", "The record of a failure, made smaller");
  CLI::App* debug_command = app.add_subcommand("debug", "Walks through a recorded run");
  CLI::App* export_command = app.add_subcommand("export", "A run from its record, for viewers");
  CLI::App* report_command =
      app.add_subcommand("report", "A recorded run as a page with its space-time diagram");
  for (CLI::App* command : {run_command, swarm_command}) {
    command->add_option("scenario", arguments.scenario, "A file of scenarios/")->required();
    command->add_option("--set", arguments.sets,
                        "Replaces a value of the scenario: key=value, key as in faults.swarm");
  }
  debug_command->add_option("record", arguments.record, "What `run --record` wrote")->required();
  debug_command->add_flag("--json", arguments.json, "Prints a JSON document for each command");
  for (CLI::App* command :
       {run_command, swarm_command, replay_command, shrink_command, report_command})
    command->add_flag("--json", arguments.json, "Prints one JSON document");
  for (CLI::App* command : {run_command, replay_command})
    command->add_flag("--in-process", arguments.in_process,
                      "For a debugger: runs without a process of its own");
  run_command->add_option("--seed", arguments.seed, "The run; without it the scenario's own, or 1");
  run_command->add_option("--trace", arguments.trace, "Writes a line an event to this file");
  run_command->add_option("--record", arguments.record,
                          "Writes every decision to this file, for `replay`");
  replay_command->add_option("record", arguments.record, "What `run --record` wrote")->required();
  replay_command->add_option("--until", arguments.until,
                             "Stops after this event and says where the run stands");
  replay_command->add_flag("--verbose", arguments.verbose, "Prints a line an event");
  replay_command->add_option("--from-event", arguments.from_event,
                             "Prints no line before this event");
  shrink_command->add_option("record", arguments.record, "What `run --record` wrote")->required();
  shrink_command->add_option("-o,--out", arguments.out, "The file for the smaller record")
      ->required();
  shrink_command->add_option("--seconds", arguments.seconds, "Stops after these with what it has");
  export_command->add_option("record", arguments.record, "What `run --record` wrote")->required();
  export_command->add_option("--as", arguments.format, "perfetto, shiviz, mermaid or sqlite")
      ->required();
  export_command->add_option("-o,--out", arguments.out, "The file that is written")->required();
  export_command->add_option("--from-event", arguments.from_event, "The first event that is in it");
  export_command->add_option("--until", arguments.until, "The last event that is in it");
  report_command->add_option("record", arguments.record, "What `run` or `shrink` wrote")
      ->required();
  report_command->add_option("-o,--out", arguments.out, "The file for the page");
  report_command->add_flag("--text", arguments.text, "Prints a line an event instead");
  report_command->add_option("--from-event", arguments.from_event, "The first event that is shown");
  report_command->add_option("--until", arguments.until, "The last one");
  report_command->add_option("--with", arguments.with,
                             "Another record: both runs on the page, and where they part");
  swarm_command->add_option("--seeds", arguments.seeds, "A..B, both included");
  swarm_command->add_option("--jobs", arguments.jobs, "Processes");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitPass : kExitUsage;
  }
  if (replay_command->parsed()) return replay_file(arguments);
  if (debug_command->parsed()) return debug({arguments.record, arguments.json});
  if (shrink_command->parsed()) return shrink_file(arguments);
  if (export_command->parsed()) return export_file(arguments);
  if (report_command->parsed()) return report_file(arguments);
  return run_command->parsed() ? run(arguments) : swarm(arguments);
}
