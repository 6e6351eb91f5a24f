#include "server/sim/results.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/sim/messages.h"

namespace vordb::server {

namespace {

using Json = nlohmann::json;

// From so many on, none at all is five standard deviations away: below, chance may explain it.
constexpr double kExpectedToJudge = 25;
constexpr double kSigmas = 5;

double expected(const sim::FaultPace& pace) { return double(pace.expected_millionths) / 1e6; }

std::string rate(uint64_t count, uint64_t ms) {
  return ms == 0 ? "-" : absl::StrCat(count * 1000 / ms);
}

Json json_of_clients(const sim::ClientFigures& clients) {
  Json json = {{"calls", clients.calls},
               {"acknowledged", clients.acknowledged},
               {"answered", clients.answered},
               {"refused", clients.refused},
               {"unknown", clients.unknown},
               {"retries", clients.retries},
               {"abandoned", clients.abandoned},
               {"repeats", clients.repeats},
               {"pipelined", clients.pipelined},
               {"ordered", clients.ordered},
               {"contexts_given", clients.contexts_given}};
  for (int operation = 0; operation < kOperations; ++operation)
    json["by_operation"][to_string(Operation(operation))] = clients.by_operation[size_t(operation)];
  return json;
}

Json json_of_properties(const sim::Findings& findings) {
  Json json = Json::object();
  for (int property = 0; property < sim::kProperties; ++property) {
    const sim::PropertyCount& count = findings.count(sim::Property(property));
    json[to_string(sim::Property(property))] = {
        {"evaluated", count.evaluated}, {"relevant", count.relevant}, {"violated", count.violated}};
  }
  return json;
}

Json json_of_pace(const sim::FaultPace& pace) {
  Json json = Json::object();
  for (const sim::PaceField& field : sim::kPaceFields) json[field.name] = pace.*field.field;
  return json;
}

Json json_of_faults(const sim::RunResult& result) {
  const sim::FaultFigures& figures = result.faults;
  Json json = {{"crashes_on", figures.on[size_t(sim::FaultKind::kCrash)] ||
                                  figures.on[size_t(sim::FaultKind::kPowerLoss)]},
               {"crashes", figures.crashes()}};
  for (int kind = 0; kind < sim::kFaultKinds; ++kind)
    json["kinds"][to_string(sim::FaultKind(kind))] = {
        {"on", result.faults.on[size_t(kind)]},
        {"hits", result.faults.hits[size_t(kind)]},
        {"pace", json_of_pace(result.faults.paces[size_t(kind)])}};
  for (int moment = 0; moment < sim::kMoments; ++moment)
    json["moments"][to_string(sim::Moment(moment))] = {
        {"seen", result.faults.moments[size_t(moment)]},
        {"hits", result.faults.moment_hits[size_t(moment)]}};
  for (int fault = 0; fault < sim::kDiskFaults; ++fault) {
    const sim::DiskFaultCount& count = result.disk[sim::DiskFault(fault)];
    json["disk"][to_string(sim::DiskFault(fault))] = {{"injected", count.injected},
                                                      {"seen", count.seen}};
  }
  return json;
}

Json json_of_network(const sim::NetworkFigures& network) {
  Json json = Json::object();
  for (const sim::NetworkField& field : sim::kNetworkFields)
    json[field.name] = network.*field.field;
  return json;
}

Json json_of_operators(const sim::OperatorFigures& operators) {
  return {{"asked", operators.asked},
          {"done", operators.done},
          {"refused", operators.refused},
          {"unknown", operators.unknown}};
}

void cluster_table(std::string& out, const sim::NetworkFigures& network,
                   const sim::OperatorFigures& operators) {
  absl::StrAppendFormat(&out, "\n%-28s %12s\n", "network", "messages");
  for (const sim::NetworkField& field : sim::kNetworkFields) {
    if (network.*field.field > 0)
      absl::StrAppendFormat(&out, "%-28s %12u\n", field.name, network.*field.field);
  }
  if (operators.asked + operators.done > 0)
    absl::StrAppendFormat(&out, "operators asked %u times: %u done, %u refused, %u unknown\n",
                          operators.asked, operators.done, operators.refused, operators.unknown);
}

// Such as "1500 ms": the mean wait for it; of what is aimed at moments, how many it hits.
std::string configured_rate(const sim::FaultPlan& plan, sim::FaultKind kind) {
  if (kind == sim::FaultKind::kAimedCrash) return absl::StrCat(plan.aimed_per_million, " ppm");
  return absl::StrCat(plan.every_ms[size_t(kind)], " ms");
}

std::string effective_rate(sim::FaultKind kind, const sim::FaultPace& pace) {
  if (pace.came == 0 || kind == sim::FaultKind::kAimedCrash) return "-";
  return absl::StrCat(pace.waited_us / 1000 / pace.came, " ms");
}

void fault_table_head(std::string& out) {
  absl::StrAppendFormat(&out, "\n%-16s %7s %12s %12s %10s %8s %8s\n", "fault", "runs", "one in",
                        "effective", "expected", "came", "hits");
}

void fault_row(std::string& out, const sim::FaultPlan& plan, sim::FaultKind kind,
               const FaultSum& sum) {
  // Whole hundredths, for every compiler prints the same.
  const uint64_t hundredths = sum.pace.expected_millionths / 10'000;
  absl::StrAppendFormat(&out, "%-16s %7u %12s %12s %7u.%02u %8u %8u\n", to_string(kind), sum.runs,
                        configured_rate(plan, kind), effective_rate(kind, sum.pace),
                        hundredths / 100, hundredths % 100, sum.pace.came, sum.hits);
}

void property_table(std::string& out, const std::vector<sim::PropertyCount>& counts) {
  absl::StrAppendFormat(&out, "\n%-28s %12s %12s %9s\n", "property", "evaluated", "relevant",
                        "violated");
  for (int property = 0; property < sim::kProperties; ++property) {
    const sim::PropertyCount& count = counts[size_t(property)];
    if (count.evaluated == 0 && count.violated == 0) continue;
    absl::StrAppendFormat(&out, "%-28s %12u %12u %9u\n", to_string(sim::Property(property)),
                          count.evaluated, count.relevant, count.violated);
  }
}

// A swarm passes when all of its runs were made, and do.
const char* verdict(const SwarmResult& swarm) {
  const sim::RunOutcome outcome = swarm.outcome();
  return outcome != sim::RunOutcome::kViolation && !swarm.complete() ? "NOT RUN"
                                                                     : to_string(outcome);
}

}  // namespace

int exit_code(sim::RunOutcome outcome) {
  switch (outcome) {
    case sim::RunOutcome::kPass:
      return kExitPass;
    case sim::RunOutcome::kViolation:
      return kExitViolation;
    case sim::RunOutcome::kUnderTested:
      break;
  }
  return kExitUnderTested;
}

std::string text_of(const sim::Scenario& scenario, const sim::RunResult& result, uint64_t real_ms) {
  std::string out = absl::StrCat(scenario.name, " seed ", result.seed, ": ",
                                 to_string(result.outcome), "\nhash ", result.hash.hex(), "\n");
  for (const sim::Violation& violation : result.findings.violations())
    absl::StrAppend(&out, "violated ", to_string(violation.property), " at event ", violation.step,
                    ", ", violation.time_us, " us: ", violation.text, "\n");
  for (const std::string& why : result.untested) absl::StrAppend(&out, "under-tested: ", why, "\n");
  if (result.node_lost)
    out += "the disk was damaged beyond what one node can bear: the run ended early\n";
  absl::StrAppendFormat(
      &out, "%u nodes, %u events (%s/s), %u decisions, %u ms simulated in %u ms, %u starts, %s\n",
      result.nodes, result.events, rate(result.events, real_ms), result.draws,
      result.simulated_us / 1000, real_ms, result.boots, result.buffered ? "buffered" : "fsync");
  const sim::ClientFigures& clients = result.clients;
  absl::StrAppendFormat(
      &out, "calls %u: %u mutations acknowledged, %u reads answered, %u refused, %u unknown, ",
      clients.calls, clients.acknowledged, clients.answered, clients.refused, clients.unknown);
  absl::StrAppendFormat(&out, "%u retries, %u abandoned, %u repeated, ", clients.retries,
                        clients.abandoned, clients.repeats);
  absl::StrAppendFormat(&out, "%u sent behind another and %u of them in order after it\n",
                        clients.pipelined, clients.ordered);
  std::vector<sim::PropertyCount> counts;
  for (int property = 0; property < sim::kProperties; ++property)
    counts.push_back(result.findings.count(sim::Property(property)));
  property_table(out, counts);
  fault_table_head(out);
  for (int kind = 0; kind < sim::kFaultKinds; ++kind) {
    if (result.faults.on[size_t(kind)])
      fault_row(out, scenario.faults, sim::FaultKind(kind),
                {1, result.faults.hits[size_t(kind)], result.faults.paces[size_t(kind)]});
  }
  absl::StrAppendFormat(&out, "\n%-28s %12s %12s\n", "moment", "seen", "aimed at");
  for (int moment = 0; moment < sim::kMoments; ++moment)
    absl::StrAppendFormat(&out, "%-28s %12u %12u\n", to_string(sim::Moment(moment)),
                          result.faults.moments[size_t(moment)],
                          result.faults.moment_hits[size_t(moment)]);
  absl::StrAppendFormat(&out, "\n%-28s %12s %12s\n", "disk fault", "injected", "seen");
  for (int fault = 0; fault < sim::kDiskFaults; ++fault) {
    const sim::DiskFaultCount& count = result.disk[sim::DiskFault(fault)];
    if (count.injected > 0)
      absl::StrAppendFormat(&out, "%-28s %12u %12u\n", to_string(sim::DiskFault(fault)),
                            count.injected, count.seen);
  }
  if (result.nodes > 1) {
    cluster_table(out, result.network, result.operators);
    message_table(out, result.messages);
  }
  return out;
}

std::string json_of(const sim::Scenario& scenario, const sim::RunResult& result, uint64_t real_ms) {
  Json json = {{"scenario", scenario.name},
               {"seed", result.seed},
               {"outcome", to_string(result.outcome)},
               {"hash", result.hash.hex()},
               {"events", result.events},
               {"decisions", result.draws},
               {"simulated_us", result.simulated_us},
               {"real_ms", real_ms},
               {"nodes", result.nodes},
               {"starts", result.boots},
               {"buffered", result.buffered},
               {"node_lost", result.node_lost},
               {"clients", json_of_clients(result.clients)},
               {"properties", json_of_properties(result.findings)},
               {"faults", json_of_faults(result)},
               {"network", json_of_network(result.network)},
               {"operators", json_of_operators(result.operators)},
               {"messages", json_of(result.messages)},
               {"untested", result.untested}};
  json["violations"] = Json::array();
  for (const sim::Violation& violation : result.findings.violations())
    json["violations"].push_back({{"property", to_string(violation.property)},
                                  {"event", violation.step},
                                  {"time_us", violation.time_us},
                                  {"text", violation.text}});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

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
  seed.hash = json["hash"];
  const std::string outcome = json["outcome"];
  if (outcome == to_string(sim::RunOutcome::kViolation)) {
    seed.outcome = sim::RunOutcome::kViolation;
    const Json& first = json["violations"][0];
    seed.why =
        absl::StrCat(first["property"].get<std::string>(), ": ", first["text"].get<std::string>());
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

void add_abort(uint64_t seed, const std::string& why, SwarmResult& swarm) {
  ++swarm.runs;
  swarm.seeds.push_back({seed, sim::RunOutcome::kViolation, "", why});
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

std::string text_of(const sim::Scenario& scenario, const SwarmResult& swarm) {
  std::string out;
  for (const SwarmResult::Seed& seed : swarm.seeds) {
    if (seed.outcome != sim::RunOutcome::kPass)
      absl::StrAppend(&out, "seed ", seed.seed, ": ", to_string(seed.outcome), ": ", seed.why,
                      "\n");
  }
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
  if (swarm.network.sent > 0) {
    cluster_table(out, swarm.network, swarm.operators);
    message_table(out, swarm.messages);
  }
  return out;
}

std::string json_of(const sim::Scenario& scenario, const SwarmResult& swarm) {
  Json json = {{"scenario", scenario.name},
               {"outcome", verdict(swarm)},
               {"asked", swarm.asked},
               {"runs", swarm.runs},
               {"not_run", swarm.not_run},
               {"events", swarm.events},
               {"simulated_us", swarm.simulated_us},
               {"real_ms", swarm.real_ms},
               {"acknowledged", swarm.acknowledged},
               {"network", json_of_network(swarm.network)},
               {"operators", json_of_operators(swarm.operators)},
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
    one = json_of_pace(sum.pace);
    one["configured"] = configured_rate(scenario.faults, sim::FaultKind(kind));
    one["runs"] = sum.runs;
    one["hits"] = sum.hits;
  }
  json["seeds"] = Json::array();
  for (const SwarmResult::Seed& seed : swarm.seeds)
    json["seeds"].push_back({{"seed", seed.seed},
                             {"outcome", to_string(seed.outcome)},
                             {"hash", seed.hash},
                             {"why", seed.why}});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace vordb::server
