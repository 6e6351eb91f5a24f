#include "server/sim_report_page.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/sim_output.h"
#include "server/sim_process.h"
#include "server/sim_record_file.h"
#include "server/sim_write_file.h"
#include "sim/report/page.h"
#include "sim/report/page_data.h"
#include "sim/report/text_grid.h"

namespace vordb::server {

namespace {

struct Job {
  const ReportOptions& options;
  std::vector<RecordFile> files;  // one, or two to be compared
};

sim::Story told(const std::string& name, const RecordFile& file, const sim::StoryBounds& bounds) {
  sim::Story story = tell_story(file.record, file.scenario, bounds);
  if (!story.parting.empty()) std::cerr << "vordb-sim: " << name << ": " << story.parting << "\n";
  return story;
}

std::string json_of(const ReportOptions& options, const std::vector<sim::PageRun>& runs,
                    uint64_t differs) {
  nlohmann::json json = {{"page", options.out}, {"runs", nlohmann::json::array()}};
  for (const sim::PageRun& run : runs)
    json["runs"].push_back({{"record", run.record},
                            {"scenario", run.story.scenario},
                            {"seed", run.story.seed},
                            {"first", run.story.events.front().number},
                            {"last", run.story.events.back().number},
                            {"whole", run.story.over},
                            {"replay_is_same", run.story.parting.empty()}});
  if (runs.size() == 2) json["differs"] = differs;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

int write_page(const ReportOptions& options, const std::vector<sim::PageRun>& runs) {
  const absl::StatusOr<std::string> data = page_data(runs);
  if (!data.ok()) return usage(std::string(data.status().message()));
  if (const std::string why = write_whole(options.out, sim::page_of(*data)); !why.empty())
    return not_run(why);
  const uint64_t differs = runs.size() == 2 ? first_difference(runs[0].story, runs[1].story) : 0;
  if (options.json) return print(json_of(options, runs, differs), kExitPass);
  std::string text = absl::StrCat(options.out, ": ", runs[0].story.events.size(), " events");
  if (runs.size() == 2) {
    absl::StrAppend(&text, " beside ", runs[1].story.events.size(),
                    differs == 0 ? ": no event differs"
                                 : absl::StrCat(": event ", differs, " is the first that differs"));
  }
  return print(text + "\n", kExitPass);
}

int run_job(void* argument) {
  const Job& job = *static_cast<const Job*>(argument);
  const ReportOptions& options = job.options;
  if (options.out.empty())
    return print(text_grid(told(options.record, job.files[0], options.bounds)), kExitPass);
  const sim::StoryBounds bounds = sim::page_bounds(options.bounds);
  const sim::Story story = told(options.record, job.files[0], bounds);
  if (options.with.empty()) return write_page(options, {{story, options.record}});
  const sim::Story other = told(options.with, job.files[1], bounds);
  return write_page(options, {{story, options.record}, {other, options.with}});
}

}  // namespace

int report(const ReportOptions& options) {
  Job job{options, {}};
  for (const std::string& name : {options.record, options.with}) {
    if (name.empty()) continue;
    absl::StatusOr<RecordFile> file = load_record(name);
    if (!file.ok()) return usage(std::string(file.status().message()));
    job.files.push_back(*std::move(file));
  }
  return run_apart(job.files[0].record.run.seed, run_job, &job);
}

}  // namespace vordb::server
