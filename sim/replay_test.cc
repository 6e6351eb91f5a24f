// Runs from their records: the same byte for byte, and where not, the first difference is named.
#include "sim/replay.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/fresh_seed_test.h"
#include "sim/scenario_file_test.h"

namespace vordb::sim {
namespace {

struct Recorded {
  Scenario scenario;
  RunResult result;
  std::string bytes;
  std::vector<size_t> ends;  // of the frames

  Record record() const {
    auto record = read_record(bytes);
    REQUIRE_MESSAGE(record.ok(), record.status().ToString());
    return *std::move(record);
  }
};

Recorded recorded(const std::string& name, uint64_t seed) {
  Recorded run{short_scenario(name), {}, "", {}};
  run.result = record_run(run.scenario, seed, nullptr, [&run](std::string_view frame) {
    run.bytes += frame;
    run.ends.push_back(run.bytes.size());
  });
  return run;
}

struct Replayed {
  RunResult result;
  Replay::Verdict verdict;
  std::optional<Parting> parting;
  std::string bytes;  // its own record
};

Replayed replayed(const Record& record) {
  const auto scenario = parse_scenario(record.run.scenario);
  REQUIRE_MESSAGE(scenario.ok(), scenario.status().ToString());
  Replayed run;
  RecordWriter writer(record.run, [&run](std::string_view frame) { run.bytes += frame; });
  Replay replay(record, *scenario, &writer);
  while (replay.advance()) {
  }
  run.result = replay.result();
  run.verdict = replay.verdict();
  run.parting = replay.world().decisions().parting();
  writer.flush();
  return run;
}

// The `nth` decision of the record that is one of these.
Drawn& find(Record& record, Decision decision, size_t nth) {
  std::vector<Drawn*> found;
  for (auto& [stream, drawn] : record.script->streams) {
    for (Drawn& one : drawn) {
      if (one.decision == decision) found.push_back(&one);
    }
  }
  REQUIRE(found.size() > nth);
  std::sort(found.begin(), found.end(),
            [](const Drawn* one, const Drawn* other) { return one->number < other->number; });
  return *found[nth];
}

void check_replay(const std::string& name, uint64_t seed) {
  CAPTURE(name);
  CAPTURE(seed);
  const Recorded run = recorded(name, seed);
  World plain(run.scenario, seed);
  const RunResult straight = plain.run();
  CHECK(run.result.hash == straight.hash);
  Record record = run.record();
  REQUIRE(record.end.has_value());
  CHECK(*record.end ==
        RecordedEnd{straight.events, straight.draws, straight.hash, straight.outcome});
  CHECK(record.marks.size() == straight.events / kMarkEvery);
  CHECK(parse_scenario(record.run.scenario)->text == run.scenario.text);

  const Replayed again = replayed(record);
  CHECK(again.result.hash == straight.hash);
  CHECK(again.verdict.same);
  CHECK_MESSAGE(again.verdict.text == "the same run, byte for byte", again.verdict.text);
  // No number comes from anywhere else: generators of another seed change nothing.
  ++record.run.seed;
  CHECK(replayed(record).result.hash == straight.hash);
}

}  // namespace

TEST_CASE("replay: a run from its record is the same run") {
  for (const char* name :
       {"one-node-crashes", "everything", "membership-churn", "partitions", "founding"}) {
    for (const uint64_t seed : {1, 2}) check_replay(name, seed);
  }
}

TEST_CASE("replay: a run from its record is the same run, with seeds that nobody has tried") {
  const uint64_t first = first_fresh_seed();
  for (uint64_t seed = first; seed < first + 3; ++seed) {
    check_replay("one-node-crashes", seed);
    check_replay("everything", seed);
  }
}

TEST_CASE("replay: a record that was broken off is followed as far as it goes, and further") {
  const Recorded run = recorded("everything", 3);
  REQUIRE(run.ends.size() > 3);
  for (size_t frames = 0; frames + 1 < run.ends.size(); ++frames) {
    const auto record = read_record(std::string_view(run.bytes).substr(0, run.ends[frames]));
    REQUIRE_MESSAGE(record.ok(), record.status().ToString());
    const Replayed again = replayed(*record);
    CHECK(again.result.hash == run.result.hash);
    CHECK(again.verdict.same);
    CHECK(again.verdict.text.find("its run was broken off") != std::string::npos);
  }
}

TEST_CASE("replay: a copy of a world that follows a record follows it too") {
  const Recorded run = recorded("everything", 4);
  const Record record = run.record();
  Replay replay(record, run.scenario);
  while (replay.world().events() < run.result.events / 2) REQUIRE(replay.advance());
  World copy(replay.world());
  World other(replay.world());
  other.reseed(99);
  while (copy.advance()) {
  }
  while (other.advance()) {
  }
  CHECK(copy.result().hash == run.result.hash);
  CHECK(other.result().hash != run.result.hash);
}

TEST_CASE("replay: code that asks for something else is told at which decision and event") {
  const Recorded run = recorded("one-node-crashes", 5);
  const std::pair<Decision, size_t> cases[] = {{Decision::kKey, 30},
                                               {Decision::kWriteTime, 50},
                                               {Decision::kNodeRandom, 0},
                                               {Decision::kThinkTime, 200}};
  for (const auto& one : cases) {
    const std::string name = to_string(one.first);
    CAPTURE(name);
    Record record = run.record();
    // As if the code of today had another bound than that of the record.
    Drawn& changed = find(record, one.first, one.second);
    const Drawn was = changed;
    changed.bound = was.bound + 1;
    const Replayed again = replayed(record);
    CHECK_FALSE(again.verdict.same);
    REQUIRE(again.parting.has_value());
    CHECK(again.parting->asked.event == was.event);
    CHECK(again.parting->asked.number == was.number);
    CHECK(again.parting->asked.stream == was.stream);
    CHECK(again.parting->asked.bound == was.bound);
    CHECK(again.parting->recorded == changed);
    const std::string place = "parts from the record at decision " + std::to_string(was.number) +
                              " (" + text_of(was.stream) + ", event " + std::to_string(was.event) +
                              ")";
    CHECK_MESSAGE(again.verdict.text.find(place) == 0, again.verdict.text);
  }
}

TEST_CASE("replay: code that decides the same and does something else is told between what") {
  const Recorded run = recorded("one-node-crashes", 6);
  Record record = run.record();
  REQUIRE(record.marks.size() > 4);
  record.marks[3].hash.low ^= 1;
  const Replayed again = replayed(record);
  CHECK_FALSE(again.verdict.same);
  CHECK(again.verdict.text ==
        "no decision differs, but what happens does: first between events 3000 and 4000");
  record.marks.clear();
  record.end->hash.low ^= 1;
  CHECK(replayed(record).verdict.text.find("the run ends differently") != std::string::npos);
}

TEST_CASE("replay: an edited record runs on from there, the same way each time") {
  for (const char* name : {"one-node-crashes", "everything"}) {
    CAPTURE(name);
    const Recorded run = recorded(name, 7);
    Record record = run.record();
    Drawn& changed = find(record, Decision::kThinkTime, 100);
    changed.value = (changed.value + changed.bound / 2) % changed.bound;
    const uint64_t event = changed.event;
    const auto edited = read_record(write_record(record));
    REQUIRE_MESSAGE(edited.ok(), edited.status().ToString());
    const Replayed first = replayed(*edited);
    const Replayed second = replayed(*edited);
    CHECK(first.result.hash != run.result.hash);
    CHECK(first.result.hash == second.result.hash);
    CHECK(first.verdict.text == second.verdict.text);
    CHECK_FALSE(first.verdict.same);
    if (first.parting) CHECK(first.parting->asked.event >= event);
    // What it did is a run of its own, and has a record of its own.
    const auto own = read_record(first.bytes);
    REQUIRE_MESSAGE(own.ok(), own.status().ToString());
    CHECK(replayed(*own).result.hash == first.result.hash);
  }
}

// What is drawn from streams of these kinds, but for those in which something was left out.
void check_the_rest(const Record& record, const Replayed& changed, const Drawn& left_out,
                    const std::vector<StreamKind>& kinds) {
  const auto own = read_record(changed.bytes);
  REQUIRE(own.ok());
  uint64_t compared = 0;
  for (const auto& [stream, drawn] : own->script->streams) {
    if (stream == left_out.stream) continue;
    if (std::find(kinds.begin(), kinds.end(), stream.kind) == kinds.end()) continue;
    const auto before = record.script->streams.find(stream);
    REQUIRE(before != record.script->streams.end());
    for (size_t i = 0; i < drawn.size() && i < before->second.size(); ++i) {
      CHECK(drawn[i].decision == before->second[i].decision);
      CHECK(drawn[i].value == before->second[i].value);
      ++compared;
    }
  }
  CHECK(compared > 20);
}

TEST_CASE("replay: a call or a fault that is left out shifts no other's choices") {
  for (const char* name : {"one-node-crashes", "everything"}) {
    CAPTURE(name);
    const Recorded run = recorded(name, 8);
    Record record = run.record();
    Drawn& call = find(record, Decision::kAsks, 20);
    call.value = 0;
    const Replayed without_call = replayed(record);
    CHECK(without_call.result.hash != run.result.hash);
    check_the_rest(run.record(), without_call, call, {StreamKind::kCalls, StreamKind::kFault});

    record = run.record();
    Drawn& fault = find(record, Decision::kStrikes, 0);
    fault.value = 0;
    const Replayed without_fault = replayed(record);
    CHECK(without_fault.result.hash != run.result.hash);
    check_the_rest(run.record(), without_fault, fault, {StreamKind::kCalls, StreamKind::kFault});
  }
}

}  // namespace vordb::sim
