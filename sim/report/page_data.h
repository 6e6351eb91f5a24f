// What the page of a run is drawn from: its story as one JSON text, with each string once and each
// kind of number in an array of its own, so that 10,000 events are far below 5 MB. The text may
// stand inside a <script> element whatever the run said. sim/report/data.js reads it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/blame.h"
#include "sim/story.h"

namespace vordb::sim {

// More of them nobody looks through, and no browser draws well.
inline constexpr uint64_t kPageEventsMax = 20'000;

struct PageRun {
  const Story& story;
  std::string record;            // its file, as the reader types it
  const Blame* blame = nullptr;  // null: nobody looked which decision is to blame
};

// The events of a story that is for a page: one more than fit, which tells that it is too long.
StoryBounds page_bounds(const StoryBounds& asked);

// One run, or two to be compared. InvalidArgument: a story has no events, or too many.
absl::StatusOr<std::string> page_data(const std::vector<PageRun>& runs);

// The number of the first event in which they differ by kind, lane or digest, or that only one of
// them has; 0: they do not differ.
uint64_t first_difference(const Story& a, const Story& b);

// For each event of the story whether it brought a message that overtook none: false where one that
// was sent later on the same link had arrived before.
std::vector<bool> arrived_in_order(const Story& story);

}  // namespace vordb::sim
