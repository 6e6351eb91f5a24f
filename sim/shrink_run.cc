#include "sim/shrink_run.h"

#include <utility>

#include "sim/shrink_edit.h"
#include "sim/world.h"

namespace vordb::sim {

namespace {

class Recorder : public DecisionSink {
 public:
  explicit Recorder(Script& script) : script_(script) {}
  void drawn(const Drawn& drawn) override { script_.streams[drawn.stream].push_back(drawn); }

 private:
  Script& script_;
};

}  // namespace

Attempt run_candidate(const Candidate& candidate, uint64_t seed, uint64_t events_max) {
  Attempt attempt{candidate.scenario, {}, {}};
  attempt.record.run = {candidate.scenario.text, seed};
  Recorder recorder(*attempt.record.script);
  Chooser chooser(seed);
  chooser.follow(candidate.script);
  chooser.record_to(&recorder);
  World world(candidate.scenario, std::move(chooser));
  world.start();
  while (world.events() < events_max && world.advance()) {
    if (world.events() % kMarkEvery == 0)
      attempt.record.marks.push_back({world.events(), world.trace_hash()});
  }
  attempt.result = world.result();
  attempt.result.seed = seed;
  const RunResult& result = attempt.result;
  attempt.record.end = {result.events, result.draws, result.hash, result.outcome};
  return attempt;
}

ShrinkSize size_of(const Attempt& attempt) {
  ShrinkSize size;
  size.events = attempt.result.events;
  size.decisions = attempt.result.draws;
  size.faults = places_of(attempt.script(), kFaultDecisions).size();
  size.operations = places_of(attempt.script(), kCallDecisions).size();
  size.machines = attempt.result.nodes;
  size.clients = attempt.scenario.workload.clients;
  return size;
}

}  // namespace vordb::sim
