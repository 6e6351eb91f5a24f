#include "server/sim/event_text.h"

#include "absl/strings/str_cat.h"

namespace vordb::server {

std::string line_of(const sim::StoryEvent& event) {
  std::string text = absl::StrCat(event.number, "  ", event.time_us, " us  ", event.lane.name());
  if (event.lane.kind == sim::Lane::Kind::kNode) absl::StrAppend(&text, "/", event.shard);
  absl::StrAppend(&text, " ", to_string(event.kind));
  if (!event.brought.empty()) absl::StrAppend(&text, ": ", event.brought);
  for (const sim::StoryMessage& message : event.arrived) {
    absl::StrAppend(&text, " of n", message.from);
    if (message.fate != sim::Fate::kArrived)
      absl::StrAppend(&text, " (", to_string(message.fate), ")");
  }
  return text;
}

std::string text_of(const sim::StoryEvent& event) {
  std::string text = line_of(event) + "\n";
  absl::StrAppend(&text, "  phase ", event.phase, ", planned by event ", event.cause, "\n");
  for (const sim::StoryMessage& message : event.arrived)
    absl::StrAppend(&text, "  ", message.body, "\n");
  for (const sim::StoryMessage& message : event.lost)
    absl::StrAppend(&text, "  ", message.name, " to n", message.to, ": ", to_string(message.fate),
                    "\n");
  for (const sim::StoryNote& note : event.notes)
    absl::StrAppend(&text, "  ", note.who.text(), ": ", note.what, "\n");
  return text;
}

}  // namespace vordb::server
