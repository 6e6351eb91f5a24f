#include "server/sim_export.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "server/sim_output.h"
#include "server/sim_process.h"
#include "server/sim_record_file.h"
#include "server/sim_write_file.h"
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

struct Job {
  const ExportCommand& command;
  const RecordFile& file;
  const Format& format;
};

int run_job(void* argument) {
  const Job& job = *static_cast<const Job*>(argument);
  const ExportCommand& command = job.command;
  const sim::Story story = tell_story(job.file.record, job.file.scenario,
                                      {.from = command.from_event, .until = command.until});
  if (story.events.empty())
    return usage(absl::StrCat(command.record, ": its run ends before event ", command.from_event));
  if (!story.parting.empty())
    std::cerr << "vordb-sim: " << command.record << ": " << story.parting
              << "; exported is what happens now\n";
  const Text text = job.format.of(story);
  if (!text.ok()) return usage(absl::StrCat(command.record, ": ", text.status().message()));
  if (const std::string why = write_whole(command.out, *text); !why.empty()) return not_run(why);
  return print(absl::StrCat(command.out, ": ", story.events.size(), " events of ", story.scenario,
                            " seed ", story.seed, "; ", job.format.how, "\n"),
               kExitPass);
}

}  // namespace

int export_run(const ExportCommand& command) {
  const auto format = std::find_if(kFormats.begin(), kFormats.end(), [&](const Format& format) {
    return format.name == command.format;
  });
  if (format == kFormats.end())
    return usage("--as wants perfetto, shiviz, mermaid or sqlite, not " + command.format);
  const absl::StatusOr<RecordFile> file = load_record(command.record);
  if (!file.ok()) return usage(std::string(file.status().message()));
  Job job{command, *file, *format};
  return run_apart(file->record.run.seed, run_job, &job);
}

}  // namespace vordb::server
