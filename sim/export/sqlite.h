// A story as a database of SQLite, to be asked. The bytes are those of the database's file, and the
// same for the same story. Tables and columns are kSchema of sqlite.cc; docs/simulation.md has a
// query.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace vordb::sim {

struct Story;

// ResourceExhausted: it does not fit into memory, or into the 2 GB that SQLite hands out at once.
absl::StatusOr<std::string> sqlite_of(const Story& story);

}  // namespace vordb::sim
