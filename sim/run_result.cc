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
  const FaultFigures& faults = result.faults;
  const bool crashes_on =
      faults.on[size_t(FaultKind::kCrash)] || faults.on[size_t(FaultKind::kPowerLoss)];
  if (whole && crashes_on && faults.crashes() < minimum.crashes)
    result.untested.push_back("only " + std::to_string(faults.crashes()) + " crashes");
  for (int kind = 0; whole && kind < kFaultKinds; ++kind) {
    // Those come only when the cluster can bear them: a swarm answers for them.
    if (is_of_membership(FaultKind(kind))) continue;
    const uint64_t every_ms = scenario.faults.every_ms[size_t(kind)];
    // Drawn from twice the mean: a run of four means without one is an injector that died.
    if (faults.on[size_t(kind)] && faults.hits[size_t(kind)] == 0 && every_ms > 0 &&
        scenario.duration_ms >= 4 * every_ms)
      result.untested.push_back(std::string("the fault ") + to_string(FaultKind(kind)) +
                                " never came");
  }
  if (whole && result.findings.count(Property::kAnsweredOnce).evaluated == 0)
    result.untested.push_back("no answer was checked");
  result.outcome = result.untested.empty() ? RunOutcome::kPass : RunOutcome::kUnderTested;
}

}  // namespace vordb::sim
