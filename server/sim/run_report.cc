#include "server/sim/run_report.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/sim/figures_json.h"
#include "server/sim/messages.h"
#include "server/sim/report_tables.h"
#include "sim/promise_text.h"
#include "sim/signature.h"

namespace vordb::server {

using Json = nlohmann::json;

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
  site_table(out, sums_of(result.sites));
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
               {"clients", json_of(result.clients)},
               {"properties", json_of(result.findings)},
               {"faults", json_of_faults(result)},
               {"sites", json_of(result.sites)},
               {"network", json_of(result.network)},
               {"operators", json_of(result.operators)},
               {"messages", json_of(result.messages)},
               {"untested", result.untested}};
  json["violations"] = Json::array();
  for (const sim::Violation& violation : result.findings.violations())
    json["violations"].push_back({{"property", to_string(violation.property)},
                                  {"event", violation.step},
                                  {"time_us", violation.time_us},
                                  {"text", violation.text},
                                  {"promised", sim::promise_of(violation.property)},
                                  {"signature", signature_of(violation.property, violation.text)}});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string json_of_abort(const sim::Scenario& scenario, uint64_t seed, const std::string& end,
                          const std::string& said) {
  const std::string reason = sim::abort_reason(said);
  const std::string text = reason.empty() ? end : absl::StrCat(end, ": ", reason);
  Json json = {{"scenario", scenario.name},
               {"seed", seed},
               {"outcome", to_string(sim::RunOutcome::kViolation)},
               {"aborted", true}};
  json["violations"] = Json::array(
      {{{"property", "abort"}, {"text", text}, {"signature", sim::signature_of_abort(said, end)}}});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace vordb::server
