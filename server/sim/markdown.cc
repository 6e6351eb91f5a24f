// The summary of a swarm in Markdown, as a page of a pull request shows it (swarm_report.h).

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/sim/report_tables.h"
#include "server/sim/swarm_report.h"
#include "sim/report/printable.h"

namespace vordb::server {

namespace {

constexpr size_t kLineMax = 300;

// Text of a run is no mark-up.
std::string escaped(const std::string& text) {
  return absl::StrReplaceAll(sim::printable(text, kLineMax), {{"&", "&amp;"},
                                                              {"<", "&lt;"},
                                                              {">", "&gt;"},
                                                              {"|", "&#124;"},
                                                              {"`", "&#96;"},
                                                              {"*", "&#42;"},
                                                              {"_", "&#95;"}});
}

// A fence that no line of the text ends.
std::string fenced(const std::string& kind, const std::string& text) {
  std::string fence = "```";
  while (text.find(fence) != std::string::npos) fence += '`';
  return absl::StrCat(fence, kind, "\n", text, text.ends_with('\n') ? "" : "\n", fence, "\n\n");
}

void add_failure(std::string& out, const SwarmReport& report, const Failure& failure) {
  absl::StrAppend(&out, "<details>\n<summary><code>", failure.signature, "</code>: ", failure.count,
                  " of ", report.swarm.runs, " runs of ", escaped(report.scenario.name),
                  "</summary>\n\n");
  absl::StrAppend(&out, "Promised: ", escaped(failure.promised),
                  "  \nSeen: ", escaped(failure.seen), "\n\n");
  if (!failure.story.empty()) out += fenced("text", failure.story);
  absl::StrAppend(&out, fenced("sh", report.replay(failure)), "</details>\n\n");
}

}  // namespace

std::string markdown_of(const std::vector<SwarmReport>& reports) {
  std::string out =
      "## vordb-sim swarm\n\n| scenario | outcome | runs | failed | events/s |\n"
      "|---|---|---:|---:|---:|\n";
  for (const SwarmReport& report : reports) {
    uint64_t failed = 0;
    for (const Failure& failure : report.failures) failed += failure.count;
    absl::StrAppend(&out, "| ", escaped(report.scenario.name), " | ", verdict(report.swarm), " | ",
                    report.swarm.runs, " of ", report.swarm.asked, " | ", failed, " | ",
                    rate(report.swarm.events, report.swarm.real_ms), " |\n");
  }
  out += "\n";
  for (const SwarmReport& report : reports) {
    for (const std::string& why : report.swarm.untested)
      absl::StrAppend(&out, "- ", escaped(report.scenario.name), " is under-tested: ", escaped(why),
                      "\n");
    if (!report.swarm.untested.empty()) out += "\n";
    for (const Failure& failure : report.failures) add_failure(out, report, failure);
  }
  return out;
}

}  // namespace vordb::server
