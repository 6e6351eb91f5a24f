// A run on a terminal: a line an event, a column a lane, and what happened at the right. The legend
// in front says what each sign means.
#pragma once

#include <string>

#include "sim/story.h"

namespace vordb::sim {

std::string text_grid(const Story& story);

}  // namespace vordb::sim
