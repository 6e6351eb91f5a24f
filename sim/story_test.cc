// The story of a run: causes, messages and faults, and that telling it changes nothing of the run.
#include "sim/story.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "sim/record.h"
#include "sim/recorded_run_test.h"
#include "sim/scenario_file_test.h"

namespace vordb::sim {
namespace {

struct Told {
  Scenario scenario;
  RunResult result;
  Record record;
  Story story;

  Told(const std::string& name, uint64_t seed, const StoryBounds& bounds = {})
      : scenario(short_scenario(name)) {
    RecordedResult run = run_and_record(scenario, seed);
    result = std::move(run.result);
    record = std::move(run.record);
    story = tell_story(record, scenario, bounds);
  }
};

TEST_CASE("story: every event has its number, and a cause that came before it") {
  const Told told("three-node-crashes", 3);
  const Story& story = told.story;
  REQUIRE(story.events.size() == told.result.events);
  uint64_t caused = 0;
  for (const StoryEvent& event : story.events) {
    CHECK(event.number == uint64_t(&event - story.events.data()) + 1);
    REQUIRE(event.cause < event.number);
    const StoryEvent* cause = story.find(event.cause);
    CHECK((cause == nullptr) == (event.cause == 0));
    if (!cause) continue;
    ++caused;
    REQUIRE(cause->time_us <= event.time_us);
    if (!event.arrived.empty()) {
      CHECK(event.kind == EventKind::kPeerMessage);
      CHECK(event.arrived[0].to == event.lane.index);
      // Whoever sent it was at work then.
      if (cause->lane.kind == Lane::Kind::kNode && cause->kind != EventKind::kPeerMessage)
        CHECK(event.arrived[0].from == cause->lane.index);
    }
  }
  CHECK(caused > story.events.size() / 2);
  CHECK(story.events.back().phase == "audit");
  CHECK(story.over);
  CHECK(story.outcome == told.result.outcome);
}

TEST_CASE("story: messages have names, and what is lost says why") {
  const Told told("partitions", 2);
  uint64_t arrived = 0, lost = 0;
  bool digest = false;
  for (const StoryEvent& event : told.story.events) {
    for (const StoryMessage& message : event.arrived) {
      ++(message.fate == Fate::kArrived ? arrived : lost);
      CHECK(message.name != "bytes");
      digest = digest || message.name == "digest";
    }
    for (const StoryMessage& message : event.lost) {
      ++lost;
      CHECK(message.fate != Fate::kArrived);
    }
  }
  const NetworkFigures& figures = told.result.network;
  CHECK(digest);
  CHECK(arrived == figures.arrived);
  CHECK(lost == figures.lost + figures.cut + figures.full + figures.resets + figures.broken +
                    std::count_if(told.story.events.begin(), told.story.events.end(),
                                  [](const StoryEvent& event) {
                                    return !event.arrived.empty() &&
                                           event.arrived[0].fate == Fate::kNobody;
                                  }));
}

TEST_CASE("story: faults begin and end, all of them before the cluster must settle") {
  uint64_t lasting = 0;
  for (const uint64_t seed : {4, 5, 6, 7}) {
    const Told told("everything", seed);
    uint64_t settles_us = 0;
    for (const StoryEvent& event : told.story.events) {
      if (event.phase == "settle" && settles_us == 0) settles_us = event.time_us;
    }
    REQUIRE(settles_us > 0);
    for (const StoryFault& fault : told.story.faults) {
      CHECK(fault.begin_us <= fault.end_us);
      CHECK(fault.end_us <= settles_us);
      CHECK(fault.what != "over");
      lasting += fault.begin_us < fault.end_us;
    }
  }
  CHECK(lasting > 0);
}

// Whether a node started there.
bool starts_at(const Story& story, uint32_t node, uint64_t time_us) {
  return std::any_of(story.events.begin(), story.events.end(), [&](const StoryEvent& event) {
    return event.kind == EventKind::kBoot && event.lane.index == node && event.time_us == time_us;
  });
}

TEST_CASE("story: a node is down from its crash to its next start, and hears nothing meanwhile") {
  uint64_t crashes = 0;
  for (const uint64_t seed : {5, 6, 7}) {
    const Told told("three-node-crashes", seed);
    CHECK(told.story.over);
    CHECK(told.story.parting.empty());
    for (const StoryDown& down : told.story.downs) {
      CHECK(down.begin_us <= down.end_us);
      crashes += !down.why.empty();
      if (down.end_us != UINT64_MAX) CHECK(starts_at(told.story, down.node, down.end_us));
      for (const StoryEvent& event : told.story.events) {
        const bool during = down.begin_us < event.time_us && event.time_us < down.end_us;
        if (!during || event.lane != Lane{Lane::Kind::kNode, down.node}) continue;
        for (const StoryMessage& message : event.arrived) CHECK(message.fate != Fate::kArrived);
      }
    }
  }
  CHECK(crashes > 0);
}

TEST_CASE("story: a part of a run is that part of the whole") {
  const Told whole("three-node-crashes", 5);
  const Story part = tell_story(whole.record, whole.scenario, {1000, 1100});
  REQUIRE(part.events.size() == 101);
  CHECK_FALSE(part.over);
  for (const StoryEvent& event : part.events) {
    const StoryEvent* same = whole.story.find(event.number);
    REQUIRE(same != nullptr);
    CHECK(same->time_us == event.time_us);
    CHECK(same->cause == event.cause);
    CHECK(same->notes.size() == event.notes.size());
    CHECK(same->phase == event.phase);
  }
  CHECK_FALSE(part.over);
  CHECK(part.parting.empty());
  CHECK(part.find(999) == nullptr);
  CHECK(part.find(1101) == nullptr);
}

TEST_CASE("story: a run that parts from its record says so, and a part that does not, does not") {
  Told told("three-node-crashes", 5);
  CHECK(told.story.parting.empty());
  ++told.record.end->events;
  const Story whole = tell_story(told.record, told.scenario);
  CHECK(whole.parting.find("no decision differs, but the run ends differently") == 0);
  CHECK(tell_story(told.record, told.scenario, {1000, 1100}).parting.empty());
}

TEST_CASE("story: a run that is not the recorded one says where it parts") {
  const Told told("three-node-crashes", 3);
  Scenario other = told.scenario;
  ++other.workload.think_us_max;
  const Story story = tell_story(told.record, other);
  CHECK(story.parting.starts_with("parts from the record at decision "));
}

TEST_CASE("story: clocks grow along every lane, and along every cause") {
  const Told told("three-node-crashes", 6);
  const StoryClocks clocks = clocks_of(told.story);
  std::vector<std::vector<uint32_t>> last(clocks.lanes.size());
  for (const StoryEvent& event : told.story.events) {
    const size_t at = size_t(event.number - 1);
    const size_t lane = clocks.lane_of[at];
    CHECK(clocks.lanes[lane] == event.lane);
    const auto covers = [&](const std::vector<uint32_t>& earlier) {
      for (size_t i = 0; i < earlier.size(); ++i) {
        if (earlier[i] > clocks.clocks[at][i]) return false;
      }
      return true;
    };
    REQUIRE(covers(last[lane]));
    if (event.cause > 0) REQUIRE(covers(clocks.clocks[size_t(event.cause - 1)]));
    last[lane] = clocks.clocks[at];
  }
}

TEST_CASE("story: whoever listens changes nothing") {
  const Told told("everything", 7);
  Replay replay(told.record, told.scenario);
  while (replay.advance()) {
  }
  replay.result();
  CHECK(replay.verdict().same);
  CHECK(told.story.events.size() == told.result.events);
}

}  // namespace
}  // namespace vordb::sim
