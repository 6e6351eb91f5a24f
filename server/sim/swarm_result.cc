#include "server/sim/swarm_result.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/sim/exit_code.h"
#include "server/sim/messages.h"
#include "server/sim/report_tables.h"
#include "sim/site_faults.h"

namespace vordb::server {

namespace {

using Json = nlohmann::json;

// From so many on, none at all is five standard deviations away: below, chance may explain it.
constexpr double kExpectedToJudge = 25;
constexpr double kSigmas = 5;

double expected(const sim::FaultPace& pace) { return double(pace.expected_millionths) / 1e6; }

}  // namespace

sim::RunOutcome SwarmResult::outcome() const {
  bool under_tested = !untested.empty();
  for (const Seed& seed : seeds) {
    if (seed.outcome == sim::RunOutcome::kViolation) return sim::RunOutcome::kViolation;
    under_tested |= seed.outcome == sim::RunOutcome::kUnderTested;
  }
  return under_tested ? sim::RunOutcome::kUnderTested : sim::RunOutcome::kPass;
}

absl::Status add_run(std::string_view json_line, SwarmResult& swarm) {
  const Json json = Json::parse(json_line, nullptr, false);
  if (json.is_discarded() || !json.is_object() || !json.contains("seed"))
    return absl::InvalidArgumentError("no result of a run");
  SwarmResult::Seed seed;
  seed.seed = json["seed"];
  const std::string outcome = json["outcome"];
  if (outcome == to_string(sim::RunOutcome::kViolation)) {
    seed.outcome = sim::RunOutcome::kViolation;
    const Json& first = json["violations"][0];
    seed.property = first["property"];
    seed.seen = first["text"];
    seed.signature = first["signature"];
  }
  if (json.contains("aborted")) {
    seed.why = seed.seen;
    swarm.seeds.push_back(std::move(seed));
    ++swarm.runs;
    return absl::OkStatus();
  }
  seed.hash = json["hash"];
  seed.events = json["events"];
  if (seed.outcome == sim::RunOutcome::kViolation) {
    seed.why = absl::StrCat(seed.property, ": ", seed.seen);
  } else if (outcome == to_string(sim::RunOutcome::kUnderTested)) {
    seed.outcome = sim::RunOutcome::kUnderTested;
    seed.why = json["untested"][0];
  }
  swarm.seeds.push_back(std::move(seed));
  ++swarm.runs;
  swarm.events += json["events"].get<uint64_t>();
  swarm.simulated_us += json["simulated_us"].get<uint64_t>();
  swarm.acknowledged += json["clients"]["acknowledged"].get<uint64_t>();
  swarm.unknown += json["clients"]["unknown"].get<uint64_t>();
  swarm.nodes_lost += json["node_lost"].get<bool>();
  for (int property = 0; property < sim::kProperties; ++property) {
    const Json& count = json["properties"][to_string(sim::Property(property))];
    swarm.properties[size_t(property)].evaluated += count["evaluated"].get<uint64_t>();
    swarm.properties[size_t(property)].relevant += count["relevant"].get<uint64_t>();
    swarm.properties[size_t(property)].violated += count["violated"].get<uint64_t>();
  }
  for (const sim::NetworkField& field : sim::kNetworkFields)
    swarm.network.*field.field += json["network"][field.name].get<uint64_t>();
  swarm.operators.asked += json["operators"]["asked"].get<uint64_t>();
  swarm.operators.done += json["operators"]["done"].get<uint64_t>();
  swarm.operators.refused += json["operators"]["refused"].get<uint64_t>();
  swarm.operators.unknown += json["operators"]["unknown"].get<uint64_t>();
  add_json(json["messages"], swarm.messages);
  const Json& faults = json["faults"];
  for (int kind = 0; kind < sim::kFaultKinds; ++kind) {
    const Json& one = faults["kinds"][to_string(sim::FaultKind(kind))];
    FaultSum& sum = swarm.faults[size_t(kind)];
    sum.runs += one["on"].get<bool>();
    sum.hits += one["hits"].get<uint64_t>();
    for (const sim::PaceField& field : sim::kPaceFields)
      sum.pace.*field.field += one["pace"][field.name].get<uint64_t>();
  }
  for (const auto& [name, count] : json["sites"].items()) {
    SiteSum& sum = swarm.sites[size_t(*sim::site_named(name))];
    ++sum.runs;
    sum.passed += count["passed"].get<uint64_t>();
    sum.struck += count["struck"].get<uint64_t>();
  }
  if (faults["crashes_on"].get<bool>()) {
    ++swarm.crash_runs;
    swarm.crashes += faults["crashes"].get<uint64_t>();
  }
  for (int moment = 0; moment < sim::kMoments; ++moment) {
    const Json& one = faults["moments"][to_string(sim::Moment(moment))];
    swarm.moments[size_t(moment)] += one["seen"].get<uint64_t>();
    swarm.moment_hits[size_t(moment)] += one["hits"].get<uint64_t>();
  }
  for (int fault = 0; fault < sim::kDiskFaults; ++fault) {
    const Json& one = faults["disk"][to_string(sim::DiskFault(fault))];
    swarm.disk_injected[size_t(fault)] += one["injected"].get<uint64_t>();
    swarm.disk_seen[size_t(fault)] += one["seen"].get<uint64_t>();
  }
  return absl::OkStatus();
}

std::string why_not_complete(const SwarmResult& swarm) {
  constexpr size_t kReasonsMax = 5;
  std::string text = absl::StrCat(swarm.runs, " of ", swarm.asked, " runs were made");
  for (size_t i = 0; i < std::min(swarm.not_run.size(), kReasonsMax); ++i)
    absl::StrAppend(&text, "\n  ", swarm.not_run[i]);
  if (swarm.not_run.size() > kReasonsMax)
    absl::StrAppend(&text, "\n  and ", swarm.not_run.size() - kReasonsMax, " more such reasons");
  return text;
}

int exit_code(const SwarmResult& swarm) {
  const sim::RunOutcome outcome = swarm.outcome();
  if (outcome != sim::RunOutcome::kViolation && !swarm.complete()) return kExitNotRun;
  return exit_code(outcome);
}

void judge(const sim::Scenario& scenario, SwarmResult& swarm) {
  std::sort(swarm.seeds.begin(), swarm.seeds.end(),
            [](const SwarmResult::Seed& a, const SwarmResult::Seed& b) { return a.seed < b.seed; });
  for (const sim::Property property : scenario.minimum.relevant) {
    if (swarm.properties[size_t(property)].relevant == 0)
      swarm.untested.push_back(
          absl::StrCat("the subject of ", to_string(property), " was never there"));
  }
  for (int kind = 0; kind < sim::kFaultKinds; ++kind) {
    const FaultSum& sum = swarm.faults[size_t(kind)];
    const double mean = expected(sum.pace);
    if (mean < kExpectedToJudge) continue;
    const std::string fault = absl::StrCat("the fault ", to_string(sim::FaultKind(kind)));
    if (std::abs(double(sum.pace.came) - mean) > kSigmas * std::sqrt(mean))
      swarm.untested.push_back(absl::StrFormat(
          "%s came %u times, and %.1f were to be expected of one in %s", fault, sum.pace.came, mean,
          configured_rate(scenario.faults, sim::FaultKind(kind))));
    if (sum.pace.came > 0 && sum.hits == 0)
      swarm.untested.push_back(
          absl::StrCat(fault, " came ", sum.pace.came, " times and could never strike"));
  }
  double crashes_expected = 0;
  for (const sim::FaultKind kind : {sim::FaultKind::kCrash, sim::FaultKind::kPowerLoss})
    crashes_expected += expected(swarm.faults[size_t(kind)].pace);
  if (crashes_expected >= kExpectedToJudge &&
      swarm.crashes < scenario.minimum.crashes * swarm.crash_runs)
    swarm.untested.push_back(absl::StrCat("only ", swarm.crashes, " crashes in the ",
                                          swarm.crash_runs, " runs that had any"));
}

}  // namespace vordb::server
