// The page of evidence, of swarms and known bugs that are made by hand.
#include "server/sim/evidence.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace vordb::server {
namespace {

using sim::Property;

SwarmReport report_of(const std::string& name, Property relevant) {
  SwarmReport report;
  report.scenario.name = name;
  report.swarm.asked = report.swarm.runs = 2;
  report.swarm.events = 3000;
  report.swarm.real_ms = 1000;
  report.swarm.simulated_us = 40'000'000;
  report.swarm.acknowledged = 17;
  report.swarm.seeds = {{7}, {8}};
  report.swarm.properties[size_t(relevant)] = {100, 9, 0};
  report.swarm.faults[size_t(sim::FaultKind::kCrash)].hits = 4;
  report.swarm.moment_hits[size_t(sim::Moment::kDurable)] = 3;
  report.swarm.disk_seen[0] = 1;
  return report;
}

Evidence some_evidence() {
  Evidence evidence;
  evidence.commit = "abc";
  evidence.command = "vordb-sim posture --seeds 2";
  evidence.reports = {report_of("one", Property::kAckedDurable),
                      report_of("two", Property::kConverged)};
  evidence.mutants = {{"median_seeds", 1.5},
                      {"worst_seconds", 20.0},
                      {"unit_test_only", 3},
                      {"matrix", {{"acked_durable", {"early_ack"}}}},
                      {"bugs",
                       {{{"bug", "early_ack"},
                         {"found_by", "acked_durable"},
                         {"scenario", "one"},
                         {"seeds", 1},
                         {"seconds", 0.25},
                         {"story", {{"events", 94}, {"minimal", true}}}},
                        {{"bug", "hidden"},
                         {"found_by", ""},
                         {"scenario", "two"},
                         {"seeds", 50},
                         {"seconds", 20.0}}}}};
  return evidence;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("evidence: the page tells of runs, properties, faults and known bugs") {
  const std::string page = markdown_of(some_evidence());
  CHECK(has(page, "Written by `vordb-sim posture --seeds 2` at commit `abc`"));
  CHECK(has(page, "Seeds 7 and on"));
  CHECK(has(page, "| one | PASS | 2 | 17 | 0 | 40 | 3000 | 3000 | 40 |\n"));
  CHECK(has(page, "| 100 | 9 | one | early_ack |\n"));
  CHECK(has(page, "| 100 | 9 | two |  |\n"));
  CHECK(has(page, "| crash | 8 | all |\n"));
  CHECK(has(page, "| pause | 0 | none |\n"));
  CHECK(has(page, "2 bugs, the median after 1.5 seeds, the slowest after 20.0 s; 3 others"));
  CHECK(has(page, "| early_ack | acked_durable | one | 1 | 0.2 | 94 |\n"));
  CHECK(has(page, "| hidden | **nobody** | two | 50 | 20.0 | - |\n"));
}

TEST_CASE("evidence: what was not reached is listed, each by its name") {
  Evidence evidence = some_evidence();
  const auto gap = [&](const std::string& text) {
    const std::vector<std::string> gaps = gaps_of(evidence);
    return std::find(gaps.begin(), gaps.end(), text) != gaps.end();
  };
  CHECK(gap("property restarts: its subject never came up"));
  CHECK(!gap("property converged: its subject never came up"));
  CHECK(gap("property converged: no known bug has violated it"));
  CHECK(!gap("property acked_durable: no known bug has violated it"));
  CHECK(gap("fault pause never struck"));
  CHECK(!gap("fault crash never struck"));
  CHECK(gap("moment starting: no crash was aimed at it"));
  CHECK(!gap("moment durable: no crash was aimed at it"));
  CHECK(!gap("nobody looked for the known bugs"));
  evidence.mutants = nullptr;
  CHECK(gap("nobody looked for the known bugs"));
  CHECK(!gap("property converged: no known bug has violated it"));
  CHECK(has(markdown_of(evidence), "- fault pause never struck\n"));
  const auto json = nlohmann::json::parse(json_of(evidence));
  CHECK(json["gaps"].size() == gaps_of(evidence).size());
  CHECK(json["swarms"].size() == 2);
}

}  // namespace
}  // namespace vordb::server
