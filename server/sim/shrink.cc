// `vordb-sim shrink`: the record of a run that fails, made smaller.

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/sim/arguments.h"
#include "server/sim/commands.h"
#include "server/sim/output.h"
#include "server/sim/process.h"
#include "server/sim/progress.h"
#include "server/sim/record_file.h"
#include "server/sim/shrinking.h"
#include "server/sim/stopwatch.h"
#include "sim/replay.h"
#include "sim/shrink.h"

namespace vordb::server {

namespace {

struct ShrinkArguments {
  std::string record;
  std::string out;  // the file that gets the smaller record
  std::string seconds = "60";
  bool json = false;
};

struct Job {
  const ShrinkArguments& arguments;
  uint64_t seconds;
  const RecordFile& file;
};

// One thing that became less.
struct Line {
  const char* name;
  uint64_t before;
  uint64_t after;
};

std::vector<Line> lines_of(const sim::ShrinkSize& before, const sim::ShrinkSize& after) {
  return {
      {"events", before.events, after.events},    {"decisions", before.decisions, after.decisions},
      {"faults", before.faults, after.faults},    {"calls", before.operations, after.operations},
      {"nodes", before.machines, after.machines}, {"clients", before.clients, after.clients}};
}

std::string report_of(const Job& job, const sim::ShrinkSize& before, const sim::Shrunk& shrunk,
                      double seconds) {
  const sim::Violation& violation = shrunk.attempt.result.findings.violations()[0];
  const std::string command = absl::StrCat("vordb-sim replay ", job.arguments.out, " --verbose");
  const std::vector<Line> lines = lines_of(before, sim::size_of(shrunk.attempt));
  if (job.arguments.json) {
    nlohmann::json json = {{"scenario", shrunk.attempt.scenario.name},
                           {"seed", shrunk.attempt.record.run.seed},
                           {"property", to_string(violation.property)},
                           {"violation", violation.text},
                           {"minimal", shrunk.minimal},
                           {"runs", shrunk.runs},
                           {"seconds", seconds},
                           {"hash", shrunk.attempt.result.hash.hex()},
                           {"record", job.arguments.out},
                           {"replay", command}};
    for (const Line& line : lines)
      json[line.name] = {{"before", line.before}, {"after", line.after}};
    return json.dump() + "\n";
  }
  std::string text =
      absl::StrCat(shrunk.attempt.scenario.name, " seed ", shrunk.attempt.record.run.seed, ": ",
                   to_string(violation.property), ": ", violation.text, "\n");
  for (const Line& line : lines) {
    std::string name = line.name;
    name.resize(10, ' ');
    absl::StrAppend(&text, name, " ", line.before, " -> ", line.after, "\n");
  }
  absl::StrAppend(&text, shrunk.runs, " runs in ", uint64_t(seconds + 0.5), " s; ",
                  shrunk.minimal ? "minimal: no single fault and no single call can be left out"
                                 : "not minimal: the time was over",
                  "\n", command, "\n");
  return text;
}

// Why there is nothing to shrink; empty: there is.
std::string objection_to(const Job& job, const sim::Attempt& first) {
  const sim::Record& record = job.file.record;
  if (first.record.end != record.end) {
    sim::Replay replay(record, job.file.scenario);
    while (replay.advance()) {
    }
    replay.result();
    return "this code runs something else: " + replay.verdict().text;
  }
  if (first.result.outcome == sim::RunOutcome::kViolation) return "";
  return absl::StrCat("its run ends with ", to_string(first.result.outcome),
                      ": there is no violation to keep");
}

int run_job(void* argument) {
  const Job& job = *static_cast<const Job*>(argument);
  const Stopwatch since;
  const sim::Record& record = job.file.record;
  sim::Attempt first =
      sim::run_candidate({job.file.scenario, record.script}, record.run.seed, UINT64_MAX);
  if (const std::string why = objection_to(job, first); !why.empty())
    return usage(job.arguments.record + ": " + why);
  const sim::ShrinkSize before = size_of(first);
  Progress progress(true);
  const sim::Shrunk shrunk =
      shrink_within(std::move(first), job.seconds,
                    [&](const char* part, const sim::ShrinkSize& size, uint64_t runs) {
                      progress.tell(absl::StrCat(part, ": ", size.events, " events, ", size.faults,
                                                 " faults, ", size.operations, " calls, ", runs,
                                                 " runs, ", int(since.seconds()), " s"));
                    });
  progress.clear();
  const double seconds = since.seconds();
  if (const std::string why = write_shrunk(shrunk, job.arguments.out); !why.empty())
    return not_run(why);
  return print(report_of(job, before, shrunk, seconds), kExitPass);
}

int shrink(const ShrinkArguments& arguments) {
  uint64_t seconds = 0;
  if (!parse_option("--seconds", arguments.seconds, 1, kSecondsMax, seconds)) return kExitUsage;
  const absl::StatusOr<RecordFile> file = load_record(arguments.record);
  if (!file.ok()) return usage(std::string(file.status().message()));
  if (!file->record.end)
    return usage(arguments.record +
                 ": its run was broken off; what aborts cannot be shrunk, only what ends with a "
                 "violation");
  Job job{arguments, seconds, *file};
  return run_apart(file->record.run.seed, run_job, &job);
}

}  // namespace

void add_shrink(CLI::App& app, Chosen& chosen) {
  const auto arguments = std::make_shared<ShrinkArguments>();
  CLI::App* command = app.add_subcommand("shrink", "The record of a failure, made smaller");
  command->add_option("record", arguments->record, "What `run --record` wrote")->required();
  command->add_option("-o,--out", arguments->out, "The file for the smaller record")->required();
  command->add_option("--seconds", arguments->seconds, "Stops after these with what it has");
  command->add_flag("--json", arguments->json, "Prints one JSON document");
  command->callback([arguments, &chosen] { chosen = [arguments] { return shrink(*arguments); }; });
}

}  // namespace vordb::server
