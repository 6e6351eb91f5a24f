// `vordb-sim posture`: runs every scenario that ships and writes docs/evidence.md and
// evidence.json.

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/common/read_bytes.h"
#include "server/sim/arguments.h"
#include "server/sim/commands.h"
#include "server/sim/commit.h"
#include "server/sim/evidence.h"
#include "server/sim/output.h"
#include "server/sim/swarm.h"
#include "server/sim/write_file.h"

namespace vordb::server {

namespace {

constexpr uint64_t kSeedsMax = 1'000'000;
constexpr size_t kMutantsBytesMax = 16 << 20;

struct PostureArguments {
  std::string out = "docs/evidence.md";
  std::string source = ".";
  std::string seeds = "20";
  std::string jobs = "2";
  std::string mutants;  // a file; empty: none
  std::vector<std::string> sets;
};

// False: it was told why not.
bool read_mutants(const std::string& file, nlohmann::json& mutants) {
  if (file.empty()) return true;
  std::string text;
  if (read_bytes(file, kMutantsBytesMax, &text) == 0)
    mutants = nlohmann::json::parse(text, nullptr, false);
  if (mutants.is_object() && mutants.contains("matrix") && mutants.contains("bugs")) return true;
  usage("--mutants wants what `vordb-sim mutants -o FILE` wrote, not " + file);
  return false;
}

int posture(const PostureArguments& arguments) {
  uint64_t seeds = 0, jobs = 0;
  if (!parse_option("--seeds", arguments.seeds, 1, kSeedsMax, seeds) ||
      !parse_option("--jobs", arguments.jobs, 1, kJobsMax, jobs))
    return kExitUsage;
  if (!arguments.out.ends_with(".md"))
    return usage("-o wants a file that ends in .md, not " + arguments.out);
  Evidence evidence;
  if (!read_mutants(arguments.mutants, evidence.mutants)) return kExitUsage;
  evidence.commit = commit_of(arguments.source, arguments.source + "/build");
  evidence.command = absl::StrCat("vordb-sim posture --seeds ", seeds);
  for (const std::string& set : arguments.sets) absl::StrAppend(&evidence.command, " --set ", set);
  const uint64_t first = seed_of_commit(evidence.commit);
  for (const std::string& name : sim::registered_scenarios()) {
    SwarmReport report;
    report.arguments = {absl::StrCat(arguments.source, "/scenarios/", name, ".json"),
                        arguments.sets};
    absl::StatusOr<sim::Scenario> scenario = load(report.arguments);
    if (!scenario.ok()) return usage(std::string(scenario.status().message()));
    report.scenario = *std::move(scenario);
    std::cerr << name << "\n";
    SwarmOptions options;
    options.seeds.first = first;
    options.seeds.last = first + seeds - 1;
    options.jobs = uint32_t(jobs);
    options.progress = true;
    report.swarm = run_swarm(report.scenario, std::move(options));
    if (!report.swarm.complete()) return not_run(name + ": " + why_not_complete(report.swarm));
    report.failures = failures_of(report.swarm);
    evidence.reports.push_back(std::move(report));
  }
  std::filesystem::path json = arguments.out;
  json.replace_extension(".json");
  for (const auto& [file, text] : {std::pair(arguments.out, markdown_of(evidence)),
                                   std::pair(json.string(), json_of(evidence))}) {
    if (const std::string why = write_whole(file, text); !why.empty()) return not_run(why);
  }
  return print(absl::StrCat(sum_of(evidence.reports), arguments.out, ": ", gaps_of(evidence).size(),
                            " gaps\n"),
               exit_code(evidence.reports));
}

}  // namespace

void add_posture(CLI::App& app, Chosen& chosen) {
  const auto arguments = std::make_shared<PostureArguments>();
  CLI::App* command =
      app.add_subcommand("posture", "What there is to say for the node, in one page");
  command->add_option("-o,--out", arguments->out, "The page; beside it the same as JSON");
  command->add_option("--source", arguments->source, "A checkout of VorDB");
  command->add_option("--seeds", arguments->seeds,
                      "Of each scenario, from where the commit's hash says");
  command->add_option("--jobs", arguments->jobs, "Processes");
  command->add_option("--mutants", arguments->mutants, "What `vordb-sim mutants -o` wrote");
  add_sets(*command, arguments->sets);
  command->callback([arguments, &chosen] { chosen = [arguments] { return posture(*arguments); }; });
}

}  // namespace vordb::server
