#include "server/sim/evidence.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/sim/messages.h"
#include "server/sim/report_tables.h"
#include "sim/promise_text.h"

namespace vordb::server {

namespace {

using Json = nlohmann::json;

// Of all scenarios.
struct Sums {
  explicit Sums(const std::vector<SwarmReport>& reports) {
    for (const SwarmReport& report : reports) {
      const SwarmResult& swarm = report.swarm;
      for (size_t i = 0; i < properties.size(); ++i) {
        properties[i].evaluated += swarm.properties[i].evaluated;
        properties[i].relevant += swarm.properties[i].relevant;
        properties[i].violated += swarm.properties[i].violated;
      }
      for (size_t i = 0; i < hits.size(); ++i) hits[i] += swarm.faults[i].hits;
      add(moments, swarm.moments);
      add(aimed, swarm.moment_hits);
      add(injected, swarm.disk_injected);
      add(seen, swarm.disk_seen);
      messages.add(swarm.messages);
    }
  }

  std::vector<sim::PropertyCount> properties = std::vector<sim::PropertyCount>(sim::kProperties);
  std::vector<uint64_t> hits = std::vector<uint64_t>(sim::kFaultKinds);
  std::vector<uint64_t> moments = std::vector<uint64_t>(sim::kMoments);
  std::vector<uint64_t> aimed = std::vector<uint64_t>(sim::kMoments);
  std::vector<uint64_t> injected = std::vector<uint64_t>(sim::kDiskFaults);
  std::vector<uint64_t> seen = std::vector<uint64_t>(sim::kDiskFaults);
  sim::MessageCoverage messages;

