// `vordb-sim blame`: how likely the failure of a recorded run was along its way, and which decision
// made it so.

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/sim/apart.h"
#include "server/sim/arguments.h"
#include "server/sim/commands.h"
#include "server/sim/event_text.h"
#include "server/sim/output.h"
#include "server/sim/process.h"
#include "server/sim/progress.h"
#include "server/sim/record_file.h"
#include "server/sim/stopwatch.h"
#include "server/sim/write_file.h"
#include "sim/blame.h"
#include "sim/debugger.h"
#include "sim/report/page.h"
#include "sim/report/page_data.h"

namespace vordb::server {

namespace {

using nlohmann::json;

constexpr uint64_t kForksMax = 10'000;
constexpr uint32_t kBar = 40;  // columns for all forks

struct BlameArguments {
  std::string record;
  std::string out;  // a page that shows it; empty: none
  std::string forks = "40";
  std::string seconds = "60";
  std::string jobs = "2";
  bool json = false;
};

struct Job {
  const BlameArguments& arguments;
  const RecordFile& file;
  uint64_t forks = 0;
  uint64_t seconds = 0;
  uint64_t jobs = 0;
};

// A row a place, and which of them belong together.
std::string curve_of(const sim::Blame& blame) {
  std::string text =
      absl::StrFormat("%10s %9s %12s  %s\n", "decision", "event", "time us", "forks that fail");
  for (const sim::BlamePoint& point : blame.curve) {
    const bool is_jump =
        std::any_of(blame.jumps.begin(), blame.jumps.end(),
                    [&](const sim::BlameJump& jump) { return jump.after == point; });
    absl::StrAppendFormat(&text, "%10u %9u %12u  %3u%% |%s%s\n", point.kept, point.event,
                          point.time_us, 100 * point.failed / blame.forks,
                          std::string(kBar * point.failed / blame.forks, '#'), is_jump ? " <" : "");
  }
  return text;
}

std::string lines_of(const sim::Blame& blame, const sim::BlameJump& jump,
                     const sim::Debugger& debugger) {
  const std::string text = absl::StrCat("\n", text_of(blame, jump), "\n");
  if (!jump.exact()) return text + "more --seconds would say which\n";
  const auto event = debugger.tell(jump.last.event);
  return event ? text + text_of(*event) : text;
}

json json_of(const sim::BlamePoint& point) {
  return {{"decisions", point.kept},
          {"event", point.event},
          {"time_us", point.time_us},
          {"failed", point.failed}};
}

std::string json_of(const Job& job, const sim::Blame& blame) {
  json out = {{"scenario", job.file.scenario.name},
              {"seed", job.file.record.run.seed},
              {"property", to_string(blame.property)},
              {"forks", blame.forks},
              {"decisions", blame.decisions},
              {"finished", blame.finished},
              {"curve", json::array()},
              {"jumps", json::array()}};
  for (const sim::BlamePoint& point : blame.curve) out["curve"].push_back(json_of(point));
  for (const sim::BlameJump& jump : blame.jumps)
    out["jumps"].push_back({{"before", json_of(jump.before)},
                            {"after", json_of(jump.after)},
                            {"exact", jump.exact()},
                            {"decision", jump.last.number},
                            {"event", jump.last.event},
                            {"stream", text_of(jump.last.stream)},
                            {"name", to_string(jump.last.decision)},
                            {"value", jump.last.value},
                            {"bound", jump.last.bound}});
  return out.dump() + "\n";
}

std::string report_of(const Job& job, const sim::Blame& blame, double seconds) {
  std::string text =
      absl::StrCat(job.file.scenario.name, " seed ", job.file.record.run.seed, ": ",
                   to_string(blame.property), ": ", blame.forks, " forks at each of ",
                   blame.curve.size(), " places, ", int(seconds), " s\n\n", curve_of(blame));
  sim::Debugger debugger(job.file.record, job.file.scenario);
  if (!blame.jumps.empty()) debugger.go_to_end();
  for (const sim::BlameJump& jump : blame.jumps)
    absl::StrAppend(&text, lines_of(blame, jump, debugger));
  if (blame.jumps.empty())
    absl::StrAppend(&text, "\nno decision stands out: none changes the share by an eighth\n");
  return text;
}

int write_page(const Job& job, const sim::Blame& blame) {
  const std::string& out = job.arguments.out;
  if (out.empty()) return kExitPass;
  const sim::Story story = tell_story(job.file.record, job.file.scenario, sim::page_bounds({}));
  const auto data = sim::page_data({{story, job.arguments.record, &blame}});
  if (!data.ok()) return usage(std::string(data.status().message()));
  const std::string why = write_whole(out, sim::page_of(*data));
  return why.empty() ? kExitPass : not_run(why);
}

int run_job(void* argument) {
  const Job& job = *static_cast<const Job*>(argument);
  const Stopwatch since;
  Progress progress(true);
  sim::BlameOptions options;
  options.forks = uint32_t(job.forks);
  options.go_on = [&] { return since.seconds() < double(job.seconds); };
  options.apart = [&](uint32_t count, const std::function<bool(uint32_t)>& body) {
    return count_apart(count, uint32_t(job.jobs), body);
  };
  options.progress = [&](uint64_t places) {
    progress.tell(absl::StrCat(places, " places, ", int(since.seconds()), " s"));
  };
  const absl::StatusOr<sim::Blame> blame = sim::blame(job.file.record, job.file.scenario, options);
  progress.clear();
  if (!blame.ok()) return usage(absl::StrCat(job.arguments.record, ": ", blame.status().message()));
  if (const int code = write_page(job, *blame); code != kExitPass) return code;
  return print(job.arguments.json ? json_of(job, *blame) : report_of(job, *blame, since.seconds()),
               kExitPass);
}

int blame(const BlameArguments& arguments) {
  const absl::StatusOr<RecordFile> file = load_record(arguments.record);
  if (!file.ok()) return usage(std::string(file.status().message()));
  Job job{arguments, *file};
  if (!parse_option("--forks", arguments.forks, 1, kForksMax, job.forks) ||
      !parse_option("--seconds", arguments.seconds, 1, kSecondsMax, job.seconds) ||
      !parse_option("--jobs", arguments.jobs, 1, kJobsMax, job.jobs))
    return kExitUsage;
  return run_apart(file->record.run.seed, run_job, &job);
}

}  // namespace

void add_blame(CLI::App& app, Chosen& chosen) {
  const auto arguments = std::make_shared<BlameArguments>();
  CLI::App* command =
      app.add_subcommand("blame", "Which decision of a recorded run made its failure likely");
  command->add_option("record", arguments->record, "What `run` or `shrink` wrote")->required();
  command->add_option("-o,--out", arguments->out, "Writes the run as a page that shows it too");
  command->add_option("--forks", arguments->forks, "Other futures that are tried at each place");
  command->add_option("--seconds", arguments->seconds, "Stops after these with what it has");
  command->add_option("--jobs", arguments->jobs, "Processes");
  command->add_flag("--json", arguments->json, "Prints one JSON document");
  command->callback([arguments, &chosen] { chosen = [arguments] { return blame(*arguments); }; });
}

}  // namespace vordb::server
