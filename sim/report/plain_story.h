// The story of a failure in plain lines: who did what, which fault came, what was lost, and what it
// led to. Best of a run that was shrunk; of a long one it tells what fits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/story.h"

namespace vordb::sim {

struct PlainStory {
  std::vector<std::string> lines;  // in the order of time, without their ends
  size_t left_out = 0;             // lines that were too many
};

// At most `lines_max` lines. A call is one line, at the time at which it was sent; messages that
// were lost in one way on one link are one. It begins with the load, unless it was over before.
// What is left out first are calls that went well and losses of messages that no client asked for.
PlainStory plain_story(const Story& story, size_t lines_max);

}  // namespace vordb::sim
