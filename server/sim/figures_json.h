// The figures of a run as JSON: what a run and a swarm both tell of.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "sim/run_result.h"

namespace vordb::server {

nlohmann::json json_of(const sim::ClientFigures& clients);
nlohmann::json json_of(const sim::Findings& findings);
nlohmann::json json_of(const sim::FaultPace& pace);
nlohmann::json json_of(const sim::NetworkFigures& network);
nlohmann::json json_of(const sim::OperatorFigures& operators);
nlohmann::json json_of(const sim::SiteFigures& sites);
// Faults of the world and of its disks.
nlohmann::json json_of_faults(const sim::RunResult& result);

}  // namespace vordb::server
