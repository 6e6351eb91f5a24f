// Shrinking as commands do it: within a time, each candidate in a process of its own, and what is
// written is run once more.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sim/shrink.h"

namespace vordb::server {

using ShrinkHeard =
    std::function<void(const char* part, const sim::ShrinkSize& size, uint64_t runs)>;

// `first` fails; a run that fails by the same property first may take its place. `heard` may be
// null.
sim::Shrunk shrink_within(sim::Attempt first, uint64_t seconds, const ShrinkHeard& heard);

// Writes the record to a file, if its replay is the same run. Empty: it is there; else why not.
std::string write_shrunk(const sim::Shrunk& shrunk, const std::string& path);

}  // namespace vordb::server
