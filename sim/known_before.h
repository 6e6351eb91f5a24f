// The greatest of the things that became known before some step. Calls end in one order and begin
// in another: what a call had to know is what others had been told before it began, not before it
// ended. Keeps as much as open calls may ask for.
#pragma once

#include <algorithm>
#include <vector>

#include "sim/call.h"

namespace vordb::sim {

// `Value` is ordered by <, and Value{} is less than any that is told.
template <typename Value>
class KnownBefore {
 public:
  void know(Step since, Value value) { recent_.push_back({since, std::move(value)}); }

  Value before(Step begin) const {
    Value greatest = old_;
    for (const Known& known : recent_) {
      if (known.since < begin && greatest < known.value) greatest = known.value;
    }
    return greatest;
  }

  // Nobody asks for a step before `horizon` any more.
  void forget_before(Step horizon) {
    if (recent_.empty()) return;
    old_ = before(horizon);
    std::erase_if(recent_, [&](const Known& known) { return known.since < horizon; });
  }

  void clear() {
    old_ = Value{};
    recent_.clear();
  }

 private:
  struct Known {
    Step since;
    Value value;
  };
  Value old_{};
  std::vector<Known> recent_;
};

}  // namespace vordb::sim