 private:
  static void add(std::vector<uint64_t>& sums, const std::vector<uint64_t>& more) {
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += more[i];
  }
};

// The scenarios for which it holds; where those are most, the others.
std::string names_of(const std::vector<SwarmReport>& reports,
                     const std::function<bool(const SwarmResult&)>& holds) {
  std::vector<std::string> names, others;
  for (const SwarmReport& report : reports)
    (holds(report.swarm) ? names : others).push_back(report.scenario.name);
  if (names.empty()) return "none";
  if (others.empty()) return "all";
  if (names.size() > 2 * others.size()) return "all but " + absl::StrJoin(others, ", ");
  return absl::StrJoin(names, ", ");
}

// The known bugs that it has found.
std::vector<std::string> killers_of(const Json& mutants, const std::string& property) {
  if (!mutants.is_object() || !mutants.contains("matrix")) return {};
  return mutants["matrix"].value(property, std::vector<std::string>{});
}

// It fails on purpose, where a scenario asks for it.
bool is_of_canary(sim::Property property) { return property == sim::Property::kCanary; }

void add_runs(std::string& out, const Evidence& evidence) {
  out +=
      "## Runs\n\n| scenario | verdict | runs | acknowledged | crashes | simulated s | events | "
      "events/s | x real time |\n|---|---|---:|---:|---:|---:|---:|---:|---:|\n";
  for (const SwarmReport& report : evidence.reports) {
    const SwarmResult& swarm = report.swarm;
    absl::StrAppend(&out, "| ", report.scenario.name, " | ", verdict(swarm), " | ", swarm.runs,
                    " | ", swarm.acknowledged, " | ", swarm.crashes, " | ",
                    swarm.simulated_us / 1'000'000, " | ", swarm.events, " | ",
                    rate(swarm.events, swarm.real_ms), " | ",
                    rate(swarm.simulated_us / 1'000'000, swarm.real_ms), " |\n");
  }
}

void add_properties(std::string& out, const Evidence& evidence, const Sums& sums) {
  out +=
      "\n## Properties\n\nEach is checked whenever its subject may have changed; *relevant* are "
      "the checks in which it was really there, so that a wrong would have shown.\n\n"
      "| property | promises | evaluated | relevant | where relevant | known bugs it found |\n"
      "|---|---|---:|---:|---|---|\n";
  for (int i = 0; i < sim::kProperties; ++i) {
    const auto property = sim::Property(i);
    if (is_of_canary(property)) continue;
    const sim::PropertyCount& count = sums.properties[size_t(i)];
    absl::StrAppend(
        &out, "| `", to_string(property), "` | ", sim::promise_of(property), " | ", count.evaluated,
        " | ", count.relevant, " | ",
        names_of(
            evidence.reports,
            [i](const SwarmResult& swarm) { return swarm.properties[size_t(i)].relevant > 0; }),
        " | ", absl::StrJoin(killers_of(evidence.mutants, to_string(property)), ", "), " |\n");
  }
}

void add_faults(std::string& out, const Evidence& evidence, const Sums& sums) {
  out +=
      "\n## Faults\n\nWhat each stands for: [fault_model.md](fault_model.md).\n\n"
      "| fault | struck | where |\n|---|---:|---|\n";
  for (size_t i = 0; i < sums.hits.size(); ++i)
    absl::StrAppend(&out, "| ", to_string(sim::FaultKind(i)), " | ", sums.hits[i], " | ",
                    names_of(evidence.reports,
                             [i](const SwarmResult& swarm) { return swarm.faults[i].hits > 0; }),
                    " |\n");
  out += "\n| moment at which a crash hurts | came | crashes aimed at it |\n|---|---:|---:|\n";
  for (size_t i = 0; i < sums.moments.size(); ++i)
    absl::StrAppend(&out, "| ", to_string(sim::Moment(i)), " | ", sums.moments[i], " | ",
                    sums.aimed[i], " |\n");
  out += "\n| fault of a disk | injected | changed what a node read |\n|---|---:|---:|\n";
  for (size_t i = 0; i < sums.injected.size(); ++i)
    absl::StrAppend(&out, "| ", to_string(sim::DiskFault(i)), " | ", sums.injected[i], " | ",
                    sums.seen[i], " |\n");
}

void add_bugs(std::string& out, const Json& mutants) {
  out += "\n## Known bugs\n\n";
  if (!mutants.is_object()) {
    out +=
        "Nobody looked: `vordb-sim mutants -o FILE` does, and `posture --mutants FILE` tells of "
        "it.\n";
    return;
  }
  absl::StrAppend(&out, "Each is put into a copy of the source, which must then be found out: ",
                  mutants["bugs"].size(), " bugs, the median after ",
                  absl::StrFormat("%.1f", mutants["median_seeds"].get<double>()),
                  " seeds, the slowest after ",
                  absl::StrFormat("%.1f", mutants["worst_seconds"].get<double>()), " s; ",
                  mutants["unit_test_only"].get<uint64_t>(),
                  " others are held by unit tests.\n\n"
                  "| bug | found by | scenario | seeds | seconds | events of its story |\n"
                  "|---|---|---|---:|---:|---:|\n");
  for (const Json& bug : mutants["bugs"]) {
    const bool told = bug.contains("story");
    const bool minimal = told && bug["story"]["minimal"].get<bool>();
    const std::string finder = bug["found_by"].get<std::string>();
    absl::StrAppend(
        &out, "| ", bug["bug"].get<std::string>(), " | ", finder.empty() ? "**nobody**" : finder,
        " | ", bug["scenario"].get<std::string>(), " | ", bug["seeds"].get<uint64_t>(), " | ",
        absl::StrFormat("%.1f", bug["seconds"].get<double>()), " | ",
        told ? absl::StrCat(bug["story"]["events"].get<uint64_t>(), minimal ? "" : "+") : "-",
        " |\n");
  }
}

}  // namespace

std::vector<std::string> gaps_of(const Evidence& evidence) {
  const Sums sums(evidence.reports);
  std::vector<std::string> gaps;
  for (int i = 0; i < sim::kProperties; ++i) {
    const std::string name = to_string(sim::Property(i));
    if (is_of_canary(sim::Property(i))) continue;
    if (sums.properties[size_t(i)].relevant == 0)
      gaps.push_back("property " + name + ": its subject never came up");
    if (evidence.mutants.is_object() && killers_of(evidence.mutants, name).empty())
      gaps.push_back("property " + name + ": no known bug has violated it");
  }
  for (size_t i = 0; i < sums.hits.size(); ++i) {
    if (sums.hits[i] == 0)
      gaps.push_back(absl::StrCat("fault ", to_string(sim::FaultKind(i)), " never struck"));
  }
  for (size_t i = 0; i < sums.moments.size(); ++i) {
    if (sums.aimed[i] == 0)
      gaps.push_back(
          absl::StrCat("moment ", to_string(sim::Moment(i)), ": no crash was aimed at it"));
  }
  for (size_t i = 0; i < sums.injected.size(); ++i) {
    if (sums.seen[i] == 0)
      gaps.push_back(absl::StrCat("fault of a disk ", to_string(sim::DiskFault(i)),
                                  " never changed what a node read"));
  }
  for (const std::string& unmet : unmet_messages(sums.messages)) gaps.push_back(unmet);
  if (!evidence.mutants.is_object()) gaps.push_back("nobody looked for the known bugs");
  return gaps;
}

std::string markdown_of(const Evidence& evidence) {
  const Sums sums(evidence.reports);
  std::string out = "# Evidence\n\nWritten by `" + evidence.command + "`";
  if (!evidence.commit.empty()) absl::StrAppend(&out, " at commit `", evidence.commit, "`");
  absl::StrAppend(&out, "; the same as JSON: [evidence.json](evidence.json). Seeds ",
                  evidence.reports.empty() ? 0 : evidence.reports[0].swarm.seeds.front().seed,
                  " and on: nobody had tried them.\n\n");
  add_runs(out, evidence);
  add_properties(out, evidence, sums);
  add_faults(out, evidence, sums);
  add_bugs(out, evidence.mutants);
  out +=
      "\n## Not reached\n\nWhat the simulator does not model stands in "
      "[fault_model.md](fault_model.md). Of what it does, these runs have not reached:\n\n";
  const std::vector<std::string> gaps = gaps_of(evidence);
  for (const std::string& gap : gaps) absl::StrAppend(&out, "- ", gap, "\n");
  if (gaps.empty()) out += "Nothing.\n";
  return out;
}

std::string json_of(const Evidence& evidence) {
  Json out = {{"commit", evidence.commit},
              {"command", evidence.command},
              {"swarms", Json::array()},
              {"gaps", gaps_of(evidence)},
              {"mutants", evidence.mutants}};
  for (const SwarmReport& report : evidence.reports) {
    Json swarm = json_of(report);
    swarm.erase("seeds");
    out["swarms"].push_back(std::move(swarm));
  }
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vordb::server
