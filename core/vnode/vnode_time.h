// The hybrid time of a vnode, and what it may tell of it: a time that is announced promises that no
// mutation outside the announced clock has, or will ever get, a time up to it (DATA.md rule 2,
// counterexample E).
#pragma once

#include <algorithm>

#include "core/crdt/hlc.h"
#include "core/fields.h"

namespace vordb::vnode {

class VnodeTime {
 public:
  // No earlier time was above `start`.
  explicit VnodeTime(Hlc start = {}) : clock_(start) {}

  // A new time, for a mutation.
  Hlc tick(const Instant& now) { return clock_.tick(now); }
  // Somebody has seen this time: what comes is later (rule 4).
  void observe(Hlc seen, const Instant& now) { clock_.observe(seen, now); }
  Hlc advance(const Instant& now) { return clock_.advance(now); }
  Hlc at(const Instant& now) const { return clock_.at(now); }
  Hlc last() const { return clock_.last(); }

  // The time that may be announced. `pending`: the lowest of a mutation that is not durable yet,
  // all ones if there is none; `ceiling`: what a restart would begin above.
  Hlc tellable(Hlc pending, Hlc ceiling, const Instant& now) const {
    return std::min({clock_.at(now), ceiling, Hlc{pending.word - 1}});
  }
  // The same, and it is announced: from now on every tick is above it.
  Hlc announce(Hlc pending, Hlc ceiling, const Instant& now) {
    const Hlc told = tellable(pending, ceiling, now);
    clock_.observe(told, now);
    return told;
  }

  HlcClock& clock() { return clock_; }

  bool operator==(const VnodeTime&) const = default;

 private:
  HlcClock clock_;
  VORDB_FIELDS(VnodeTime, clock_)
};

}  // namespace vordb::vnode
