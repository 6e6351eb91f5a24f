// `vordb-sim export`: a run from its record, for viewers that people have.

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/operations.h"
#include "server/sim/arguments.h"
#include "server/sim/commands.h"
#include "server/sim/output.h"
#include "server/sim/process.h"
#include "server/sim/record_file.h"
#include "server/sim/write_file.h"
#include "sim/export/mermaid.h"
#include "sim/export/perfetto.h"
#include "sim/export/shiviz.h"
#include "sim/export/sqlite.h"
#include "sim/story.h"

namespace vordb::server {

namespace {

using Text = absl::StatusOr<std::string>;

struct Format {
  std::string_view name;
  Text (*of)(const sim::Story& story);
  const char* how;  // it is looked at
};

constexpr std::array<Format, 4> kFormats = {{
    {"perfetto", [](const sim::Story& story) -> Text { return sim::perfetto_of(story); },
     "open it in https://ui.perfetto.dev or chrome://tracing"},
    {"shiviz", [](const sim::Story& story) -> Text { return sim::shiviz_of(story); },
     "open it in https://bestchai.bitbucket.io/shiviz/"},
    {"mermaid", sim::mermaid_of, "open it in https://mermaid.live"},
    {"sqlite", sim::sqlite_of, "open it with sqlite3"},
}};

std::string must_be_a_format() {
  std::vector<std::string> names;
  for (const Format& format : kFormats) names.emplace_back(format.name);
  return must_be_one_of(names);
}

struct ExportArguments {
  std::string record;
  std::string format;  // the name of one of them
  std::string out;     // the file that is written
  EventArguments events;
};

struct Job {
  const ExportArguments& arguments;
  sim::StoryBounds bounds;
  const RecordFile& file;
  const Format& format;
};

int run_job(void* argument) {
  const Job& job = *static_cast<const Job*>(argument);
  const ExportArguments& arguments = job.arguments;
  const sim::Story story = tell_story(job.file.record, job.file.scenario, job.bounds);
  if (story.events.empty())
    return usage(absl::StrCat(arguments.record, ": its run ends before event ", job.bounds.from));
  if (!story.parting.empty())
    std::cerr << "vordb-sim: " << arguments.record << ": " << story.parting
              << "; exported is what happens now\n";
  const Text text = job.format.of(story);
  if (!text.ok()) return usage(absl::StrCat(arguments.record, ": ", text.status().message()));
  if (const std::string why = write_whole(arguments.out, *text); !why.empty()) return not_run(why);
  return print(absl::StrCat(arguments.out, ": ", story.events.size(), " events of ", story.scenario,
                            " seed ", story.seed, "; ", job.format.how, "\n"),
               kExitPass);
}

int export_run(const ExportArguments& arguments) {
  sim::StoryBounds bounds;
  if (!parse(arguments.events, bounds)) return kExitUsage;
  const auto format = std::find_if(kFormats.begin(), kFormats.end(), [&](const Format& format) {
    return format.name == arguments.format;
  });
  if (format == kFormats.end())
    return usage(absl::StrCat("--as ", must_be_a_format(), ", not ", arguments.format));
  const absl::StatusOr<RecordFile> file = load_record(arguments.record);
  if (!file.ok()) return usage(std::string(file.status().message()));
  Job job{arguments, bounds, *file, *format};
  return run_apart(file->record.run.seed, run_job, &job);
}

}  // namespace

void add_export(CLI::App& app, Chosen& chosen) {
  const auto arguments = std::make_shared<ExportArguments>();
  CLI::App* command = app.add_subcommand("export", "A run from its record, for viewers");
  command->add_option("record", arguments->record, "What `run --record` wrote")->required();
  command->add_option("--as", arguments->format, must_be_a_format())->required();
  command->add_option("-o,--out", arguments->out, "The file that is written")->required();
  command->add_option("--from-event", arguments->events.from_event,
                      "The first event that is in it");
  command->add_option("--until", arguments->events.until, "The last event that is in it");
  command->callback(
      [arguments, &chosen] { chosen = [arguments] { return export_run(*arguments); }; });
}

}  // namespace vordb::server
