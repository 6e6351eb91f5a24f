// `vordb-sim report`: a recorded run as a page with its space-time diagram, or as a grid of text. A
// run that parts from its record is reported as it is now; standard error and the page say so.

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/sim/arguments.h"
#include "server/sim/commands.h"
#include "server/sim/output.h"
#include "server/sim/process.h"
#include "server/sim/record_file.h"
#include "server/sim/write_file.h"
#include "sim/report/page.h"
#include "sim/report/page_data.h"
#include "sim/report/text_grid.h"

namespace vordb::server {

namespace {

struct ReportArguments {
  std::string record;  // a file
  std::string with;    // another one, to be compared; empty: none
  std::string out;     // the file of the page
  EventArguments events;
  bool text = false;  // to standard output, and no page
  bool json = false;  // what was written, as one document
};

struct Job {
  const ReportArguments& arguments;
  sim::StoryBounds bounds;
  std::vector<RecordFile> files;  // one, or two to be compared
};

sim::Story told(const std::string& name, const RecordFile& file, const sim::StoryBounds& bounds) {
  sim::Story story = tell_story(file.record, file.scenario, bounds);
  if (!story.parting.empty()) std::cerr << "vordb-sim: " << name << ": " << story.parting << "\n";
  return story;
}

std::string json_of(const ReportArguments& arguments, const std::vector<sim::PageRun>& runs,
                    uint64_t differs) {
  nlohmann::json json = {{"page", arguments.out}, {"runs", nlohmann::json::array()}};
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

int write_page(const ReportArguments& arguments, const std::vector<sim::PageRun>& runs) {
  const absl::StatusOr<std::string> data = page_data(runs);
  if (!data.ok()) return usage(std::string(data.status().message()));
  if (const std::string why = write_whole(arguments.out, sim::page_of(*data)); !why.empty())
    return not_run(why);
  const uint64_t differs = runs.size() == 2 ? first_difference(runs[0].story, runs[1].story) : 0;
  if (arguments.json) return print(json_of(arguments, runs, differs), kExitPass);
  std::string text = absl::StrCat(arguments.out, ": ", runs[0].story.events.size(), " events");
  if (runs.size() == 2) {
    absl::StrAppend(&text, " beside ", runs[1].story.events.size(),
                    differs == 0 ? ": no event differs"
                                 : absl::StrCat(": event ", differs, " is the first that differs"));
  }
  return print(text + "\n", kExitPass);
}

int run_job(void* argument) {
  const Job& job = *static_cast<const Job*>(argument);
  const ReportArguments& arguments = job.arguments;
  if (arguments.text)
    return print(text_grid(told(arguments.record, job.files[0], job.bounds)), kExitPass);
  const sim::StoryBounds bounds = sim::page_bounds(job.bounds);
  const sim::Story story = told(arguments.record, job.files[0], bounds);
  if (arguments.with.empty()) return write_page(arguments, {{story, arguments.record}});
  const sim::Story other = told(arguments.with, job.files[1], bounds);
  return write_page(arguments, {{story, arguments.record}, {other, arguments.with}});
}

int report(const ReportArguments& arguments) {
  sim::StoryBounds bounds;
  if (!parse(arguments.events, bounds)) return kExitUsage;
  if (arguments.text == !arguments.out.empty())
    return usage("report writes a page (-o FILE.html) or prints text (--text): give one of them");
  if (arguments.text && arguments.json)
    return usage("--text prints lines and --json one document: give one of them");
  if (arguments.text && !arguments.with.empty())
    return usage("--with puts two runs on a page: it goes with -o FILE.html, not with --text");
  Job job{arguments, bounds, {}};
  for (const std::string& name : {arguments.record, arguments.with}) {
    if (name.empty()) continue;
    absl::StatusOr<RecordFile> file = load_record(name);
    if (!file.ok()) return usage(std::string(file.status().message()));
    job.files.push_back(*std::move(file));
  }
  return run_apart(job.files[0].record.run.seed, run_job, &job);
}

}  // namespace

void add_report(CLI::App& app, Chosen& chosen) {
  const auto arguments = std::make_shared<ReportArguments>();
  CLI::App* command =
      app.add_subcommand("report", "A recorded run as a page with its space-time diagram");
  command->add_option("record", arguments->record, "What `run` or `shrink` wrote")->required();
  command->add_option("-o,--out", arguments->out, "The file for the page");
  command->add_flag("--text", arguments->text, "Prints a line an event instead");
  command->add_option("--from-event", arguments->events.from_event,
                      "The first event that is shown");
  command->add_option("--until", arguments->events.until, "The last one");
  command->add_option("--with", arguments->with,
                      "Another record: both runs on the page, and where they part");
  command->add_flag("--json", arguments->json, "Prints one JSON document");
  command->callback([arguments, &chosen] { chosen = [arguments] { return report(*arguments); }; });
}

}  // namespace vordb::server
