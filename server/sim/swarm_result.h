// What the runs of a swarm add up to, and what that is worth.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "sim/findings.h"
#include "sim/message_coverage.h"
#include "sim/run_result.h"
#include "sim/scenario.h"

namespace vordb::server {

// One kind of fault over a swarm.
struct FaultSum {
  uint64_t runs = 0;  // in which it was on
  uint64_t hits = 0;
  sim::FaultPace pace;
};

// One of the places of core/env/buggify.h over a swarm.
struct SiteSum {
  uint64_t runs = 0;  // in which it was on
  uint64_t passed = 0;
  uint64_t struck = 0;
};

// What a swarm adds up to.
struct SwarmResult {
  struct Seed {
    uint64_t seed = 0;
    sim::RunOutcome outcome = sim::RunOutcome::kPass;
    std::string hash;
    std::string why;  // the first violation, or why it is UNDER-TESTED
    uint64_t events = 0;
    // ---- Of a violation: the first of the run.
    std::string property;  // "abort": the process ended by itself
    std::string seen;
    std::string signature;
  };

  uint64_t asked = 0;
  uint64_t runs = 0;
  uint64_t events = 0;
  uint64_t simulated_us = 0;
  uint64_t acknowledged = 0;
  uint64_t unknown = 0;
  uint64_t nodes_lost = 0;
  uint64_t real_ms = 0;
  std::vector<sim::PropertyCount> properties = std::vector<sim::PropertyCount>(sim::kProperties);
  std::vector<FaultSum> faults = std::vector<FaultSum>(sim::kFaultKinds);
  std::vector<SiteSum> sites = std::vector<SiteSum>(kSites);
  uint64_t crash_runs = 0;  // in which crashes were on
  uint64_t crashes = 0;     // of those
  std::vector<uint64_t> moments = std::vector<uint64_t>(sim::kMoments);
  std::vector<uint64_t> moment_hits = std::vector<uint64_t>(sim::kMoments);
  std::vector<uint64_t> disk_injected = std::vector<uint64_t>(sim::kDiskFaults);
  std::vector<uint64_t> disk_seen = std::vector<uint64_t>(sim::kDiskFaults);
  sim::NetworkFigures network;
  sim::OperatorFigures operators;
  sim::MessageCoverage messages;
  std::vector<Seed> seeds;
  std::vector<std::string> untested;  // of the swarm as a whole
  std::vector<std::string> not_run;   // why some of the runs asked for were not made
  bool interrupted = false;

  sim::RunOutcome outcome() const;  // of the runs that were made
  bool complete() const { return not_run.empty() && runs == asked; }
};

// Of a swarm that is not complete: how many of how many ran, and why.
std::string why_not_complete(const SwarmResult& swarm);
int exit_code(const SwarmResult& swarm);

// Adds the run that json_of() or json_of_abort() described. An error: it is no such line.
absl::Status add_run(std::string_view json_line, SwarmResult& swarm);
// Judges the swarm as a whole, once all runs are added: each property that the scenario names must
// have been relevant, and faults must have come as often as they say.
void judge(const sim::Scenario& scenario, SwarmResult& swarm);

}  // namespace vordb::server
