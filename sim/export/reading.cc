#include "sim/export/reading.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"

namespace vordb::sim {

namespace {

// A machine that stands still puts off what reaches it: the same event comes again later.
bool is_put_off(const StoryEvent& event, const StoryEvent& cause) {
  return event.kind == cause.kind && event.lane == cause.lane;
}

const StoryEvent* sender_of(const Story& story, const StoryEvent& event) {
  const StoryEvent* cause = story.find(event.cause);
  while (cause && is_put_off(event, *cause)) cause = story.find(cause->cause);
  return cause;
}

// What came of an event, by its index.
struct Consequence {
  bool any = false;
  bool put_off = false;
};

std::vector<Consequence> consequences_of(const Story& story) {
  std::vector<Consequence> result(story.events.size());
  for (const StoryEvent& event : story.events) {
    const StoryEvent* cause = story.find(event.cause);
    if (!cause) continue;
    Consequence& of_cause = result[index_of(story, *cause)];
    of_cause.any = true;
    const bool comes_from_outside =
        event.kind == EventKind::kRequest || event.kind == EventKind::kPeerMessage;
    if (comes_from_outside && is_put_off(event, *cause)) of_cause.put_off = true;
  }
  return result;
}

// What the event's client says of it, if that is one thing.
const std::string* word_of_client(const StoryEvent& event) {
  const std::string* word = nullptr;
  for (const StoryNote& note : event.notes) {
    if (note.who.kind != Voice::Kind::kClient) continue;
    if (word) return nullptr;
    word = &note.what;
  }
  return word;
}

Arrow message_of(const StoryMessage& message, const StoryEvent* sent, const StoryEvent& ended) {
  return {Arrow::Kind::kMessage,
          {Lane::Kind::kNode, message.from},
          {Lane::Kind::kNode, message.to},
          sent,
          &ended,
          message.fate,
          message.name,
          &message};
}

Arrow call_of(const StoryEvent& sent, const StoryEvent& ended, const Consequence& consequence) {
  Arrow arrow{Arrow::Kind::kCall, sent.lane, ended.lane, &sent, &ended};
  const std::string* word = word_of_client(sent);
  arrow.what = word ? *word : ended.brought.empty() ? "request" : ended.brought;
  // A node that is down, or was started since, takes nothing from it.
  if (ended.brought.empty() && !consequence.any) arrow.fate = Fate::kNobody;
  return arrow;
}

Arrow answer_of(const StoryEvent& sent, const StoryEvent& ended) {
  Arrow arrow{Arrow::Kind::kAnswer, sent.lane, ended.lane, &sent, &ended};
  const std::string* word = word_of_client(ended);
  arrow.what = word ? *word : "answer";
  return arrow;
}

}  // namespace

const char* to_string(Arrow::Kind kind) {
  static constexpr const char* kNames[] = {"message", "call", "answer"};
  return kNames[int(kind)];
}

std::vector<Arrow> arrows_of(const Story& story) {
  const std::vector<Consequence> consequences = consequences_of(story);
  std::vector<Arrow> arrows;
  for (const StoryEvent& event : story.events) {
    const Consequence& consequence = consequences[index_of(story, event)];
    const StoryEvent* sent = sender_of(story, event);
    for (const StoryMessage& message : event.arrived)
      arrows.push_back(message_of(message, sent, event));
    if (sent && event.kind == EventKind::kRequest && !consequence.put_off)
      arrows.push_back(call_of(*sent, event, consequence));
    if (sent && event.kind == EventKind::kReply) arrows.push_back(answer_of(*sent, event));
    for (const StoryMessage& message : event.lost)
      arrows.push_back(message_of(message, &event, event));
  }
  return arrows;
}

std::vector<const StoryFault*> faults_within(const Story& story) {
  std::vector<const StoryFault*> faults;
  if (story.events.empty()) return faults;
  const StoryEvent& first = story.events.front();
  for (const StoryFault& fault : story.faults) {
    if (fault.event >= first.number || fault.end_us > first.time_us) faults.push_back(&fault);
  }
  return faults;
}

std::vector<StoryPhase> phases_of(const Story& story) {
  std::vector<StoryPhase> phases;
  for (const StoryEvent& event : story.events) {
    if (phases.empty() || phases.back().name != event.phase)
      phases.push_back({event.phase, &event, event.time_us});
    if (phases.size() > 1) phases[phases.size() - 2].end_us = phases.back().first->time_us;
    phases.back().end_us = event.time_us;
  }
  return phases;
}

std::string title_of(const Story& story) {
  std::string title = absl::StrCat(story.scenario, " seed ", story.seed);
  if (!story.events.empty())
    absl::StrAppend(&title, ", events ", story.events.front().number, " to ",
                    story.events.back().number);
  if (story.over) absl::StrAppend(&title, ": ", to_string(story.outcome));
  return title;
}

std::string seconds_text(uint64_t time_us) {
  char text[40];
  std::snprintf(text, sizeof text, "%llu.%06llu s",
                static_cast<unsigned long long>(time_us / 1'000'000),
                static_cast<unsigned long long>(time_us % 1'000'000));
  return text;
}

std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return line;
}

}  // namespace vordb::sim
