#include "server/sim_replay.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/sim_output.h"
#include "server/sim_process.h"
#include "server/sim_record_file.h"
#include "sim/replay.h"

namespace vordb::server {

namespace {

struct Job {
  const ReplayOptions& options;
  const sim::Record& record;
  const sim::Scenario& scenario;
};

// Where the replay was stopped.
std::string stand_of(const Job& job, sim::Replay& replay) {
  sim::World& world = replay.world();
  const sim::Replay::Verdict verdict = replay.verdict();
  const uint64_t draws = world.decisions().draws();
  if (job.options.json)
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
  if (!job.options.json)
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
  const ReplayOptions& options = job.options;
  const auto since = std::chrono::steady_clock::now();
  sim::Replay replay(job.record, job.scenario);
  sim::World& world = replay.world();
  bool more = true;
  while (more && (!options.until || world.events() < *options.until)) {
    if (options.verbose && world.events() + 1 == options.from_event)
      world.set_sink([](std::string_view line) { std::cout << line << std::flush; });
    more = replay.advance();
  }
  if (more) return print(stand_of(job, replay), kExitPass);
  const sim::RunResult result = replay.result();
  const uint64_t real_ms = uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::steady_clock::now() - since)
                                        .count());
  return print(report_of(job, replay, result, real_ms), exit_code(result.outcome));
}

}  // namespace

int replay(const ReplayOptions& options) {
  const absl::StatusOr<RecordFile> file = load_record(options.record);
  if (!file.ok()) return usage(std::string(file.status().message()));
  Job job{options, file->record, file->scenario};
  return options.in_process ? run_job(&job) : run_apart(file->record.run.seed, run_job, &job);
}

}  // namespace vordb::server
