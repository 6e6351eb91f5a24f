#include "sim/export/shiviz.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "sim/export/reading.h"

namespace vordb::sim {

namespace {

std::string text_of(const StoryEvent& event) {
  std::string text =
      absl::StrCat(seconds_text(event.time_us), " #", event.number, " ", to_string(event.kind));
  if (!event.brought.empty()) absl::StrAppend(&text, ": ", event.brought);
  for (const StoryMessage& message : event.arrived) {
    absl::StrAppend(&text, " from n", message.from);
    if (message.fate != Fate::kArrived) absl::StrAppend(&text, " (", to_string(message.fate), ")");
  }
  for (const StoryMessage& message : event.lost)
    absl::StrAppend(&text, "; ", message.name, " to n", message.to, " (", to_string(message.fate),
                    ")");
  for (const StoryNote& note : event.notes)
    absl::StrAppend(&text, "; ", note.who.text(), ": ", note.what);
  return one_line(text);
}

}  // namespace

std::string shiviz_of(const Story& story) {
  const StoryClocks clocks = clocks_of(story);
  std::string text = absl::StrCat(kShivizExpression, "\n\n");
  for (size_t i = 0; i < story.events.size(); ++i) {
    nlohmann::json clock = nlohmann::json::object();
    for (size_t lane = 0; lane < clocks.lanes.size(); ++lane) {
      if (clocks.clocks[i][lane] > 0) clock[clocks.lanes[lane].name()] = clocks.clocks[i][lane];
    }
    absl::StrAppend(&text, clocks.lanes[clocks.lane_of[i]].name(), " ", clock.dump(), "\n",
                    text_of(story.events[i]), "\n");
  }
  return text;
}

}  // namespace vordb::sim
