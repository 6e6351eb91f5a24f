// A story for ShiViz (https://bestchai.bitbucket.io/shiviz/): a line with a lane and its vector
// clock, then a line that tells the event. ShiViz takes the expression that parses this from the
// first line of the file; the second is the delimiter of runs, of which there is one.
#pragma once

#include <string>

namespace vordb::sim {

struct Story;

inline constexpr const char* kShivizExpression = R"re((?<host>\S*) (?<clock>{.*})\n(?<event>.*))re";

std::string shiviz_of(const Story& story);

}  // namespace vordb::sim
