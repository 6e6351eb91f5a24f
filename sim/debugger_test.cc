// Walking through a recorded run: back and forth ends where going straight does, and what is lost
// in a branch is lost in its record too.
#include "sim/debugger.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "sim/recorded_run_test.h"
#include "sim/scenario_file_test.h"

namespace vordb::sim {
namespace {

struct Recorded {
  explicit Recorded(const std::string& name, uint64_t seed) : scenario(short_scenario(name)) {
    RecordedResult run = run_and_record(scenario, seed);
    result = std::move(run.result);
    record = std::move(run.record);
  }
  Scenario scenario;
  RunResult result;
  Record record;
};

TEST_CASE("debugger: wherever one came from, an event is the same, and so is the run") {
  const Recorded run("three-node-crashes", 3);
  Debugger straight(run.record, run.scenario);
  straight.go_to(5000);
  Debugger debugger(run.record, run.scenario);
  for (const uint64_t event : {7000, 5000, 1, 4999, 5001, 0, 5000}) debugger.go_to(event);
  CHECK(debugger.event() == 5000);
  CHECK(debugger.world().trace_hash() == straight.world().trace_hash());
  CHECK(debugger.world().fingerprint() == straight.world().fingerprint());
  REQUIRE(debugger.last());
  CHECK(debugger.last()->number == 5000);
  CHECK(debugger.last()->digest == straight.last()->digest);
  CHECK(debugger.causes(1000) == straight.causes(1000));
  debugger.go_to_end();
  CHECK(debugger.over());
  CHECK(debugger.event() == run.result.events);
  CHECK(debugger.branch().result.hash == run.result.hash);
}

TEST_CASE("debugger: an event tells what it brought, changed and came from") {
  const Recorded run("three-node-crashes", 4);
  Debugger debugger(run.record, run.scenario);
  CHECK_FALSE(debugger.last());
  CHECK(debugger.changes(100).empty());
  uint64_t changed = 0, messages = 0;
  for (uint64_t event = 3000; event < 3200; ++event) {
    debugger.go_to(event);
    REQUIRE(debugger.last());
    CHECK(debugger.last()->phase == debugger.world().phase());
    const auto chain = debugger.causes(10'000);
    CHECK(chain.front() == event);
    CHECK(std::is_sorted(chain.rbegin(), chain.rend()));
    messages += debugger.last()->kind == EventKind::kPeerMessage;
    for (const Debugger::Field& field : debugger.changes(1000)) {
      ++changed;
      // Both may be cut alike.
      if (field.value.size() < 1000) CHECK(field.value != field.before);
    }
  }
  CHECK(changed > 0);
  CHECK(messages > 0);
  CHECK(debugger.state(1, 100).size() > 10);
}

TEST_CASE("debugger: a message that is lost in a branch is lost in the branch's record") {
  const Recorded run("three-node-crashes", 5);
  Debugger debugger(run.record, run.scenario);
  debugger.go_to(4000);
  CHECK_FALSE(debugger.lose(UINT64_MAX).ok());
  const auto planned = debugger.planned();
  const auto message = std::find_if(planned.begin(), planned.end(), [](const auto& one) {
    return one.event.kind == EventKind::kPeerMessage;
  });
  REQUIRE(message != planned.end());
  CHECK_FALSE(message->carries.empty());
  REQUIRE(debugger.lose(message->id).ok());
  CHECK(debugger.branched());
  const Debugger::Branch branch = debugger.branch();
  CHECK(branch.result.network.lost == run.result.network.lost + 1);
  CHECK(branch.result.hash != run.result.hash);

  auto record = read_record(branch.bytes);
  REQUIRE(record.ok());
  Replay replay(*record, run.scenario);
  while (replay.advance()) {
  }
  CHECK(replay.result().hash == branch.result.hash);
  CHECK(replay.verdict().same);

  debugger.go_to_end();
  CHECK(debugger.world().trace_hash() == branch.result.hash);
  debugger.go_to(4000);
  REQUIRE(debugger.keep(message->id).ok());
  CHECK_FALSE(debugger.branched());
  CHECK(debugger.branch().result.hash == run.result.hash);
}

}  // namespace
}  // namespace vordb::sim
