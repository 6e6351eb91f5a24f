// The pn_counter: an entry a replica id, written by that replica alone, with cumulative totals of
// one birth. Anyone may reset: that raises the baseline of what was observed, beside the dot and
// never inside its payload (DATA.md rule 13), so that an unseen increment survives and a seen one
// does not come back.
#pragma once

#include <cstdint>

#include "core/crdt/entry.h"
#include "core/crdt/vnode_clock.h"

namespace vordb::crdt {

// The delta of raising the totals of `dot`'s own replica by (p, n); on a vacant entry a new birth
// begins.
Entry counter_raise(const Entry& current, const Dot& dot, uint64_t p, uint64_t n);

// The delta of a reset of everything that `current` shows. The same as `current` where that changes
// nothing: then the reset is skipped.
Entry counter_reset(const Entry& current, Hlc hlc);

// The totals that `current` shows beyond its baseline.
struct CounterShare {
  CounterTotal p = 0;
  CounterTotal n = 0;
};
CounterShare counter_share(const Entry& entry);

// Whether the entry shows something that no reset has observed.
inline bool counter_present(const Entry& entry) {
  const CounterShare share = counter_share(entry);
  return share.p != 0 || share.n != 0;
}

// Whether the entry may be dropped: all it shows was reset, and every owner knows
// (`global_stable`).
bool counter_spent(const Entry& entry, Hlc global_stable);

// The sum of several entries' shares, exact. Reads saturate, increments that would leave int64 are
// refused.
class CounterSum {
 public:
  void add(const Entry& entry);
  void add(CounterTotal p, CounterTotal n) {
    sum_ += static_cast<__int128>(p) - static_cast<__int128>(n);
  }
  bool fits() const { return sum_ >= INT64_MIN && sum_ <= INT64_MAX; }
  // The sum, or the end of int64 that it lies beyond.
  int64_t saturated() const;

 private:
  __int128 sum_ = 0;
};

// The largest total: 2^33 of the largest increments, by one replica in one birth. The sum of any
// 2^31 of them cannot overflow.
inline constexpr CounterTotal kCounterTotalMax = (CounterTotal{1} << 96) - 1;

}  // namespace vordb::crdt
