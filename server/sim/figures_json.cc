#include "server/sim/figures_json.h"

#include <nlohmann/json.hpp>

namespace vordb::server {

nlohmann::json json_of(const sim::ClientFigures& clients) {
  nlohmann::json json = {{"calls", clients.calls},
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

nlohmann::json json_of(const sim::Findings& findings) {
  nlohmann::json json = nlohmann::json::object();
  for (int property = 0; property < sim::kProperties; ++property) {
    const sim::PropertyCount& count = findings.count(sim::Property(property));
    json[to_string(sim::Property(property))] = {
        {"evaluated", count.evaluated}, {"relevant", count.relevant}, {"violated", count.violated}};
  }
  return json;
}

nlohmann::json json_of(const sim::FaultPace& pace) {
  nlohmann::json json = nlohmann::json::object();
  for (const sim::PaceField& field : sim::kPaceFields) json[field.name] = pace.*field.field;
  return json;
}

nlohmann::json json_of_faults(const sim::RunResult& result) {
  const sim::FaultFigures& figures = result.faults;
  nlohmann::json json = {{"crashes_on", figures.on[size_t(sim::FaultKind::kCrash)] ||
                                            figures.on[size_t(sim::FaultKind::kPowerLoss)]},
                         {"crashes", figures.crashes()}};
  for (int kind = 0; kind < sim::kFaultKinds; ++kind)
    json["kinds"][to_string(sim::FaultKind(kind))] = {
        {"on", result.faults.on[size_t(kind)]},
        {"hits", result.faults.hits[size_t(kind)]},
        {"pace", json_of(result.faults.paces[size_t(kind)])}};
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

// Those that are on.
nlohmann::json json_of(const sim::SiteFigures& sites) {
  nlohmann::json json = nlohmann::json::object();
  for (size_t site = 0; site < kSites; ++site) {
    const sim::SiteFigures::Count& count = sites[Site(site)];
    if (count.on)
      json[sim::to_string(Site(site))] = {{"passed", count.passed}, {"struck", count.struck}};
  }
  return json;
}

nlohmann::json json_of(const sim::NetworkFigures& network) {
  nlohmann::json json = nlohmann::json::object();
  for (const sim::NetworkField& field : sim::kNetworkFields)
    json[field.name] = network.*field.field;
  return json;
}

nlohmann::json json_of(const sim::OperatorFigures& operators) {
  return {{"asked", operators.asked},
          {"done", operators.done},
          {"refused", operators.refused},
          {"unknown", operators.unknown}};
}

}  // namespace vordb::server
