// The file of a record, as a command of vordb-sim is given it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "sim/record.h"
#include "sim/scenario.h"

namespace vordb::server {

struct RecordFile {
  sim::Record record;
  sim::Scenario scenario;  // the record's
};

// An error names the file.
absl::StatusOr<RecordFile> load_record(const std::string& file);

}  // namespace vordb::server
