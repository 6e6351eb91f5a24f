// A story made by hand for the golden tests of the exports: two nodes, one client, a message that
// arrives, one that is lost, a fault that lasts, a call with its answer, and a violation.
#pragma once

#include "sim/story.h"

namespace vordb::sim {

inline StoryEvent sample_event(Story& story, EventKind kind, const Lane& lane, uint64_t time_us,
                               uint64_t cause) {
  StoryEvent event;
  event.number = story.events.size() + 1;
  event.cause = cause;
  event.time_us = time_us;
  event.draws = 10 * event.number;
  event.digest = 0xabc0 + event.number;
  event.lane = lane;
  event.kind = kind;
  event.phase = "load";
  return event;
}

inline Story sample_story() {
  const Lane n0{Lane::Kind::kNode, 0}, n1{Lane::Kind::kNode, 1}, c0{Lane::Kind::kClient, 0};
  Story story;
  story.scenario = "sample";
  story.seed = 7;
  story.nodes = 2;
  story.clients = 1;
  story.shards = 2;
  story.beginning = {{{Voice::Kind::kRun, 0, "phase"}, "form"}};
  const auto add = [&story](StoryEvent event) { story.events.push_back(std::move(event)); };

  StoryEvent boot = sample_event(story, EventKind::kBoot, n0, 0, 0);
  boot.phase = "form";
  add(boot);
  StoryEvent ask = sample_event(story, EventKind::kThink, c0, 1000, 0);
  ask.notes = {{Voice::client(0), "call 1 register_put 1/1 of node 0 sent, attempt 1"}};
  add(ask);
  StoryEvent request = sample_event(story, EventKind::kRequest, n0, 1100, 2);
  request.life = 1;
  request.shard = 1;
  request.brought = "register_put of client 0";
  add(request);
  StoryEvent turn = sample_event(story, EventKind::kEndTurn, n0, 1101, 3);
  turn.life = 1;
  turn.shard = 1;
  turn.notes = {{Voice::node(0), "vnode 1/1 changed: log next_op"}};
  add(turn);
  StoryEvent fault = sample_event(story, EventKind::kFault, {}, 1200, 0);
  fault.notes = {{{Voice::Kind::kFault, 0, "partition"}, "n0 | n1 for 5000 us"}};
  add(fault);
  story.faults = {{"partition", "n0 | n1 for 5000 us", 5, 1200, 6200}};
  StoryEvent arrival = sample_event(story, EventKind::kPeerMessage, n1, 1201, 4);
  arrival.life = 1;
  arrival.shard = 1;
  arrival.brought = "replicate";
  arrival.arrived = {{0, 1, Fate::kArrived, "replicate", "key: \"k;1\" # 100%", 42}};
  arrival.lost = {{1, 0, Fate::kCut, "replicated", "ok: true", 9}};
  add(arrival);
  // Two at the same moment.
  StoryEvent turn_1 = sample_event(story, EventKind::kEndTurn, n1, 1201, 6);
  turn_1.life = 1;
  turn_1.shard = 1;
  add(turn_1);
  StoryEvent answer = sample_event(story, EventKind::kReply, c0, 1300, 4);
  answer.notes = {{Voice::client(0), "call 1 register_put 1/1 of node 0 ok at 5 \xc3\xa4\n<b>"}};
  add(answer);
  StoryEvent check = sample_event(story, EventKind::kCheck, {}, 2000, 5);
  check.phase = "settle";
  check.notes = {{{Voice::Kind::kProperty, 0, "acked_durable"}, "k1 is not on the disk"}};
  add(check);
  story.over = true;
  story.outcome = RunOutcome::kViolation;
  story.violations = {{Property::kAckedDurable, 9, 2000, "k1 is not on the disk"}};
  return story;
}

}  // namespace vordb::sim
