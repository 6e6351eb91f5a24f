// A run as people read it: every event with where it happened, what it brought, what it changed and
// which event caused it; messages that were lost; faults with their ends. What reports and exports
// are made of. Nothing of it goes back into the run.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/event_queue.h"
#include "sim/run_result.h"
#include "sim/trace.h"

namespace vordb::sim {

struct Record;
struct Scenario;

// A place where events happen, one after the other.
struct Lane {
  enum class Kind : uint8_t {
    kNode,
    kClient,
    kRun
  };  // the last: faults, operators, the run itself
  Kind kind = Kind::kRun;
  uint32_t index = 0;
  bool operator==(const Lane&) const = default;
  std::string name() const;  // n0, c3, run
};
// Where this event happens.
Lane lane_of(const Event& event);

struct StoryNote {
  Voice who;
  std::string what;
};

// The end of a message's way; of one that was lost where and when it was sent.
struct StoryMessage {
  uint32_t from = 0;
  uint32_t to = 0;
  Fate fate = Fate::kArrived;
  std::string name;  // of core/message_table.h
  std::string body;  // as text, cut where it is long
  uint64_t bytes = 0;
};

struct StoryEvent {
  uint64_t number = 0;  // 1, 2, ...: as `replay --until` counts them
  uint64_t cause = 0;   // the number of the event that planned it; 0: the beginning of the run
  uint64_t time_us = 0;
  uint64_t draws = 0;  // decisions that were made before it
  uint64_t digest = 0;
  Lane lane;
  uint32_t life = 0;
  uint16_t shard = 0;
  EventKind kind = EventKind::kTick;
  std::string phase;                  // the part of the run
  std::string brought;                // what reached the node; empty: nothing that has a name
  std::vector<StoryMessage> arrived;  // at most one: of a kPeerMessage
  std::vector<StoryMessage> lost;     // of those that it sent
  std::vector<StoryNote> notes;
};

struct StoryFault {
  const char* kind = "";
  std::string what;
  uint64_t event = 0;  // during which it began
  uint64_t begin_us = 0;
  uint64_t end_us = 0;  // the same as the begin: it was over at once
};

// A time in which a machine ran no node.
struct StoryDown {
  uint32_t node = 0;
  std::string why;     // empty: it had not been started yet
  uint64_t event = 0;  // during which it stopped; 0: it was down from the beginning
  uint64_t begin_us = 0;
  uint64_t end_us = UINT64_MAX;  // this: it was not started again
};

struct Story {
  std::string scenario;
  uint64_t seed = 0;
  uint32_t nodes = 0;
  uint32_t clients = 0;
  uint16_t shards = 0;                     // of a node
  std::vector<StoryNote> beginning;        // before the first event
  std::vector<StoryEvent> events;          // in order; the first may have any number
  std::vector<StoryFault> faults;          // in the order of their begins
  std::vector<StoryDown> downs;            // likewise
  bool over = false;                       // the run came to its end within the bounds
  RunOutcome outcome = RunOutcome::kPass;  // if it did
  std::vector<Violation> violations;
  std::string parting;  // where it is not the run that was recorded; empty: it is

  // Null: it is not in the story.
  const StoryEvent* find(uint64_t number) const;
};

struct StoryBounds {
  uint64_t from = 1;  // the first event that is kept
  uint64_t until = UINT64_MAX;
};

// Writes what it hears into a story: of the events only those within the bounds, of the faults all.
class StoryWriter : public TraceListener {
 public:
  // `story` outlives the writer.
  explicit StoryWriter(Story& story, const StoryBounds& bounds = {})
      : story_(story), bounds_(bounds) {}

  void event(const Event& event, uint64_t draws) override;
  void brought(std::string_view what) override;
  void passage(const Passage& passage) override;
  void note(const Voice& who, std::string_view what, uint64_t lasts_us) override;

  // The run goes on from a copy of a world that has handled so many events.
  void begin_at(uint64_t events, uint64_t now_us);

 private:
  void starts(uint32_t node);
  void enter(std::string_view phase);

  Story& story_;
  StoryBounds bounds_;
  bool open_ = false;  // the last event of the story is the one that is being handled
  std::string phase_;
  uint64_t number_ = 0;
  uint64_t now_us_ = 0;
};

// Replays the record, up to the end of the bounds.
Story tell_story(const Record& record, const Scenario& scenario, const StoryBounds& bounds = {});

// How often each lane had had events when each event of the story happened, itself included, as far
// as it can have heard of them: the vector clock (Mattern 1989) of every event. Indices are those
// of `lanes`.
struct StoryClocks {
  std::vector<Lane> lanes;
  std::vector<size_t> lane_of;                // of each event, in the story's order
  std::vector<std::vector<uint32_t>> clocks;  // likewise
};
StoryClocks clocks_of(const Story& story);

}  // namespace vordb::sim
