// The runs of swarms in a file of SQLite, so that a swarm that was stopped goes on. A run counts
// for the same scenario, with the same settings, and the same program; others stay in the file. It
// is good at every moment, however the swarm ends.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/sim/seed_plan.h"
#include "server/sim/swarm_result.h"
#include "sim/scenario.h"

struct sqlite3;

namespace vordb::server {

class SwarmState {
 public:
  // Made where it is not there. An error names the file.
  static absl::StatusOr<SwarmState> open(const std::string& file);
  SwarmState(SwarmState&&) noexcept;
  SwarmState& operator=(SwarmState&&) noexcept;
  ~SwarmState();

  // The swarm of this scenario from here on. `foreign`: what is there of a scenario of this name
  // and does not count, in words; empty: nothing.
  absl::Status begin(const sim::Scenario& scenario, std::string& foreign);
  // Adds the runs that are there of these seeds.
  absl::Status load(const SeedPlan& seeds, SwarmResult& swarm);
  // A line as add_run() takes it.
  absl::Status keep(std::string_view line);
  // So long the swarm has run in all.
  absl::Status end(uint64_t real_ms);

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit SwarmState(std::string file) : file_(std::move(file)) {}
  absl::Status wrong() const;

  std::string file_;
  std::string program_;  // digest of the program that runs here
  std::unique_ptr<sqlite3, Close> database_;
  uint64_t swarm_ = 0;
};

}  // namespace vordb::server
