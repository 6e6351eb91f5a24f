#include "sim/export/mermaid.h"

#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/export/reading.h"

namespace vordb::sim {

namespace {

constexpr size_t kTextMax = 120;

// Everything that Mermaid might read as its own (ends of statements, entities, tags, directives,
// formulas) goes as an entity.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : one_line(text.substr(0, kTextMax))) {
    if (std::string_view(";#%<>&$\\{}`").find(c) == std::string_view::npos)
      result += c;
    else
      absl::StrAppend(&result, "#", int(c), ";");
  }
  if (text.size() > kTextMax) result += " ...";
  return result;
}

class Diagram {
 public:
  explicit Diagram(const Story& story) : story_(story), arrows_(arrows_of(story)) {
    for (const Arrow& arrow : arrows_) {
      if (arrow.kind == Arrow::Kind::kCall) told_.emplace(arrow.sent->number, arrow.what);
      if (arrow.kind == Arrow::Kind::kAnswer) told_.emplace(arrow.ended->number, arrow.what);
    }
  }

  size_t arrows() const { return arrows_.size(); }

  std::string text() {
    absl::StrAppend(&text_, "sequenceDiagram\n    title ", escaped(title_of(story_)), "\n");
    name_participants();
    for (const StoryFault* fault : faults_within(story_)) {
      if (fault->event < story_.events.front().number)
        note_all(absl::StrCat("since ", seconds_text(fault->begin_us), ", until ",
                              seconds_text(fault->end_us), ": ", fault->kind, ", ", fault->what));
    }
    for (const StoryEvent& event : story_.events) add_event(event);
    while (violation_ < story_.violations.size()) add_violation();
    return text_;
  }

 private:
  void name_participants() {
    for (uint32_t node = 0; node < story_.nodes; ++node)
      absl::StrAppend(&text_, "    participant ", Lane{Lane::Kind::kNode, node}.name(), "\n");
    std::set<uint32_t> clients;  // that ask, are answered or say something
    for (const Arrow& arrow : arrows_) {
      if (arrow.kind != Arrow::Kind::kMessage)
        clients.insert((arrow.kind == Arrow::Kind::kCall ? arrow.from : arrow.to).index);
    }
    for (const StoryEvent& event : story_.events) {
      for (const StoryNote& word : event.notes) {
        if (word.who.kind == Voice::Kind::kClient) clients.insert(word.who.index);
      }
    }
    for (const uint32_t client : clients)
      absl::StrAppend(&text_, "    participant ", Lane{Lane::Kind::kClient, client}.name(), "\n");
  }

  void add_event(const StoryEvent& event) {
    if (phase_ != event.phase) {
      phase_ = event.phase;
      note_all("phase " + phase_);
    }
    if (event.kind == EventKind::kBoot) note(event.lane.name(), event, "boot");
    while (arrow_ < arrows_.size() && arrows_[arrow_].ended == &event) add_arrow(arrows_[arrow_++]);
    for (const StoryNote& word : event.notes) {
      if (word.who.kind == Voice::Kind::kFault)
        note_all(absl::StrCat("[", event.number, "] ", seconds_text(event.time_us),
                              " fault: ", word.who.name, ", ", word.what));
      const bool of_client = word.who.kind == Voice::Kind::kClient;
      if (of_client && !told_.contains({event.number, word.what}))
        note(Lane{Lane::Kind::kClient, word.who.index}.name(), event, word.what);
    }
    while (violation_ < story_.violations.size() &&
           story_.violations[violation_].step <= event.number)
      add_violation();
  }

  void add_arrow(const Arrow& arrow) {
    const char* const line = arrow.fate != Fate::kArrived         ? "--x"
                             : arrow.kind == Arrow::Kind::kAnswer ? "-->>"
                                                                  : "->>";
    std::string what = absl::StrCat("[", arrow.ended->number, "] ",
                                    seconds_text(arrow.ended->time_us), " ", arrow.what);
    if (arrow.fate != Fate::kArrived) absl::StrAppend(&what, " (", to_string(arrow.fate), ")");
    absl::StrAppend(&text_, "    ", arrow.from.name(), line, arrow.to.name(), ": ", escaped(what),
                    "\n");
  }

  void add_violation() {
    const Violation& violation = story_.violations[violation_++];
    note_all(absl::StrCat("[", violation.step, "] ", seconds_text(violation.time_us),
                          " VIOLATION: ", to_string(violation.property), ", ", violation.text));
  }

  void note(const std::string& over, const StoryEvent& event, const std::string& what) {
    absl::StrAppend(&text_, "    Note over ", over, ": ",
                    escaped(absl::StrCat("[", event.number, "] ", what)), "\n");
  }

  // Over all nodes.
  void note_all(const std::string& what) {
    absl::StrAppend(&text_, "    Note over n0", story_.nodes > 1 ? ",n" : "",
                    story_.nodes > 1 ? absl::StrCat(story_.nodes - 1) : "", ": ", escaped(what),
                    "\n");
  }

  const Story& story_;
  std::vector<Arrow> arrows_;
  // What clients say that stands on an arrow, and during which event.
  std::set<std::pair<uint64_t, std::string>> told_;
  std::string text_;
  std::string phase_;
  size_t arrow_ = 0;      // the next
  size_t violation_ = 0;  // the next
};

}  // namespace

absl::StatusOr<std::string> mermaid_of(const Story& story) {
  Diagram diagram(story);
  if (diagram.arrows() <= kMermaidArrowsMax) return diagram.text();
  return absl::InvalidArgumentError(absl::StrCat(
      "has ", diagram.arrows(), " messages, calls and answers, and a sequence diagram shows ",
      kMermaidArrowsMax,
      " at most: export a part with --from-event and --until, or make the run shorter with "
      "`vordb-sim shrink`"));
}

}  // namespace vordb::sim
