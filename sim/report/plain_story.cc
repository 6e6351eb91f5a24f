#include "sim/report/plain_story.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "sim/report/printable.h"

namespace vordb::sim {

namespace {

constexpr size_t kLineMax = 150;
constexpr size_t kViolationsMax = 2;
constexpr size_t kNamesMax = 4;

// What a client's note says of a call: "call 6 put 0/1 of node 0 ok at 17, attempt 1, token t-5".
struct CallNote {
  std::string id;    // call 6
  std::string what;  // call 6 put 0/1 of node 0
  std::string how;   // ok at 17
};

bool parse(std::string_view note, CallNote& out) {
  constexpr std::string_view kOf = " of node ";
  const size_t of = note.find(kOf);
  const size_t attempt = note.rfind(", attempt ");
  if (!note.starts_with("call ") || of == std::string_view::npos ||
      attempt == std::string_view::npos)
    return false;
  const size_t how = note.find(' ', of + kOf.size());
  if (how >= attempt) return false;
  out.id = note.substr(0, note.find(' ', 5));
  out.what = note.substr(0, how);
  out.how = note.substr(how + 1, attempt - how - 1);
  out.how.resize(out.how.find_last_not_of(' ') + 1);
  return true;
}

struct Line {
  uint64_t time_us = 0;
  std::string text;
  bool matters = true;
  bool is_call = false;  // `text` still lacks how it ended
  // ---- of messages that were lost
  std::map<std::string, uint64_t> names;
  std::string of_call;  // the first that a client's call had caused
};

class Teller {
 public:
  explicit Teller(const Story& story) : story_(story) {}

  std::vector<Line> all() {
    const size_t first = first_event();
    for (size_t i = first; i < story_.events.size(); ++i) {
      const StoryEvent& event = story_.events[i];
      for (const StoryNote& note : event.notes) tell(event, note);
      for (const StoryMessage& message : event.arrived) {
        if (message.fate != Fate::kArrived) lost(event, message);
      }
      for (const StoryMessage& message : event.lost) lost(event, message);
    }
    for (Line& line : lines_) finish(line);
    for (size_t i = 0; i < std::min(story_.violations.size(), kViolationsMax); ++i) {
      const Violation& violation = story_.violations[i];
      add(violation.time_us,
          absl::StrCat("VIOLATED ", to_string(violation.property), ": ", violation.text));
    }
    return std::move(lines_);
  }

 private:
  // Of the load, if the story comes to it.
  size_t first_event() const {
    for (size_t i = 0; i < story_.events.size(); ++i) {
      if (story_.events[i].phase == "load") return i;
    }
    return 0;
  }

  bool violates(const StoryEvent& event) const {
    return std::any_of(story_.violations.begin(), story_.violations.end(),
                       [&](const Violation& violation) { return violation.step == event.number; });
  }

  Line& add(uint64_t time_us, std::string text) {
    Line line;
    line.time_us = time_us;
    line.text = std::move(text);
    return lines_.emplace_back(std::move(line));
  }

  void tell(const StoryEvent& event, const StoryNote& note) {
    const std::string said = absl::StrCat(note.who.text(), ": ", note.what);
    switch (note.who.kind) {
      case Voice::Kind::kClient:
        // The audit reads every key through every node.
        if (event.phase != "audit" || violates(event)) tell_call(event, note, said);
        return;
      case Voice::Kind::kFault:
        add(event.time_us, "fault " + said);
        return;
      case Voice::Kind::kOperator:
        add(event.time_us, said);
        return;
      case Voice::Kind::kNode:
        if (note.what.find(" changed:") == std::string::npos) add(event.time_us, said);
        return;
      case Voice::Kind::kRun:
        if (note.who.name == std::string_view("phase") && note.what != "load")
          add(event.time_us, note.what == "settle" ? "every fault ends: settle" : note.what);
        return;
      case Voice::Kind::kProperty:
        return;
    }
  }

  void tell_call(const StoryEvent& event, const StoryNote& note, const std::string& said) {
    CallNote call;
    if (!parse(note.what, call)) {
      add(event.time_us, said).matters = false;
      return;
    }
    const std::string who = note.who.text() + ": ";
    const auto known = calls_.find(who + call.id);
    const bool sent = call.how == "sent";
    if (sent || known == calls_.end()) {
      calls_[who + call.id] = lines_.size();
      Line& line = add(event.time_us, who + call.what + (sent ? "" : ": " + call.how));
      line.is_call = sent;
      return;
    }
    Line& line = lines_[known->second];
    absl::StrAppend(&line.text, line.is_call ? ": " : "; ", call.how, ", ",
                    event.time_us - line.time_us, " us later");
    line.is_call = false;
    line.matters = !call.how.starts_with("ok");
  }

  // The client's request that led to this event; empty: none did.
  std::string call_behind(const StoryEvent& event) const {
    const StoryEvent* at = &event;
    while (at != nullptr && at->kind != EventKind::kRequest) at = story_.find(at->cause);
    return at == nullptr ? "" : at->brought;
  }

  void lost(const StoryEvent& event, const StoryMessage& message) {
    const auto key = std::tuple(message.from, message.to, message.fate);
    const auto [known, is_new] = losses_.emplace(key, lines_.size());
    if (is_new) {
      add(event.time_us,
          absl::StrCat("n", message.from, " to n", message.to, ": ", to_string(message.fate)))
          .matters = false;
    }
    Line& line = lines_[known->second];
    ++line.names[message.name];
    if (!line.of_call.empty()) return;
    line.of_call = call_behind(event);
    line.matters = !line.of_call.empty();
  }

  static void finish(Line& line) {
    if (line.is_call) line.text += ": no answer";
    const char* between = ": ";
    size_t told = 0;
    for (const auto& [name, count] : line.names) {
      if (++told > kNamesMax) continue;
      absl::StrAppend(&line.text, between, count, " ", name);
      between = ", ";
    }
    if (told > kNamesMax) absl::StrAppend(&line.text, " and others");
    if (!line.of_call.empty()) absl::StrAppend(&line.text, " (of the ", line.of_call, ")");
  }

  const Story& story_;
  std::vector<Line> lines_;
  std::map<std::string, size_t> calls_;
  std::map<std::tuple<uint32_t, uint32_t, Fate>, size_t> losses_;
};

}  // namespace

PlainStory plain_story(const Story& story, size_t lines_max) {
  std::vector<Line> lines = Teller(story).all();
  PlainStory result;
  result.left_out = lines.size() - std::min(lines.size(), lines_max);
  size_t too_many = result.left_out;
  // The oldest go first: of those that matter only when no other is left.
  for (const bool matters : {false, true})
    std::erase_if(lines, [&](const Line& line) {
      if (too_many == 0 || line.matters != matters) return false;
      --too_many;
      return true;
    });
  for (const Line& line : lines)
    result.lines.push_back(absl::StrFormat("%4u.%06u s  %s", line.time_us / 1'000'000,
                                           line.time_us % 1'000'000,
                                           printable(line.text, kLineMax)));
  return result;
}

}  // namespace vordb::sim
