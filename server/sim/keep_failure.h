// Keeps the fastest run of a failure: makes it again with a record, shrinks that, and writes its
// story beside it. All of it in a process of its own, for the run may abort.
#pragma once

#include <cstdint>
#include <string>

#include "server/sim/failures.h"
#include "sim/scenario.h"

namespace vordb::server {

// Fills in what was kept. `folder` is made where it is not there. `shrink_seconds` 0: the record is
// not shrunk. Empty: kept; else why not.
std::string keep_failure(const sim::Scenario& scenario, const std::string& folder,
                         uint64_t shrink_seconds, Failure& failure);

}  // namespace vordb::server
