#include "server/sim_export.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <string_view>

#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "server/sim_output.h"
#include "server/sim_process.h"
#include "server/sim_record_file.h"
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

// A file that is there keeps its content until the new one is whole: it may be open in a viewer.
// What is no file, such as a pipe, is written as it is. Empty: written; else why not.
std::string write_whole(const std::string& path, const std::string& bytes) {
  struct stat found;
  const bool is_file = stat(path.c_str(), &found) != 0 || S_ISREG(found.st_mode);
  const std::string target = is_file ? path + ".partial" : path;
  std::ofstream out(target, std::ios::binary);
  if (!out) return path + ": cannot be written";
  if (out << bytes && out.flush()) {
    out.close();
    if (!is_file || std::rename(target.c_str(), path.c_str()) == 0) return "";
  }
  if (is_file) std::remove(target.c_str());
  return path + ": could not be written to its end";
}

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
