// `vordb-sim promote`: a recorded run as a golden script, which people read and the tests run
// again; and golden scripts told anew.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/common/read_bytes.h"
#include "server/sim/arguments.h"
#include "server/sim/commands.h"
#include "server/sim/exit_code.h"
#include "server/sim/output.h"
#include "server/sim/process.h"
#include "server/sim/record_file.h"
#include "server/sim/write_file.h"
#include "sim/golden.h"

namespace vordb::server {

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kGoldenBytesMax = 1 << 20;

struct PromoteArguments {
  std::string record;
  std::string out;
  std::string about;
  std::string seconds = "60";
  std::vector<std::string> rewrite;  // golden scripts; no record then
};

struct Job {
  const PromoteArguments& arguments;
  uint64_t seconds = 0;
  RecordFile file;
};

int promote_job(void* argument) {
  const Job& job = *static_cast<const Job*>(argument);
  const auto end = Clock::now() + std::chrono::seconds(job.seconds);
  absl::StatusOr<sim::Golden> golden =
      sim::promote(job.file.record, job.file.scenario, [end] { return Clock::now() < end; });
  if (!golden.ok())
    return usage(absl::StrCat(job.arguments.record, ": ", golden.status().message()));
  golden->about = job.arguments.about;
  const std::string& out = job.arguments.out;
  if (const std::string why = write_whole(out, write_golden(*golden)); !why.empty())
    return not_run(why);
  return print(absl::StrCat(golden->told, "vordb-sim promote --rewrite ", out,
                            "  tells it anew when the code has changed\n"),
               kExitPass);
}

struct Rewrite {
  std::string file;
  sim::Golden golden;
};

int rewrite_job(void* argument) {
  auto& [file, golden] = *static_cast<Rewrite*>(argument);
  const std::string told = tell(golden);
  if (told == golden.told) return print(file + ": the same\n", kExitPass);
  golden.told = told;
  if (const std::string why = write_whole(file, write_golden(golden)); !why.empty())
    return not_run(why);
  return print(file + ": told anew; `git diff` shows what has changed\n", kExitPass);
}

int rewrite(const std::string& file) {
  std::string text;
  if (read_bytes(file, kGoldenBytesMax, &text) != 0) return usage(file + ": cannot be read");
  absl::StatusOr<sim::Golden> golden = sim::read_golden(text);
  if (!golden.ok()) return usage(absl::StrCat(file, ": ", golden.status().message()));
  Rewrite job{file, *std::move(golden)};
  return run_apart(job.golden.seed, rewrite_job, &job);
}

int promote(const PromoteArguments& arguments) {
  if (!arguments.rewrite.empty()) {
    if (!arguments.record.empty() || !arguments.out.empty())
      return usage(
          "promote makes a script of a record (RECORD -o FILE) or tells scripts anew "
          "(--rewrite FILE...): give one of them");
    int worst = kExitPass;
    for (const std::string& file : arguments.rewrite) worst = std::max(worst, rewrite(file));
    return worst;
  }
  if (arguments.record.empty() || arguments.out.empty())
    return usage("promote wants RECORD -o FILE, or --rewrite FILE...");
  Job job{arguments};
  if (!parse_option("--seconds", arguments.seconds, 1, kSecondsMax, job.seconds)) return kExitUsage;
  absl::StatusOr<RecordFile> file = load_record(arguments.record);
  if (!file.ok()) return usage(std::string(file.status().message()));
  job.file = *std::move(file);
  return run_apart(job.file.record.run.seed, promote_job, &job);
}

}  // namespace

void add_promote(CLI::App& app, Chosen& chosen) {
  const auto arguments = std::make_shared<PromoteArguments>();
  CLI::App* command =
      app.add_subcommand("promote", "A recorded run as a golden script, a test from then on");
  command->add_option("record", arguments->record, "What `run` or `shrink` wrote");
  command->add_option("-o,--out", arguments->out, "The script, such as scenarios/golden/NAME.txt");
  command->add_option("--about", arguments->about, "What it is about, for those who read it");
  command->add_option("--seconds", arguments->seconds, "Leaves out decisions for so long at most");
  command->add_option("--rewrite", arguments->rewrite,
                      "Golden scripts, whose runs are told anew in their place");
  command->callback([arguments, &chosen] { chosen = [arguments] { return promote(*arguments); }; });
}

}  // namespace vordb::server
