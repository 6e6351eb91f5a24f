// What one run came to: its outcome, and the figures that say how much was really tested.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/client.h"
#include "sim/faults.h"
#include "sim/findings.h"
#include "sim/message_coverage.h"
#include "sim/operators.h"
#include "sim/site_faults.h"
#include "sim/trace.h"

namespace vordb::sim {

struct Scenario;

enum class RunOutcome : uint8_t { kPass, kViolation, kUnderTested };
const char* to_string(RunOutcome outcome);

struct RunResult {
  uint64_t seed = 0;
  RunOutcome outcome = RunOutcome::kPass;
  TraceHash hash;
  uint64_t events = 0;
  uint64_t draws = 0;
  uint64_t simulated_us = 0;
  uint32_t nodes = 1;  // machines, spare ones too
  uint64_t boots = 0;
  bool buffered = false;
  bool node_lost = false;  // a disk damaged beyond what one node can bear ended the run early
  ClientFigures clients;
  FaultFigures faults;
  SiteFigures sites;
  NetworkFigures network;
  OperatorFigures operators;
  DiskFaultCounts disk;
  MessageCoverage messages;
  Findings findings;
  std::vector<std::string> untested;  // why the run is UNDER-TESTED
};

// Judges a finished run by its scenario's minimum activity.
void judge(const Scenario& scenario, RunResult& result);

}  // namespace vordb::sim
