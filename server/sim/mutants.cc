// `vordb-sim mutants`: whether the simulator finds each bug of scenarios/known-bugs/.

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/common/read_bytes.h"
#include "server/sim/arguments.h"
#include "server/sim/commands.h"
#include "server/sim/commit.h"
#include "server/sim/mutants_build.h"
#include "server/sim/mutants_hunt.h"
#include "server/sim/mutants_report.h"
#include "server/sim/output.h"
#include "server/sim/write_file.h"

namespace vordb::server {

namespace {

constexpr size_t kPatchBytesMax = 1 << 20;

struct MutantsArguments {
  std::vector<std::string> names;
  std::string source = ".";
  std::string jobs = "2";
  std::string seconds = "300";
  std::string shrink_seconds = "60";
  std::string first_seed;  // empty: what the commit says
  std::string out;
  bool json = false;
};

struct Numbers {
  uint64_t jobs = 0;
  uint64_t seconds = 0;
  uint64_t shrink_seconds = 0;
  uint64_t first_seed = 0;
};

// False: it was told why they are none.
bool read_numbers(const MutantsArguments& arguments, Numbers& numbers) {
  // With room for the seeds that follow.
  constexpr uint64_t kFirstSeedMax = UINT64_MAX / 2;
  return parse_option("--jobs", arguments.jobs, 1, kJobsMax, numbers.jobs) &&
         parse_option("--seconds", arguments.seconds, 1, kSecondsMax, numbers.seconds) &&
         parse_option("--shrink-seconds", arguments.shrink_seconds, 1, kSecondsMax,
                      numbers.shrink_seconds) &&
         (arguments.first_seed.empty() ||
          parse_option("--first-seed", arguments.first_seed, 0, kFirstSeedMax, numbers.first_seed));
}

std::string patch_of(const std::string& folder, const std::string& name) {
  return absl::StrCat(folder, "/", name, ".patch");
}

absl::StatusOr<std::vector<KnownBug>> read_bugs(const std::string& folder,
                                                std::vector<std::string> names) {
  std::error_code error;
  std::set<std::string> there;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".patch") there.insert(entry->path().stem().string());
  }
  if (error || there.empty())
    return absl::NotFoundError(folder +
                               " holds no patches: run it in a checkout of VorDB, or name "
                               "one with --source");
  if (names.empty()) names.assign(there.begin(), there.end());
  std::vector<KnownBug> bugs;
  for (const std::string& name : names) {
    if (!there.contains(name))
      return absl::NotFoundError(absl::StrCat("no bug is called ", name, ": ", folder,
                                              " holds those that are known, without \".patch\""));
    std::string patch;
    if (read_bytes(patch_of(folder, name), kPatchBytesMax, &patch) != 0)
      return absl::NotFoundError(patch_of(folder, name) + ": cannot be read");
    absl::StatusOr<KnownBug> bug = read_known_bug(name, patch);
    if (!bug.ok())
      return absl::InvalidArgumentError(
          absl::StrCat(patch_of(folder, name), ": ", bug.status().message()));
    bugs.push_back(*std::move(bug));
  }
  return bugs;
}

class Mutants {
 public:
  Mutants(const Numbers& numbers, std::string source)
      : numbers_(numbers),
        bugs_(source + "/scenarios/known-bugs"),
        build_(std::move(source), uint32_t(numbers.jobs)) {}

