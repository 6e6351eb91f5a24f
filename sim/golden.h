// A golden script: a run as a text that people read in a review and that the tests run again. It
// has the scenario, the decisions that matter, and what happened in plain lines. Decisions are
// followed loosely (sim/chooser.h), so that a change of the code that is none to the story leaves
// it as it is; what changes the story shows in the file's diff once it is told anew.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "sim/record.h"
#include "sim/run_result.h"
#include "sim/scenario.h"

namespace vordb::sim {

struct Golden {
  std::string about;  // a paragraph for people, without marks of a comment; may be empty
  Scenario scenario;
  uint64_t seed = 0;
  std::shared_ptr<Script> script = std::make_shared<Script>();  // loose
  std::string told;  // what happened, a line each, and how it ended
};

// Longer ones nobody reads.
inline constexpr uint64_t kGoldenDecisionsMax = 1000;
inline constexpr size_t kGoldenLinesMax = 150;

std::string write_golden(const Golden& golden);
// InvalidArgument: it is none; the message names the line.
absl::StatusOr<Golden> read_golden(std::string_view text);

// Runs it and tells what happens now; `told` is left alone.
std::string tell(const Golden& golden);

// Of a record: decisions are left out as long as the run violates the same property first, or,
// where it violates none, goes through the same story apart from its times. `go_on` says whether
// there is more time for that. FailedPrecondition: the record is not what this code runs, or too
// long to be read.
absl::StatusOr<Golden> promote(const Record& record, const Scenario& scenario,
                               const std::function<bool()>& go_on);

}  // namespace vordb::sim
