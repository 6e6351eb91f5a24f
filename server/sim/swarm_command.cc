// `vordb-sim swarm`: many seeds of some scenarios, what they came to in sum, and one block for each
// kind of failure.

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/sim/arguments.h"
#include "server/sim/commands.h"
#include "server/sim/keep_failure.h"
#include "server/sim/output.h"
#include "server/sim/progress.h"
#include "server/sim/swarm.h"
#include "server/sim/swarm_report.h"
#include "server/sim/swarm_state.h"
#include "server/sim/write_file.h"

namespace vordb::server {

namespace {

constexpr size_t kFailuresKept = 5;  // of a scenario

struct SwarmArguments {
  std::vector<std::string> scenarios;
  std::vector<std::string> sets;
  std::string seeds = "1..100";
  std::string jobs = "2";
  std::string shard = "1/1";
  std::string state;  // a file; empty: none
  std::string keep = "vordb-sim-failures";
  std::string shrink_seconds = "20";
  std::string markdown;  // a file; empty: none
  bool json = false;
};

// What was asked for.
struct Order {
  SeedPlan seeds;
  uint64_t jobs = 0;
  uint64_t shrink_seconds = 0;
  std::vector<SwarmReport> reports;  // of which only what they are about is known
};

// False: it was told what is wrong.
bool parse(const SwarmArguments& arguments, Order& order) {
  const auto wrong = [](const std::string& why) {
    usage(why);
    return false;
  };
  if (!parse_seeds(arguments.seeds, order.seeds))
    return wrong(
        absl::StrCat("--seeds wants A..B with A <= B <= ", UINT64_MAX, ", not ", arguments.seeds));
  if (!parse_shard(arguments.shard, order.seeds))
    return wrong(absl::StrCat("--shard wants i/n with 1 <= i <= n <= ", kShardsMax, ", not ",
                              arguments.shard));
  if (!parse_option("--jobs", arguments.jobs, 1, kJobsMax, order.jobs) ||
      !parse_option("--shrink-seconds", arguments.shrink_seconds, 0, kSecondsMax,
                    order.shrink_seconds))
    return false;
  for (const std::string& file : arguments.scenarios) {
    SwarmReport report;
    report.arguments = {file, arguments.sets};
    absl::StatusOr<sim::Scenario> scenario = load(report.arguments);
    if (!scenario.ok()) return wrong(std::string(scenario.status().message()));
    report.scenario = *std::move(scenario);
    order.reports.push_back(std::move(report));
  }
  return true;
}

// An error: the state cannot be used.
absl::Status run_one(const SwarmArguments& arguments, const Order& order, SwarmState* state,
                     SwarmReport& report) {
  SwarmOptions options;
  options.seeds = order.seeds;
  options.jobs = uint32_t(order.jobs);
  options.progress = !arguments.json;
  absl::Status kept;
  if (state != nullptr) {
    std::string foreign;
    if (absl::Status begun = state->begin(report.scenario, foreign); !begun.ok()) return begun;
    if (!foreign.empty()) std::cerr << "vordb-sim: " << foreign << "\n";
    if (absl::Status loaded = state->load(order.seeds, options.before); !loaded.ok()) return loaded;
    options.made = [&](std::string_view line) {
      if (kept.ok()) kept = state->keep(line);
    };
  }
  report.swarm = run_swarm(report.scenario, std::move(options));
  if (state != nullptr && kept.ok()) kept = state->end(report.swarm.real_ms);
  if (!kept.ok())
    report.swarm.not_run.push_back("runs could not be kept: " + std::string(kept.message()));
  report.failures = failures_of(report.swarm);
  return absl::OkStatus();
}

// Keeps the first of its failures, and prints a block for each as soon as that is done.
void tell_failures(const SwarmArguments& arguments, const Order& order, SwarmReport& report) {
  const bool keeps = !arguments.keep.empty() && !report.swarm.interrupted;
  Progress progress(!arguments.json);
  for (size_t i = 0; i < report.failures.size(); ++i) {
    Failure& failure = report.failures[i];
    if (keeps && i < kFailuresKept) {
      progress.tell(absl::StrCat("keeping seed ", failure.seed, " of ", failure.signature));
      const std::string why =
          keep_failure(report.scenario, arguments.keep, order.shrink_seconds, failure);
      progress.clear();
      if (!why.empty()) std::cerr << "vordb-sim: not kept: " << why << "\n";
    }
    if (!arguments.json)
      std::cout << block_of(failure, report.swarm.runs, report.replay(failure)) << std::flush;
  }
}

std::string json_of(const std::vector<SwarmReport>& reports) {
  using Json = nlohmann::json;
  Json all = {{"swarms", Json::array()}};
  for (const SwarmReport& report : reports) all["swarms"].push_back(json_of(report));
  const Json& told = reports.size() == 1 ? all["swarms"][0] : all;
  return told.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

int swarm(const SwarmArguments& arguments) {
  Order order;
  if (!parse(arguments, order)) return kExitUsage;
  std::optional<SwarmState> state;
  if (!arguments.state.empty()) {
    absl::StatusOr<SwarmState> opened = SwarmState::open(arguments.state);
    if (!opened.ok()) return usage(std::string(opened.status().message()));
    state = *std::move(opened);
  }
  bool interrupted = false;
  for (SwarmReport& report : order.reports) {
    if (interrupted) {
      report.swarm.asked = order.seeds.count();
      report.swarm.not_run.push_back("interrupted before");
    } else {
      const absl::Status ran = run_one(arguments, order, state ? &*state : nullptr, report);
      if (!ran.ok()) return not_run(std::string(ran.message()));
      interrupted = report.swarm.interrupted;
    }
    if (!report.swarm.complete()) {
      const std::string whose = order.reports.size() > 1 ? report.scenario.name + ": " : "";
      not_run(whose + why_not_complete(report.swarm));
    }
    if (!arguments.json) std::cout << text_of(report.scenario, report.swarm) << std::flush;
    tell_failures(arguments, order, report);
  }
  const int code = exit_code(order.reports);
  if (!arguments.markdown.empty()) {
    const std::string why = write_whole(arguments.markdown, markdown_of(order.reports));
    if (!why.empty()) return not_run(why);
  }
  if (arguments.json) return print(json_of(order.reports), code);
  return print(order.reports.size() > 1 ? sum_of(order.reports) : "", code);
}

}  // namespace

void add_swarm(CLI::App& app, Chosen& chosen) {
  const auto arguments = std::make_shared<SwarmArguments>();
  CLI::App* command = app.add_subcommand("swarm", "Many seeds");
  command->add_option("scenario", arguments->scenarios, "Files of scenarios/")->required();
  add_sets(*command, arguments->sets);
  command->add_option("--seeds", arguments->seeds, "A..B, both included");
  command->add_option("--jobs", arguments->jobs, "Processes");
  command->add_option("--shard", arguments->shard,
                      "i/n: the i-th of n equal parts of the seeds, for one of n machines");
  command->add_option("--state", arguments->state,
                      "Keeps every run in this file; what is there is not run again");
  command->add_option("--keep", arguments->keep,
                      "The folder for records of what failed; '' keeps nothing");
  command->add_option("--shrink-seconds", arguments->shrink_seconds,
                      "So long each of these is made smaller; 0: not at all");
  command->add_option("--markdown", arguments->markdown, "Writes a summary for GitHub");
  command->add_flag("--json", arguments->json, "Prints one JSON document");
  command->callback([arguments, &chosen] { chosen = [arguments] { return swarm(*arguments); }; });
}

}  // namespace vordb::server
