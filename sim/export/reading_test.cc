// What exports read out of a story: who sent what arrives, and what became of it.
#include "sim/export/reading.h"

#include <doctest/doctest.h>

#include "sim/export/story_sample_test.h"

namespace vordb::sim {
namespace {

TEST_CASE("export: arrows have their senders, in the order of their ends") {
  const Story story = sample_story();
  const std::vector<Arrow> arrows = arrows_of(story);
  REQUIRE(arrows.size() == 4);
  CHECK(arrows[0].kind == Arrow::Kind::kCall);
  CHECK(arrows[0].sent->number == 2);
  CHECK(arrows[0].from.name() == "c0");
  CHECK(arrows[1].kind == Arrow::Kind::kMessage);
  CHECK(arrows[1].sent->number == 4);
  CHECK(arrows[1].message->bytes == 42);
  CHECK(arrows[2].fate == Fate::kCut);
  CHECK(arrows[2].sent == arrows[2].ended);
  CHECK(arrows[3].kind == Arrow::Kind::kAnswer);
  CHECK(arrows[3].ended->number == 8);
}

TEST_CASE("export: what a machine that stands still puts off arrives once, from its sender") {
  Story story = sample_story();
  // The request comes to a node that is paused, and again after the pause.
  StoryEvent later = story.events[2];
  later.number = story.events.size() + 1;
  later.cause = 3;
  later.time_us = 3000;
  story.events[2].brought.clear();
  story.events.push_back(later);
  const std::vector<Arrow> arrows = arrows_of(story);
  REQUIRE(arrows.size() == 4);
  CHECK(arrows[3].kind == Arrow::Kind::kCall);
  CHECK(arrows[3].sent->number == 2);
  CHECK(arrows[3].ended->number == 10);
  CHECK(arrows[3].fate == Fate::kArrived);
}

TEST_CASE("export: a request that a node takes nothing from is lost") {
  Story story = sample_story();
  story.events[2].brought.clear();
  story.events[3].cause = 0;
  CHECK(arrows_of(story)[0].fate == Fate::kNobody);
}

TEST_CASE("export: a fault is within a story that it lasts into") {
  Story story = sample_story();
  story.faults.push_back({"crash", "n1", 3, 1100, 1100});
  CHECK(faults_within(story).size() == 2);
  story.events.erase(story.events.begin(), story.events.begin() + 5);
  REQUIRE(faults_within(story).size() == 1);
  CHECK(faults_within(story)[0]->what == "n0 | n1 for 5000 us");
}

TEST_CASE("export: phases follow each other") {
  const Story story = sample_story();
  const std::vector<StoryPhase> phases = phases_of(story);
  REQUIRE(phases.size() == 3);
  CHECK(phases[1].name == "load");
  CHECK(phases[1].first->number == 2);
  CHECK(phases[1].end_us == 2000);
}

}  // namespace
}  // namespace vordb::sim
