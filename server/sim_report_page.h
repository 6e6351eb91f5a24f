// `vordb-sim report`: a recorded run as a page with its space-time diagram, or as a grid of text.
#pragma once

#include <string>

#include "sim/story.h"

namespace vordb::server {

struct ReportOptions {
  std::string record;  // a file
  std::string with;    // another one, to be compared; empty: none
  std::string out;     // the file of the page; empty: text to standard output
  sim::StoryBounds bounds;
  bool json = false;  // what was written, as one document
};

// The exit code. A run that parts from its record is reported as it is now; standard error and the
// page say so.
int report(const ReportOptions& options);

}  // namespace vordb::server
