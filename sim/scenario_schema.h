// The schema of scenario files: scenarios/schema.json, a JSON Schema that the build puts into the
// program (cmake/embed.cmake). It is the one place where the settings stand with their types,
// ranges, defaults and meanings: files are checked by it, editors complete from it, and the page of
// all settings is made of it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace vordb::sim {

// In a source that the build writes.
std::string_view schema_text();

// Every name is known, every value of its type and in its range. An error names the place and what
// would be right: "/faults/crash_every_ms: must be an integer in [0, 1000000000]".
absl::Status check_by_schema(const nlohmann::json& scenario);

// docs/scenario_settings.md, all of it: a table an object of the schema.
std::string settings_page();

}  // namespace vordb::sim
