// Makes a run that fails smaller: what it does not need for its failure is left out of its record,
// by delta debugging (sim/ddmin.h) over kinds of faults, machines, clients, single faults and
// single calls; then what is drawn is made as plain as it can be. Every candidate is run, and one
// that still fails takes the place of the run before it, with a record of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sim/ddmin.h"
#include "sim/shrink_run.h"

namespace vordb::sim {

struct ShrinkOptions {
  // Whether it is the failure that shall be kept.
  std::function<bool(const RunResult&)> fails;
  // False: no more time.
  std::function<bool()> go_on;
  // Where given, says what `body` says, and lives on where `body` aborts: that is no candidate.
  std::function<bool(const std::function<bool()>& body)> apart;
  // Hears of each part that is begun, and of each run.
  std::function<void(const char* part, const ShrinkSize& size, uint64_t runs)> progress;
};

struct Shrunk {
  Attempt attempt;
  uint64_t runs = 0;
  // It ended by itself: no single fault, and no single call, can be left out of what there is
  // without losing the failure, or making the run longer by more than an eighth.
  bool minimal = false;
};

// `first` fails.
Shrunk shrink(Attempt first, const ShrinkOptions& options);

class Shrinker {
 public:
  Shrinker(Attempt first, const ShrinkOptions& options);

  // Each returns false when there was no more time.
  bool all();
  bool leave_out_faults();
  bool leave_out_calls();

  // Whether it still fails without these faults; the run stays what it is.
  bool fails_without(std::span<const Place> faults);

  const Attempt& best() const { return best_; }
  Attempt take() { return std::move(best_); }
  uint64_t runs() const { return runs_; }

 private:
  using Measure = std::function<uint64_t(const Attempt&)>;
  using Overrides = std::vector<std::pair<std::string, std::string>>;

  bool round();
  bool leave_out_kinds();
  bool leave_out_machines();
  bool leave_out_clients();
  bool leave_out_buckets();
  bool make_shorter();
  bool make_plain();
  bool leave_out_time();
  bool lessen_waits();

  void begin(const char* part);
  // Takes it if it still fails, is smaller by this measure, and has grown in nothing that counts.
  bool take_if_smaller(const Candidate& candidate, const Measure& measure);
  bool is_smaller(const Attempt& attempt, const Measure& measure) const;
  // The same run under other settings.
  bool take_settings(const Overrides& overrides, const Measure& measure,
                     std::shared_ptr<Script> script = nullptr);
  // Values of these decisions, zeroed or halved in chunks; not finer than `parts` chunks.
  bool lessen(std::span<const Decision> decisions, uint64_t divisor, size_t parts);
  uint64_t events_max() const { return events_least_ + events_least_ / 8 + 200; }

  const ShrinkOptions& options_;
  Attempt best_;
  ShrinkSize size_;
  uint64_t events_least_;
  uint64_t runs_ = 0;
  bool changed_ = false;
  const char* part_ = "";
};

}  // namespace vordb::sim
