// Which decision doomed a run that fails. Forks of it keep its first decisions and draw all others
// anew. The share of forks that fail in the same way, within twice the time that the run took,
// tells how likely the failure was by then. Where it jumps from one decision to the next, that
// decision is to blame.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/findings.h"
#include "sim/record.h"
#include "sim/scenario.h"

namespace vordb::sim {

struct BlameOptions {
  uint32_t forks = 40;  // at each place
  // False: no more time.
  std::function<bool()> go_on;
  // How many of `count` bodies say yes. Where given, each lives in a world of its own: one that
  // aborts says no and takes nobody along.
  std::function<uint32_t(uint32_t count, const std::function<bool(uint32_t)>& body)> apart;
  // Hears of each place that was looked at.
  std::function<void(uint64_t places)> progress;
};

// Forks that keep the first `kept` decisions of the run.
struct BlamePoint {
  uint64_t kept = 0;
  uint64_t event = 0;  // during which the next one was made
  uint64_t time_us = 0;
  uint32_t failed = 0;  // of the forks
  bool operator==(const BlamePoint&) const = default;
};

// Between two neighbours of the curve more forks came to fail.
struct BlameJump {
  BlamePoint before;
  BlamePoint after;
  Drawn last;  // of the decisions between them; the only one if the jump is exact
  bool exact() const { return before.kept + 1 == after.kept; }
  uint32_t rise() const { return after.failed - before.failed; }
};

struct Blame {
  Property property = Property::kCanary;
  uint32_t forks = 0;  // at each place
  uint64_t decisions = 0;
  std::vector<BlamePoint> curve;  // by `kept`, from 0 to all
  std::vector<BlameJump> jumps;   // the highest first; none is less than an eighth of the forks
  bool finished = false;          // every jump is exact
};

// Such as "2% -> 97%: decision 412, strike one_way: target 1 of 4".
std::string text_of(const Blame& blame, const BlameJump& jump);

// Where a jump is worth to be looked at closer.
uint32_t least_rise(uint32_t forks);

// FailedPrecondition: the run does not fail, or is not what this code runs.
absl::StatusOr<Blame> blame(const Record& record, const Scenario& scenario,
                            const BlameOptions& options);

}  // namespace vordb::sim
