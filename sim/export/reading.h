// What every export reads out of a story: what went from one place to another, which faults touch
// it, and how long its phases were. Pointers are into the story, which must outlive them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/story.h"

namespace vordb::sim {

// A message between nodes, or a call of a client, or its answer.
struct Arrow {
  enum class Kind : uint8_t { kMessage, kCall, kAnswer };
  Kind kind = Kind::kMessage;
  Lane from;
  Lane to;
  const StoryEvent* sent = nullptr;   // null: it was sent before the story begins
  const StoryEvent* ended = nullptr;  // during which it arrived or was lost; never null
  Fate fate = Fate::kArrived;
  std::string what;
  const StoryMessage* message = nullptr;  // null: not between nodes
};
const char* to_string(Arrow::Kind kind);

// In the order in which they ended. A call or an answer whose sender is not in the story is none:
// who sent it is not known.
std::vector<Arrow> arrows_of(const Story& story);

// Those that begin in the story or last into it.
std::vector<const StoryFault*> faults_within(const Story& story);

struct StoryPhase {
  std::string name;
  const StoryEvent* first = nullptr;
  uint64_t end_us = 0;  // when the next begins, or the story ends
};
std::vector<StoryPhase> phases_of(const Story& story);

// Its place in the story.
inline size_t index_of(const Story& story, const StoryEvent& event) {
  return size_t(&event - story.events.data());
}

// "partitions seed 1, events 1 to 297: VIOLATION"; of a run that goes on, without an outcome.
std::string title_of(const Story& story);

// "12.000345 s"
std::string seconds_text(uint64_t time_us);

// For formats of lines: what would break a line, or is no ASCII, becomes a question mark.
std::string one_line(std::string_view text);

}  // namespace vordb::sim
