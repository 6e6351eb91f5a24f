// `vordb-sim replay`: a run from its record of decisions, as far as one likes, and whether it is
// still the run that was recorded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace vordb::server {

struct ReplayOptions {
  std::string record;             // a file
  std::optional<uint64_t> until;  // stops after this event
  uint64_t from_event = 1;        // of the lines that are printed
  bool verbose = false;           // a line an event
  bool json = false;
  bool in_process = false;
};

// The exit code.
int replay(const ReplayOptions& options);

}  // namespace vordb::server
