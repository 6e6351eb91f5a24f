#include "server/sim/swarm_report.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/sim/exit_code.h"
#include "server/sim/figures_json.h"
#include "server/sim/messages.h"
#include "server/sim/report_tables.h"
#include "sim/report/printable.h"
#include "sim/site_faults.h"

namespace vordb::server {

namespace {

using Json = nlohmann::json;

constexpr uint64_t kSeedsNamed = 10;
constexpr size_t kWhyMax = 300;

// The first seeds that ended so, a line each.
void name_seeds(std::string& out, const SwarmResult& swarm, sim::RunOutcome outcome) {
  uint64_t found = 0;
  for (const SwarmResult::Seed& seed : swarm.seeds) {
    if (seed.outcome != outcome || ++found > kSeedsNamed) continue;
    absl::StrAppend(&out, "seed ", seed.seed, ": ", to_string(outcome), ": ",
                    sim::printable(seed.why, kWhyMax), "\n");
  }
  if (found > kSeedsNamed)
    absl::StrAppend(&out, "and ", found - kSeedsNamed, " more seeds: ", to_string(outcome), "\n");
}

}  // namespace

const char* verdict(const SwarmResult& swarm) {
  const sim::RunOutcome outcome = swarm.outcome();
  return outcome != sim::RunOutcome::kViolation && !swarm.complete() ? "NOT RUN"
                                                                     : to_string(outcome);
}

std::string text_of(const sim::Scenario& scenario, const SwarmResult& swarm) {
  std::string out;
  name_seeds(out, swarm, sim::RunOutcome::kViolation);
  name_seeds(out, swarm, sim::RunOutcome::kUnderTested);
  for (const std::string& why : swarm.untested) absl::StrAppend(&out, "under-tested: ", why, "\n");
  absl::StrAppendFormat(&out, "%s: %s, %u runs, %u events (%s/s), %u s simulated in %u ms\n",
                        scenario.name, verdict(swarm), swarm.runs, swarm.events,
                        rate(swarm.events, swarm.real_ms), swarm.simulated_us / 1'000'000,
                        swarm.real_ms);
  absl::StrAppendFormat(&out, "%u mutations acknowledged, %u of unknown outcome, %u disks lost\n",
                        swarm.acknowledged, swarm.unknown, swarm.nodes_lost);
  property_table(out, swarm.properties);
  fault_table_head(out);
  for (int kind = 0; kind < sim::kFaultKinds; ++kind) {
    if (swarm.faults[size_t(kind)].runs > 0)
      fault_row(out, scenario.faults, sim::FaultKind(kind), swarm.faults[size_t(kind)]);
  }
  absl::StrAppendFormat(&out, "\n%-28s %12s %12s\n", "moment", "seen", "aimed at");
  for (int moment = 0; moment < sim::kMoments; ++moment)
    absl::StrAppendFormat(&out, "%-28s %12u %12u\n", to_string(sim::Moment(moment)),
                          swarm.moments[size_t(moment)], swarm.moment_hits[size_t(moment)]);
  absl::StrAppendFormat(&out, "\n%-28s %12s %12s\n", "disk fault", "injected", "seen");
  for (int fault = 0; fault < sim::kDiskFaults; ++fault) {
    if (swarm.disk_injected[size_t(fault)] > 0)
      absl::StrAppendFormat(&out, "%-28s %12u %12u\n", to_string(sim::DiskFault(fault)),
                            swarm.disk_injected[size_t(fault)], swarm.disk_seen[size_t(fault)]);
  }
  site_table(out, swarm.sites);
  if (const std::vector<std::string> silent = silent_sites(swarm.sites); !silent.empty())
    absl::StrAppend(&out, "silent: ", absl::StrJoin(silent, ", "), "\n");
  if (swarm.network.sent > 0) {
    cluster_table(out, swarm.network, swarm.operators);
    message_table(out, swarm.messages);
  }
  return out;
}

Json json_of(const SwarmReport& report) {
  const SwarmResult& swarm = report.swarm;
  const sim::Scenario& scenario = report.scenario;
  Json json = {{"scenario", scenario.name},
               {"outcome", verdict(swarm)},
               {"asked", swarm.asked},
               {"runs", swarm.runs},
               {"not_run", swarm.not_run},
               {"events", swarm.events},
               {"simulated_us", swarm.simulated_us},
               {"real_ms", swarm.real_ms},
               {"acknowledged", swarm.acknowledged},
               {"network", json_of(swarm.network)},
               {"operators", json_of(swarm.operators)},
               {"messages", json_of(swarm.messages)},
               {"untested", swarm.untested}};
  for (int property = 0; property < sim::kProperties; ++property) {
    const sim::PropertyCount& count = swarm.properties[size_t(property)];
    json["properties"][to_string(sim::Property(property))] = {
        {"evaluated", count.evaluated}, {"relevant", count.relevant}, {"violated", count.violated}};
  }
  for (int kind = 0; kind < sim::kFaultKinds; ++kind) {
    const FaultSum& sum = swarm.faults[size_t(kind)];
    Json& one = json["faults"][to_string(sim::FaultKind(kind))];
    one = json_of(sum.pace);
    one["configured"] = configured_rate(scenario.faults, sim::FaultKind(kind));
    one["runs"] = sum.runs;
    one["hits"] = sum.hits;
  }
  json["sites"] = Json::object();
  for (size_t site = 0; site < kSites; ++site) {
    const SiteSum& sum = swarm.sites[site];
    json["sites"][sim::to_string(Site(site))] = {
        {"runs", sum.runs}, {"passed", sum.passed}, {"struck", sum.struck}};
  }
  json["silent_sites"] = silent_sites(swarm.sites);
  json["seeds"] = Json::array();
  for (const SwarmResult::Seed& seed : swarm.seeds)
    json["seeds"].push_back({{"seed", seed.seed},
                             {"outcome", to_string(seed.outcome)},
                             {"hash", seed.hash},
                             {"why", seed.why},
                             {"signature", seed.signature}});
  json["failures"] = Json::array();
  for (const Failure& failure : report.failures)
    json["failures"].push_back({{"signature", failure.signature},
                                {"property", failure.property},
                                {"promised", failure.promised},
                                {"seen", failure.seen},
                                {"count", failure.count},
                                {"seed", failure.seed},
                                {"events", failure.events},
                                {"story", failure.story},
                                {"record", failure.record},
                                {"small", failure.small},
                                {"replay", report.replay(failure)}});
  return json;
}

std::string sum_of(const std::vector<SwarmReport>& reports) {
  uint64_t runs = 0, asked = 0, events = 0, real_ms = 0;
  size_t failures = 0;
  for (const SwarmReport& report : reports) {
    runs += report.swarm.runs;
    asked += report.swarm.asked;
    events += report.swarm.events;
    real_ms += report.swarm.real_ms;
    failures += report.failures.size();
  }
  std::string out;
  absl::StrAppendFormat(&out, "\n%-24s %-12s %9s %9s %12s\n", "scenario", "outcome", "runs",
                        "failures", "events/s");
  for (const SwarmReport& report : reports)
    absl::StrAppendFormat(&out, "%-24s %-12s %9u %9u %12s\n", report.scenario.name,
                          verdict(report.swarm), report.swarm.runs, report.failures.size(),
                          rate(report.swarm.events, report.swarm.real_ms));
  absl::StrAppendFormat(&out, "%u of %u runs, %u kinds of failure, %u events (%s/s)\n", runs, asked,
                        failures, events, rate(events, real_ms));
  return out;
}

int exit_code(const std::vector<SwarmReport>& reports) {
  int worst = kExitPass;
  for (const SwarmReport& report : reports) {
    const int code = exit_code(report.swarm);
    for (const int worse : {kExitViolation, kExitNotRun, kExitUnderTested}) {
      if (code != worse && worst != worse) continue;
      worst = worse;
      break;
    }
  }
  return worst;
}

}  // namespace vordb::server
