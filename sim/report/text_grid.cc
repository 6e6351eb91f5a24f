#include "sim/report/text_grid.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/report/printable.h"

namespace vordb::sim {

namespace {

constexpr size_t kColumn = 4;  // of a lane
constexpr size_t kWhatMax = 100;

char sign_of(EventKind kind) {
  static constexpr char kSigns[kEventKinds + 1] = "^.,loDdqaz?F=!";
  return kSigns[int(kind)];
}

// Lanes in which something happens, in the order of the page.
std::vector<Lane> lanes_of(const Story& story) {
  std::vector<Lane> all = {{}};
  for (uint32_t client = 0; client < story.clients; ++client)
    all.push_back({Lane::Kind::kClient, client});
  for (uint32_t node = 0; node < story.nodes; ++node) all.push_back({Lane::Kind::kNode, node});
  std::erase_if(all, [&](const Lane& lane) {
    return std::none_of(story.events.begin(), story.events.end(),
                        [&](const StoryEvent& event) { return event.lane == lane; });
  });
  return all;
}

class Grid {
 public:
  explicit Grid(const Story& story) : story_(story), lanes_(lanes_of(story)) {}

  std::string head() const {
    std::string names;
    for (const Lane& lane : lanes_) names += padded(lane.name(), kColumn);
    return absl::StrCat(right("event", 7), right("time us", 12), "  ", names, " what\n");
  }

  std::string line(const StoryEvent& event) const {
    std::string row = standing(event);
    const size_t here = column_of(event.lane);
    for (const StoryMessage& message : event.arrived) {
      const bool came = message.fate == Fate::kArrived;
      draw(row, column_of({Lane::Kind::kNode, message.from}), here, came ? '>' : 'x');
    }
    if (event.arrived.empty()) {
      const StoryEvent* cause = story_.find(event.cause);
      const bool of_client = event.kind == EventKind::kRequest || event.kind == EventKind::kReply;
      if (cause && of_client) draw(row, column_of(cause->lane), here, '>');
    }
    for (const StoryMessage& message : event.lost)
      draw(row, column_of({Lane::Kind::kNode, message.from}),
           column_of({Lane::Kind::kNode, message.to}), 'x');
    if (here < row.size()) row[here] = sign_of(event.kind);
    return absl::StrCat(right(absl::StrCat(event.number), 7),
                        right(absl::StrCat(event.time_us), 12), "  ", row, " ", what(event), "\n");
  }

 private:
  static std::string padded(std::string text, size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
  }
  static std::string right(const std::string& text, size_t width) {
    return std::string(width - std::min(width, text.size()), ' ') + text;
  }

  // A lane that is not shown lies behind the last column.
  size_t column_of(const Lane& lane) const {
    return size_t(std::find(lanes_.begin(), lanes_.end(), lane) - lanes_.begin()) * kColumn;
  }

  // The lanes as they stand when the event comes.
  std::string standing(const StoryEvent& event) const {
    std::string row(lanes_.size() * kColumn, ' ');
    for (size_t i = 0; i < lanes_.size(); ++i) row[i * kColumn] = '|';
    for (const StoryDown& down : story_.downs) {
      const size_t at = column_of({Lane::Kind::kNode, down.node});
      if (at < row.size() && down.begin_us <= event.time_us && event.time_us < down.end_us)
        row[at] = ' ';
    }
    return row;
  }

  // Ends before the lane that it is meant for.
  static void draw(std::string& row, size_t from, size_t to, char end) {
    if (from >= row.size() || to >= row.size() || from == to) return;
    const bool to_right = from < to;
    row[from] = '+';
    for (size_t at = std::min(from, to) + 1; at < std::max(from, to); ++at) row[at] = '-';
    row[to_right ? to - 1 : to + 1] = end == '>' && !to_right ? '<' : end;
  }

  static std::string what(const StoryEvent& event) {
    std::string text = event.brought.empty() ? to_string(event.kind) : event.brought;
    for (const StoryMessage& message : event.arrived) {
      if (message.fate != Fate::kArrived)
        absl::StrAppend(&text, " (", to_string(message.fate), ")");
    }
    for (const StoryMessage& message : event.lost)
      absl::StrAppend(&text, "; ", message.name, " to n", message.to, ": ",
                      to_string(message.fate));
    for (const StoryNote& note : event.notes) {
      const bool state = note.who.kind == Voice::Kind::kNode && *note.who.name == '\0';
      if (!state) absl::StrAppend(&text, "; ", note.who.text(), ": ", note.what);
    }
    return printable(std::move(text), kWhatMax);
  }

  const Story& story_;
  std::vector<Lane> lanes_;
};

}  // namespace

std::string text_grid(const Story& story) {
  std::string text = absl::StrCat(story.scenario, " seed ", story.seed, "\n");
  for (int kind = 0; kind < kEventKinds; ++kind)
    absl::StrAppend(&text, kind % 7 == 0 ? "" : "  ", std::string(1, sign_of(EventKind(kind))), " ",
                    to_string(EventKind(kind)), kind % 7 == 6 ? "\n" : "");
  absl::StrAppend(&text, "| is up  + sender  --> arrives  --x is lost\n\n");
  const Grid grid(story);
  text += grid.head();
  for (const StoryEvent& event : story.events) text += grid.line(event);
  for (const Violation& violation : story.violations)
    absl::StrAppend(&text, "violated ", to_string(violation.property), " at event ", violation.step,
                    ": ", violation.text, "\n");
  return text;
}

}  // namespace vordb::sim