  // Not ok: nothing could be looked for.
  absl::Status run(const std::vector<KnownBug>& bugs, MutantsReport& report) {
    std::vector<KnownBug> ours;
    for (const KnownBug& bug : bugs) {
      if (bug.for_simulator()) {
        ours.push_back(bug);
      } else {
        ++report.unit_test_only;
        tell(bug.name + ": unit test only");
      }
    }
    if (ours.empty()) return absl::OkStatus();
    tell("building without a bug");
    if (const absl::Status status = build_.prepare(); !status.ok()) return status;
    if (const absl::Status status = try_whole(ours); !status.ok()) return status;
    for (size_t i = 0; i < ours.size(); ++i) {
      report.rows.push_back({ours[i], find(ours[i])});
      tell(absl::StrCat(i + 1, "/", ours.size(), " ", told(report.rows.back())));
      if (const absl::Status status = build_.revert(); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  static void tell(const std::string& what) { std::cerr << "mutants: " << what << std::endl; }

  static std::string told(const MutantsReport::Row& row) {
    const Found& found = row.found;
    if (found.outcome != Found::Outcome::kFound)
      return absl::StrCat(row.bug.name, ": ", to_string(found.outcome), ": ", found.why);
    return absl::StrFormat("%s: found by %s: seed %u, the %u. of them, after %.1f s; %s",
                           row.bug.name, found.property, found.seed, found.seeds, found.seconds,
                           found.no_story.empty()
                               ? absl::StrCat("a story of ", found.events, " events")
                               : found.no_story);
  }

  Hunt hunt_of(const KnownBug& bug) const {
    Hunt hunt;
    hunt.program = build_.mutant();
    hunt.whole = build_.whole();
    hunt.scenario = build_.scenario(bug.scenario);
    hunt.folder = build_.folder();
    hunt.first_seed = numbers_.first_seed;
    hunt.jobs = uint32_t(numbers_.jobs);
    hunt.seconds = double(numbers_.seconds);
    hunt.shrink_seconds = double(numbers_.shrink_seconds);
    return hunt;
  }

  // Else everything would be found.
  absl::Status try_whole(const std::vector<KnownBug>& bugs) const {
    std::set<std::pair<std::string, std::vector<std::string>>> tried;
    for (const KnownBug& bug : bugs) {
      if (!tried.emplace(bug.scenario, bug.sets).second) continue;
      const std::string why = objection_to_whole(bug, hunt_of(bug), numbers_.first_seed);
      if (!why.empty()) return absl::FailedPreconditionError(why);
    }
    tell(absl::StrCat("without a bug ", tried.size(), " scenarios pass"));
    return absl::OkStatus();
  }

  Found find(const KnownBug& bug) {
    Found found;
    found.outcome = Found::Outcome::kNotBuilt;
    absl::Status status = build_.apply(patch_of(bugs_, bug.name));
    if (!status.ok()) {
      found.why = absl::StrCat("the patch does not apply, make it anew: ", status.message());
      return found;
    }
    status = build_.build();
    if (status.ok()) return hunt(bug, hunt_of(bug));
    found.why = std::string(status.message());
    return found;
  }

  Numbers numbers_;
  std::string bugs_;
  MutantBuild build_;
};

int exit_code_of(const MutantsReport& report) {
  if (report.complaints().empty()) return kExitPass;
  const bool broken = std::any_of(report.rows.begin(), report.rows.end(), [](const auto& row) {
    return row.found.outcome == Found::Outcome::kNotBuilt;
  });
  return broken ? kExitNotRun : kExitViolation;
}

int mutants(const MutantsArguments& arguments) {
  Numbers numbers;
  if (!read_numbers(arguments, numbers)) return kExitUsage;
  std::error_code error;
  const std::string source = std::filesystem::absolute(arguments.source, error).lexically_normal();
  const auto bugs = read_bugs(source + "/scenarios/known-bugs", arguments.names);
  if (!bugs.ok()) return usage(std::string(bugs.status().message()));
  if (arguments.first_seed.empty())
    numbers.first_seed = seed_of_commit(commit_of(source, source + "/build/known-bugs"));
  MutantsReport report;
  report.first_seed = numbers.first_seed;
  report.seconds_max = double(numbers.seconds);
  report.all = arguments.names.empty();
  if (const absl::Status status = Mutants(numbers, source).run(*bugs, report); !status.ok())
    return not_run(std::string(status.message()));
  const std::string json = json_of(report) + "\n";
  if (!arguments.out.empty()) {
    if (const std::string why = write_whole(arguments.out, json); !why.empty()) return not_run(why);
  }
  return print(arguments.json ? json : text_of(report), exit_code_of(report));
}

}  // namespace

void add_mutants(CLI::App& app, Chosen& chosen) {
  const auto arguments = std::make_shared<MutantsArguments>();
  CLI::App* command =
      app.add_subcommand("mutants", "Whether the known bugs are found, each put in for a while");
  command->add_option("name", arguments->names,
                      "Files of scenarios/known-bugs/ without .patch; none: all");
  command->add_option("--source", arguments->source, "A checkout of VorDB");
  command->add_option("--jobs", arguments->jobs, "Processes");
  command->add_option("--seconds", arguments->seconds, "That finding one may take");
  command->add_option("--shrink-seconds", arguments->shrink_seconds,
                      "That making its story shorter may take");
  command->add_option("--first-seed", arguments->first_seed,
                      "Seeds begin here; without it where the commit's hash says");
  command->add_option("-o,--out", arguments->out, "Writes the JSON document to this file as well");
  command->add_flag("--json", arguments->json, "Prints one JSON document");
  command->callback([arguments, &chosen] { chosen = [arguments] { return mutants(*arguments); }; });
}

}  // namespace vordb::server
