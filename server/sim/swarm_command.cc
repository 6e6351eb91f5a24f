// `vordb-sim swarm`: many seeds of one scenario, and what they came to in sum.

#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "server/sim/arguments.h"
#include "server/sim/commands.h"
#include "server/sim/output.h"
#include "server/sim/swarm.h"
#include "server/sim/swarm_report.h"

namespace vordb::server {

namespace {

constexpr uint64_t kJobsMax = 256;

struct SwarmArguments {
  ScenarioArguments scenario;
  std::string seeds = "1..100";
  std::string jobs = "2";
  bool json = false;
};

int swarm(const SwarmArguments& arguments) {
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
  const absl::StatusOr<sim::Scenario> scenario = load(arguments.scenario);
  if (!scenario.ok()) return usage(std::string(scenario.status().message()));
  options.jobs = uint32_t(jobs);
  options.progress = !arguments.json;
  const SwarmResult result = run_swarm(*scenario, options);
  if (!result.complete()) not_run(why_not_complete(result));
  return print(arguments.json ? json_of(*scenario, result) + "\n" : text_of(*scenario, result),
               exit_code(result));
}

}  // namespace

void add_swarm(CLI::App& app, Chosen& chosen) {
  const auto arguments = std::make_shared<SwarmArguments>();
  CLI::App* command = app.add_subcommand("swarm", "Many seeds");
  add_scenario(*command, arguments->scenario);
  command->add_option("--seeds", arguments->seeds, "A..B, both included");
  command->add_option("--jobs", arguments->jobs, "Processes");
  command->add_flag("--json", arguments->json, "Prints one JSON document");
  command->callback([arguments, &chosen] { chosen = [arguments] { return swarm(*arguments); }; });
}

}  // namespace vordb::server
