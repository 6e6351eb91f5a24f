// Runs that fail on purpose, made smaller.
#include "sim/shrink.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sim/recorded_run_test.h"
#include "sim/scenario_file_test.h"
#include "sim/shrink_edit.h"

namespace vordb::sim {
namespace {

using Overrides = std::vector<std::pair<std::string, std::string>>;

Attempt recorded(const Scenario& scenario, uint64_t seed) {
  const Record record = run_and_record(scenario, seed).record;
  Attempt attempt = run_candidate({scenario, record.script}, seed, UINT64_MAX);
  CHECK(attempt.record.end == record.end);
  CHECK(attempt.record.marks == record.marks);
  CHECK(attempt.record.end->draws == record.end->draws);
  return attempt;
}

bool violates(const RunResult& result, Property property) {
  return !result.findings.clean() && result.findings.violations()[0].property == property;
}

// The first seed whose run fails so, after so many faults.
Attempt failing(const Scenario& scenario, Property property, uint64_t faults_least = 0) {
  for (uint64_t seed = 1; seed < 200; ++seed) {
    Attempt attempt = run_candidate({scenario, nullptr}, seed, UINT64_MAX);
    if (violates(attempt.result, property) && size_of(attempt).faults >= faults_least)
      return recorded(scenario, seed);
  }
  FAIL("no seed fails");
  return {};
}

ShrinkOptions options_for(Property property) {
  ShrinkOptions options;
  options.fails = [property](const RunResult& result) { return violates(result, property); };
  options.go_on = [] { return true; };
  return options;
}

// What the record of the smaller run is worth: it fails again, byte for byte.
void check_replay(const Attempt& attempt, Property property) {
  const auto record = read_record(write_record(attempt.record));
  REQUIRE_MESSAGE(record.ok(), record.status().ToString());
  const auto scenario = parse_scenario(record->run.scenario);
  REQUIRE_MESSAGE(scenario.ok(), scenario.status().ToString());
  Replay replay(*record, *scenario);
  while (replay.advance()) {
  }
  CHECK(violates(replay.result(), property));
  CHECK_MESSAGE(replay.verdict().text == "the same run, byte for byte", replay.verdict().text);
}

void check_no_single_fault(const Attempt& attempt, const ShrinkOptions& options) {
  Shrinker shrinker(attempt, options);
  for (const Place& fault : places_of(attempt.script(), kFaultDecisions))
    CHECK_FALSE(shrinker.fails_without(std::span(&fault, 1)));
}

// A client is impatient with a network that is cut: it takes a cut and a call to show.
Scenario impatient() {
  return load_scenario(
      "partitions",
      {{"/duration_ms", "4000"}, {"/clients/count", "6"}, {"/clients/patience_ms", "700"}});
}

}  // namespace

TEST_CASE("shrink: a run that fails keeps its failure and hardly anything else") {
  constexpr Property kProperty = Property::kAnsweredInTime;
  const Attempt first = failing(impatient(), kProperty, 20);
  const ShrinkSize before = size_of(first);
  REQUIRE(before.operations > 100);
  const ShrinkOptions options = options_for(kProperty);
  const Shrunk shrunk = shrink(first, options);
  const ShrinkSize after = size_of(shrunk.attempt);
  CHECK(shrunk.minimal);
  CHECK(violates(shrunk.attempt.result, kProperty));
  CHECK(after.faults >= 1);
  CHECK(after.operations >= 1);
  CHECK(after.decisions * 10 <= before.decisions);
  CHECK(after.faults * 10 <= before.faults);
  CHECK(after.operations * 10 <= before.operations);
  CHECK(after.events * 10 <= before.events);
  check_replay(shrunk.attempt, kProperty);
  check_no_single_fault(shrunk.attempt, options);
  MESSAGE("events ", before.events, " -> ", after.events, ", decisions ", before.decisions, " -> ",
          after.decisions, ", faults ", before.faults, " -> ", after.faults, ", calls ",
          before.operations, " -> ", after.operations, ", runs ", shrunk.runs);
}

TEST_CASE("shrink: single faults are left out until each that is left is needed") {
  constexpr Property kProperty = Property::kAnsweredInTime;
  const Attempt first = failing(impatient(), kProperty, 20);
  const ShrinkOptions options = options_for(kProperty);
  Shrinker shrinker(first, options);
  CHECK(shrinker.leave_out_faults());
  CHECK(size_of(shrinker.best()).faults >= 1);
  CHECK(size_of(shrinker.best()).faults * 4 <= size_of(first).faults);
  check_no_single_fault(shrinker.best(), options);
  check_replay(shrinker.best(), kProperty);
}

TEST_CASE("shrink: what fails whatever happens needs nothing to happen") {
  const Scenario scenario = load_scenario("one-node-crashes", {{"/duration_ms", "300"},
                                                               {"/settle_ms", "100"},
                                                               {"/clients/count", "3"},
                                                               {"/canary", "true"}});
  const Attempt first = failing(scenario, Property::kCanary);
  const Shrunk shrunk = shrink(first, options_for(Property::kCanary));
  const ShrinkSize after = size_of(shrunk.attempt);
  CHECK(shrunk.minimal);
  CHECK(after.faults == 0);
  CHECK(after.operations == 0);
  CHECK(after.clients == 1);
  CHECK(shrunk.attempt.scenario.workload.buckets.size() == 1);
  check_replay(shrunk.attempt, Property::kCanary);
}

TEST_CASE("shrink: when its time is over it has what it has, and says that it is not minimal") {
  const Attempt first = failing(impatient(), Property::kAnsweredInTime);
  ShrinkOptions options = options_for(Property::kAnsweredInTime);
  uint64_t runs_max = 0;
  uint64_t runs = 0;
  options.progress = [&](const char*, const ShrinkSize&, uint64_t so_far) { runs = so_far; };
  options.go_on = [&] { return runs < runs_max; };
  uint64_t calls = size_of(first).operations;
  for (runs_max = 0; runs_max < 20; runs_max += 6) {
    runs = 0;
    const Shrunk shrunk = shrink(first, options);
    CHECK_FALSE(shrunk.minimal);
    CHECK(shrunk.runs == runs_max);
    CHECK(size_of(shrunk.attempt).operations <= calls);
    calls = size_of(shrunk.attempt).operations;
    check_replay(shrunk.attempt, Property::kAnsweredInTime);
  }
}

TEST_CASE("shrink: without some of its calls a client makes the others when it did") {
  const Scenario scenario = load_scenario("one-node-crashes", {{"/duration_ms", "500"},
                                                               {"/settle_ms", "0"},
                                                               {"/clients/count", "2"},
                                                               {"/faults/swarm", "false"}});
  Overrides none;
  for (int kind = 0; kind < kFaultKinds; ++kind)
    none.emplace_back(std::string("/faults/") + to_string(FaultKind(kind)) + "_every_ms", "0");
  none.erase(none.begin() + int(FaultKind::kAimedCrash));
  none.emplace_back("/faults/aimed_per_million", "0");
  const auto calm = parse_scenario(scenario.text, none);
  REQUIRE_MESSAGE(calm.ok(), calm.status().ToString());
  const Attempt first = recorded(*calm, 3);
  const Stream stream{StreamKind::kCalls, 1};
  const auto asked_at_us = [&stream](const Attempt& attempt) {
    std::vector<std::pair<uint64_t, Place>> asked;
    const std::vector<Drawn>& drawn = attempt.script().streams.at(stream);
    for (size_t at = 0; at < drawn.size(); ++at) {
      if (drawn[at].decision == Decision::kAsks && drawn[at].value == 1)
        asked.push_back({drawn[at].time_us, {stream, at}});
    }
    return asked;
  };
  std::vector<Place> calls;
  std::vector<uint64_t> kept_at_us;
  size_t nth = 0;
  for (const auto& [at_us, place] : asked_at_us(first)) {
    // Each of them after some that are gone: those have left a gap, whatever the answers take.
    if (++nth % 3 == 0) {
      kept_at_us.push_back(at_us);
    } else {
      calls.push_back(place);
    }
  }
  REQUIRE(kept_at_us.size() > 5);
  const auto script = without_calls(first.script(), calls);
  const Attempt fewer = run_candidate({first.scenario, script}, 3, UINT64_MAX);
  CHECK(size_of(fewer).operations < size_of(first).operations);
  std::vector<uint64_t> at_us;
  for (const auto& asked : asked_at_us(fewer)) at_us.push_back(asked.first);
  REQUIRE(at_us.size() == kept_at_us.size());
  for (size_t i = 0; i < at_us.size(); ++i) CHECK(at_us[i] == kept_at_us[i]);
}

}  // namespace vordb::sim
