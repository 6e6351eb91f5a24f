// The patches of scenarios/known-bugs/: what each takes out of the code, and what must notice.
// Header lines, each "Name: text", stand in front of a unified diff.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace vordb::server {

// Stands in `properties` for a process that aborts.
inline constexpr const char* kAssertion = "assertion";

struct KnownBug {
  std::string name;
  std::string rule;                     // what is gone
  std::string scenario;                 // of scenarios/; empty: a unit test alone shows it
  std::vector<std::string> sets;        // key=value, as --set takes them
  std::vector<std::string> properties;  // one of them must be violated first

  bool for_simulator() const { return !scenario.empty(); }
};

// An error says which header is wrong and what would be right.
absl::StatusOr<KnownBug> read_known_bug(const std::string& name, std::string_view patch);

// A property of sim/findings.h, or kAssertion.
bool names_property(std::string_view name);

// As its header has it: "three-node-crashes duration_ms=4000".
std::string scenario_of(const KnownBug& bug);

// The first sentence or so of a rule, for a column of a table.
std::string short_rule(const KnownBug& bug, size_t width);

}  // namespace vordb::server
