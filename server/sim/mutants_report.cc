#include "server/sim/mutants_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "sim/findings.h"

namespace vordb::server {

namespace {

constexpr size_t kRuleWidth = 40;

using Json = nlohmann::json;
using Outcome = Found::Outcome;

bool has_story(const Found& found) {
  return !found.property.empty() && found.no_story.empty() && found.events > 0;
}

std::vector<std::string> unproven(const MutantsReport& report) {
  std::vector<std::string> names;
  for (const auto& [property, bugs] : report.matrix()) {
    if (bugs.empty()) names.push_back(property);
  }
  return names;
}

Json json_of(const MutantsReport::Row& row) {
  const Found& found = row.found;
  Json json = {{"bug", row.bug.name},
               {"rule", row.bug.rule},
               {"scenario", row.bug.scenario},
               {"settings", row.bug.sets},
               {"expected", row.bug.properties},
               {"outcome", to_string(found.outcome)},
               {"why", found.why},
               {"found_by", found.property},
               {"violation", found.violation},
               {"failed_seeds", found.failed},
               {"seed", found.seed},
               {"seeds", found.seeds},
               {"seconds", found.seconds},
               {"no_story", found.no_story}};
  if (has_story(found))
    json["story"] = {{"events_before", found.events_before},
                     {"events", found.events},
                     {"faults", found.faults},
                     {"calls", found.calls},
                     {"minimal", found.minimal}};
  return json;
}

}  // namespace

double MutantsReport::median_seeds() const {
  std::vector<uint64_t> seeds;
  for (const Row& row : rows) {
    if (row.found.outcome == Outcome::kFound) seeds.push_back(row.found.seeds);
  }
  if (seeds.empty()) return 0;
  std::sort(seeds.begin(), seeds.end());
  return double(seeds[(seeds.size() - 1) / 2] + seeds[seeds.size() / 2]) / 2;
}

double MutantsReport::worst_seconds() const {
  double worst = 0;
  for (const Row& row : rows) worst = std::max(worst, row.found.seconds);
  return worst;
}

std::vector<std::pair<std::string, std::vector<std::string>>> MutantsReport::matrix() const {
  std::vector<std::pair<std::string, std::vector<std::string>>> matrix;
  for (int i = 0; i < sim::kProperties; ++i) {
    if (sim::Property(i) != sim::Property::kCanary)
      matrix.emplace_back(to_string(sim::Property(i)), std::vector<std::string>{});
  }
  matrix.emplace_back(kAssertion, std::vector<std::string>{});
  for (auto& [property, bugs] : matrix) {
    for (const Row& row : rows) {
      const bool seen =
          row.found.outcome == Outcome::kFound || row.found.outcome == Outcome::kOtherwise;
      if (seen && row.found.property == property) bugs.push_back(row.bug.name);
    }
  }
  return matrix;
}

std::vector<std::string> MutantsReport::complaints() const {
  std::vector<std::string> found;
  for (const Row& row : rows) {
    if (row.found.outcome != Outcome::kFound)
      found.push_back(
          absl::StrCat(row.bug.name, ": ", to_string(row.found.outcome), ": ", row.found.why));
  }
  if (all && median_seeds() > kMedianSeedsMax)
    found.push_back(absl::StrFormat("the median is %.1f seeds, more than %.0f", median_seeds(),
                                    kMedianSeedsMax));
  return found;
}

std::string text_of(const MutantsReport& report) {
  std::string out;
  size_t bug = 3, scenario = 8;
  for (const MutantsReport::Row& row : report.rows) {
    bug = std::max(bug, row.bug.name.size());
    scenario = std::max(scenario, scenario_of(row.bug).size());
  }
  const auto line = [&](const std::string& name, const std::string& rule, const std::string& by,
                        const std::string& where, const std::string& seeds,
                        const std::string& seconds, const std::string& story) {
    absl::StrAppendFormat(&out, "%-*s  %-*s  %-23s  %-*s  %5s  %7s  %6s\n", int(bug), name,
                          int(kRuleWidth), rule, by, int(scenario), where, seeds, seconds, story);
  };
  line("bug", "rule", "found by", "scenario", "seeds", "seconds", "events");
  for (const MutantsReport::Row& row : report.rows) {
    const bool found = row.found.outcome == Outcome::kFound;
    line(row.bug.name, short_rule(row.bug, kRuleWidth),
         found ? row.found.property : to_string(row.found.outcome), scenario_of(row.bug),
         absl::StrCat(row.found.seeds), absl::StrFormat("%.1f", row.found.seconds),
         has_story(row.found) ? absl::StrCat(row.found.events, row.found.minimal ? "" : "+") : "-");
  }
  absl::StrAppendFormat(&out,
                        "%u bugs, %u for unit tests only; seeds from %u on; median %.1f seeds, "
                        "worst %.1f s\n\nproperty                 killed by\n",
                        report.rows.size(), report.unit_test_only, report.first_seed,
                        report.median_seeds(), report.worst_seconds());
  for (const auto& [property, bugs] : report.matrix()) {
    if (!bugs.empty())
      absl::StrAppendFormat(&out, "%-23s  %s\n", property, absl::StrJoin(bugs, ", "));
  }
  absl::StrAppend(&out, "killed by none: ", absl::StrJoin(unproven(report), ", "), "\n");
  for (const std::string& what : report.complaints()) absl::StrAppend(&out, "FAILED: ", what, "\n");
  return out;
}

std::string json_of(const MutantsReport& report) {
  Json json = {{"first_seed", report.first_seed},
               {"seconds_max", report.seconds_max},
               {"all", report.all},
               {"unit_test_only", report.unit_test_only},
               {"median_seeds", report.median_seeds()},
               {"worst_seconds", report.worst_seconds()},
               {"unproven", unproven(report)},
               {"failed", report.complaints()},
               {"bugs", Json::array()},
               {"matrix", Json::object()}};
  for (const MutantsReport::Row& row : report.rows) json["bugs"].push_back(json_of(row));
  for (const auto& [property, bugs] : report.matrix()) json["matrix"][property] = bugs;
  return json.dump(1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace vordb::server
