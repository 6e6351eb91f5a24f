// The tables that the report of a run and that of a swarm share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/sim/swarm_result.h"
#include "sim/findings.h"
#include "sim/scenario.h"

namespace vordb::server {

// So many a second.
std::string rate(uint64_t count, uint64_t ms);
// Such as "1500 ms": the mean wait for it; of what is aimed at moments, how many it hits.
std::string configured_rate(const sim::FaultPlan& plan, sim::FaultKind kind);

void property_table(std::string& out, const std::vector<sim::PropertyCount>& counts);
void fault_table_head(std::string& out);
void fault_row(std::string& out, const sim::FaultPlan& plan, sim::FaultKind kind,
               const FaultSum& sum);
std::vector<SiteSum> sums_of(const sim::SiteFigures& sites);
// Those that struck.
void site_table(std::string& out, const std::vector<SiteSum>& sites);
// The names of the others; none where all are off.
std::vector<std::string> silent_sites(const std::vector<SiteSum>& sites);
void cluster_table(std::string& out, const sim::NetworkFigures& network,
                   const sim::OperatorFigures& operators);

}  // namespace vordb::server
