// `vordb-sim export`: a run from its record, for viewers that people have.
#pragma once

#include <cstdint>
#include <string>

namespace vordb::server {

struct ExportCommand {
  std::string record;
  std::string format;  // perfetto, shiviz, mermaid or sqlite
  std::string out;     // the file that is written
  uint64_t from_event = 1;
  uint64_t until = UINT64_MAX;
};

// The exit code: that of a run that could be exported is 0, whatever it found.
int export_run(const ExportCommand& command);

}  // namespace vordb::server
