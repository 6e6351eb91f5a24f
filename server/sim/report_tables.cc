#include "server/sim/report_tables.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/site_faults.h"

namespace vordb::server {

std::string rate(uint64_t count, uint64_t ms) {
  return ms == 0 ? "-" : absl::StrCat(count * 1000 / ms);
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

std::string configured_rate(const sim::FaultPlan& plan, sim::FaultKind kind) {
  if (kind == sim::FaultKind::kAimedCrash) return absl::StrCat(plan.aimed_per_million, " ppm");
  return absl::StrCat(plan.every_ms[size_t(kind)], " ms");
}

namespace {

std::string effective_rate(sim::FaultKind kind, const sim::FaultPace& pace) {
  if (pace.came == 0 || kind == sim::FaultKind::kAimedCrash) return "-";
  return absl::StrCat(pace.waited_us / 1000 / pace.came, " ms");
}

}  // namespace

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

std::vector<SiteSum> sums_of(const sim::SiteFigures& sites) {
  std::vector<SiteSum> sums;
  for (const sim::SiteFigures::Count& count : sites.sites)
    sums.push_back({count.on ? 1u : 0u, count.passed, count.struck});
  return sums;
}

std::vector<std::string> silent_sites(const std::vector<SiteSum>& sites) {
  std::vector<std::string> silent;
  bool any = false;
  for (size_t site = 0; site < kSites; ++site) {
    any |= sites[site].runs > 0;
    if (sites[site].struck == 0) silent.emplace_back(sim::to_string(Site(site)));
  }
  return any ? silent : std::vector<std::string>();
}

void site_table(std::string& out, const std::vector<SiteSum>& sites) {
  bool headed = false;
  for (size_t site = 0; site < kSites; ++site) {
    const SiteSum& sum = sites[site];
    if (sum.struck == 0) continue;
    if (!std::exchange(headed, true))
      absl::StrAppendFormat(&out, "\n%-28s %12s %12s %12s\n", "rare site", "runs", "passed",
                            "struck");
    absl::StrAppendFormat(&out, "%-28s %12u %12u %12u\n", sim::to_string(Site(site)), sum.runs,
                          sum.passed, sum.struck);
  }
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

}  // namespace vordb::server
