// `vordb-sim debug`: a recorded run to walk through, by commands that are typed or piped in, one a
// line. With --json each answer is one JSON document on a line of its own, for scripts.
#pragma once

#include <string>

namespace vordb::server {

struct DebugOptions {
  std::string record;  // a file
  bool json = false;
};

// Reads commands from standard input until `quit` or its end. The exit code.
int debug(const DebugOptions& options);

}  // namespace vordb::server
