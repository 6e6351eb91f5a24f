#include "sim/run_result.h"

#include "sim/scenario.h"

namespace vordb::sim {

const char* to_string(RunOutcome outcome) {
  switch (outcome) {
    case RunOutcome::kPass:
      return "PASS";
    case RunOutcome::kViolation:
      return "VIOLATION";
    case RunOutcome::kUnderTested:
      return "UNDER-TESTED";
  }
  return "";
}

void judge(const Scenario& scenario, RunResult& result) {
  result.untested.clear();
  if (!result.findings.clean()) {
    result.outcome = RunOutcome::kViolation;
    return;
  }
  const Scenario::Minimum& minimum = scenario.minimum;
  // Short runs answer for their share of the activity only.
  const bool whole = scenario.duration_ms >= minimum.run_relevant_ms && !result.node_lost;
  const uint64_t needed = whole ? minimum.acknowledged
                                : minimum.acknowledged * scenario.duration_ms /
                                      std::max<uint64_t>(minimum.run_relevant_ms, 1) / 4;
  if (!result.node_lost && result.clients.acknowledged < needed)
    result.untested.push_back("only " + std::to_string(result.clients.acknowledged) +
                              " mutations were acknowledged");
  // Whether faults came often enough is for a swarm to say; that nobody plans them, for a run.
  for (int kind = 0; kind < kFaultKinds; ++kind) {
    const uint64_t overdue_us = result.faults.paces[size_t(kind)].overdue_us;
    if (overdue_us > 0)
      result.untested.push_back(std::string("the injector of ") + to_string(FaultKind(kind)) +
                                " died: it is overdue by " + std::to_string(overdue_us) + " us");
  }
  if (whole && result.findings.count(Property::kAnsweredOnce).evaluated == 0)
    result.untested.push_back("no answer was checked");
  result.outcome = result.untested.empty() ? RunOutcome::kPass : RunOutcome::kUnderTested;
}

}  // namespace vordb::sim
