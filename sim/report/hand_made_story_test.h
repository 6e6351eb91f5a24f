// A small story for the tests of reports: two nodes, a client, and each thing that a report draws.
#pragma once

#include <utility>

#include "sim/story.h"

namespace vordb::sim {

inline StoryEvent story_event(uint64_t number, uint64_t cause, Lane lane, EventKind kind) {
  StoryEvent event;
  event.number = number;
  event.cause = cause;
  event.time_us = number * 10;
  event.draws = number * 2;
  event.lane = lane;
  event.kind = kind;
  event.phase = "load";
  return event;
}

inline StoryMessage story_message(uint32_t from, uint32_t to, Fate fate) {
  return {from, to, fate, "digest", "body", 20};
}

// Node 0 sends three messages to node 1: the second overtakes the first, the third is lost. A fault
// lasts for 40 us. Node 1 stops. Event 6 violates a property.
inline Story hand_made_story() {
  const Lane n0{Lane::Kind::kNode, 0}, n1{Lane::Kind::kNode, 1}, c0{Lane::Kind::kClient, 0};
  Story story;
  story.scenario = "by hand";
  story.seed = UINT64_MAX;
  story.nodes = 2;
  story.clients = 1;
  story.over = true;
  story.events = {story_event(1, 0, n0, EventKind::kBoot),
                  story_event(2, 0, c0, EventKind::kThink),
                  story_event(3, 2, n0, EventKind::kRequest),
                  story_event(4, 0, {}, EventKind::kFault),
                  story_event(5, 3, n1, EventKind::kPeerMessage),
                  story_event(6, 1, n1, EventKind::kPeerMessage),
                  story_event(7, 3, c0, EventKind::kReply)};
  story.events[2].brought = "put of client 0";
  story.events[2].digest = 0x1f;
  story.events[2].lost = {story_message(0, 1, Fate::kCut)};
  story.events[3].notes = {{{Voice::Kind::kFault, 0, "split"}, "n0 | n1 for 40 us"}};
  story.events[4].arrived = {story_message(0, 1, Fate::kArrived)};
  story.events[4].brought = "digest";
  story.events[5].arrived = {story_message(0, 1, Fate::kArrived)};
  story.events[5].brought = "digest";
  story.events[5].notes = {{{Voice::Kind::kNode, 1, kStops}, "power loss"}};
  story.faults = {{"split", "n0 | n1 for 40 us", 4, 40, 80}};
  story.downs = {{0, "", 0, 0, 10}, {1, "", 0, 0, 10}, {1, "power loss", 6, 60, UINT64_MAX}};
  story.outcome = RunOutcome::kViolation;
  story.violations = {{Property::kConverged, 6, 60, "n0 and n1 differ"}};
  return story;
}

}  // namespace vordb::sim
