#include "sim/story.h"

#include <algorithm>

#include "proto/peer.pb.h"
#include "sim/record.h"
#include "sim/replay.h"
#include "sim/scenario.h"

namespace vordb::sim {

namespace {

constexpr size_t kBodyMax = 400;

StoryMessage message_of(const Passage& passage) {
  StoryMessage message;
  message.from = passage.from;
  message.to = passage.to;
  message.fate = passage.fate;
  message.bytes = passage.bytes.size();
  message.name = name_of_message(passage.bytes);
  pb::PeerMessage parsed;
  if (!parsed.ParseFromArray(passage.bytes.data(), int(passage.bytes.size()))) return message;
  message.body = parsed.ShortDebugString();
  if (message.body.size() > kBodyMax) message.body = message.body.substr(0, kBodyMax) + " ...";
  return message;
}

}  // namespace

Lane lane_of(const Event& event) {
  switch (event.kind) {
    case EventKind::kFault:
    case EventKind::kCheck:
    case EventKind::kOperator:
      return {};
    default:
      return {is_of_client(event.kind) ? Lane::Kind::kClient : Lane::Kind::kNode, event.actor};
  }
}

void StoryWriter::begin_at(uint64_t events, uint64_t now_us) {
  number_ = events;
  now_us_ = now_us;
  open_ = false;
}

void StoryWriter::event(const Event& event, uint64_t draws) {
  ++number_;
  now_us_ = event.time_us;
  open_ = bounds_.from <= number_ && number_ <= bounds_.until;
  if (!open_) return;
  StoryEvent told;
  told.number = number_;
  told.cause = event.cause;
  told.time_us = event.time_us;
  told.draws = draws;
  told.digest = event.digest;
  told.lane = lane_of(event);
  told.life = event.life;
  told.shard = event.kind == EventKind::kReply ? 0 : event.shard;
  told.kind = event.kind;
  told.phase = phase_;
  story_.events.push_back(std::move(told));
}

void StoryWriter::brought(std::string_view what) {
  if (open_) story_.events.back().brought = what;
}

void StoryWriter::passage(const Passage& passage) {
  if (!open_) return;
  StoryEvent& event = story_.events.back();
  const bool here = event.kind == EventKind::kPeerMessage && event.arrived.empty() &&
                    passage.to == event.lane.index;
  (here ? event.arrived : event.lost).push_back(message_of(passage));
  if (here) event.brought = event.arrived[0].name;
}

void StoryWriter::note(const Voice& who, std::string_view what, uint64_t lasts_us) {
  // The end of one that lasts was told with its begin.
  if (who.kind == Voice::Kind::kFault && what != "over")
    story_.faults.push_back({who.name, std::string(what), number_, now_us_, now_us_ + lasts_us});
  if (who.kind == Voice::Kind::kRun && std::string_view(who.name) == "phase") enter(what);
  if (who.kind == Voice::Kind::kNode && who.name == std::string_view(kStarts)) starts(who.index);
  if (who.kind == Voice::Kind::kNode && who.name == std::string_view(kStops))
    story_.downs.push_back({who.index, std::string(what), number_, now_us_});
  if (number_ == 0) story_.beginning.push_back({who, std::string(what)});
  if (open_) story_.events.back().notes.push_back({who, std::string(what)});
}

void StoryWriter::starts(uint32_t node) {
  for (StoryDown& down : story_.downs) {
    if (down.node == node && down.end_us == UINT64_MAX) down.end_us = now_us_;
  }
}

void StoryWriter::enter(std::string_view phase) {
  phase_ = phase;
  if (phase != "settle") return;
  // Every fault ends here.
  for (StoryFault& fault : story_.faults) fault.end_us = std::min(fault.end_us, now_us_);
}

std::string Lane::name() const {
  if (kind == Kind::kRun) return "run";
  return (kind == Kind::kNode ? "n" : "c") + std::to_string(index);
}

const StoryEvent* Story::find(uint64_t number) const {
  if (events.empty() || number < events[0].number) return nullptr;
  const uint64_t at = number - events[0].number;
  return at < events.size() ? &events[at] : nullptr;
}

Story tell_story(const Record& record, const Scenario& scenario, const StoryBounds& bounds) {
  Story story;
  story.scenario = scenario.name;
  story.seed = record.run.seed;
  story.nodes = scenario.nodes.count + scenario.nodes.spare;
  story.clients = scenario.workload.clients;
  story.shards = scenario.node.shards;
  for (uint32_t node = 0; node < story.nodes; ++node) story.downs.push_back({node});
  StoryWriter writer(story, bounds);
  Replay replay(record, scenario, nullptr, &writer);
  bool more = true;
  while (more && replay.world().events() < bounds.until) more = replay.advance();
  story.over = !more || (record.end && record.end->events == replay.world().events());
  // A part is held against the same part, a whole run against the end too.
  Replay::Verdict verdict = replay.verdict();
  const RunResult result = replay.result();
  if (story.over) verdict = replay.verdict();
  if (!verdict.same) story.parting = verdict.text;
  story.outcome = result.outcome;
  story.violations = result.findings.violations();
  return story;
}

StoryClocks clocks_of(const Story& story) {
  StoryClocks result;
  for (uint32_t node = 0; node < story.nodes; ++node)
    result.lanes.push_back({Lane::Kind::kNode, node});
  for (uint32_t client = 0; client < story.clients; ++client)
    result.lanes.push_back({Lane::Kind::kClient, client});
  result.lanes.push_back({});
  const size_t lanes = result.lanes.size();
  std::vector<std::vector<uint32_t>> now(lanes, std::vector<uint32_t>(lanes, 0));
  for (const StoryEvent& event : story.events) {
    const size_t lane = event.lane.kind == Lane::Kind::kNode     ? event.lane.index
                        : event.lane.kind == Lane::Kind::kClient ? story.nodes + event.lane.index
                                                                 : lanes - 1;
    std::vector<uint32_t>& clock = now[lane];
    if (const StoryEvent* cause = story.find(event.cause)) {
      const std::vector<uint32_t>& heard = result.clocks[size_t(cause - story.events.data())];
      for (size_t i = 0; i < lanes; ++i) clock[i] = std::max(clock[i], heard[i]);
    }
    ++clock[lane];
    result.lane_of.push_back(lane);
    result.clocks.push_back(clock);
  }
  return result;
}

}  // namespace vordb::sim
