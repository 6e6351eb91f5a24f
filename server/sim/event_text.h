// An event of a run, as lines for people.
#pragma once

#include <string>

#include "sim/story.h"

namespace vordb::server {

// Such as "12  31250 us  n1/0 peer_message: digest of n2".
std::string line_of(const sim::StoryEvent& event);
// That, and all that belongs to it, in lines of their own.
std::string text_of(const sim::StoryEvent& event);

}  // namespace vordb::server
