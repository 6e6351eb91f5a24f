// What is known about one counter of a weak bucket, whose reads may be old. Every replica's count
// is its own, so what was acknowledged after the last reset counts, exactly once, in the end; what
// came before or during a reset counts or not; and a reset takes what its node had counted itself.
//
// Everything is kept as sums by side, in constant space.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/call.h"
#include "sim/known_before.h"

namespace vordb::sim {

class WeakCounter {
 public:
  struct Sum {
    uint64_t calls = 0;
    int64_t plus = 0;
    int64_t minus = 0;                // not above 0
    uint64_t oldest_ms = UINT64_MAX;  // the lowest timestamp among them

    void add(int64_t amount, uint64_t timestamp_ms) {
      ++calls;
      (amount < 0 ? minus : plus) += amount;
      oldest_ms = std::min(oldest_ms, timestamp_ms);
    }
    bool operator<(const Sum& other) const { return calls < other.calls; }
  };

  void add_began(int64_t amount);
  void add_refused(int64_t amount);
  // `node`, `nodes`: as for WeakElement. `counts`: it was no victim of a drop.
  void add_acknowledged(int64_t amount, Span span, uint32_t node, uint32_t nodes,
                        uint64_t timestamp_ms, bool counts);

  void reset_began(uint64_t call, uint32_t node);
  void reset_acknowledged(uint64_t call, Span span, uint32_t node);
  void reset_refused(uint64_t call);
  void reset_carried_out(uint64_t call, Step end);

  // What was acknowledged so far may be lost (a disk, an expiry) from now on.
  void doubted(Step end);

  // The floors of a read, as for WeakElement; nothing after a reset that may have come later.
  Sum added_before(Step begin) const;
  Sum added_before(Step begin, uint32_t node) const;
  // An acknowledged increment of this beginning counts still.
  bool still_counts(Step begin) const { return open_resets_.empty() && begin > last_reset_end_; }

  // Whether a read that must count all of `floor` may show this value, or none. `at_last`: every
  // effect has arrived everywhere.
  bool may_show(int64_t value, const Sum& floor, bool at_last) const;
  bool may_be_missing(const Sum& floor) const { return floor.calls == 0; }
  bool ever_added() const { return all_.calls > 0; }
  // Resets took everything that ever was.
  bool surely_gone() const;

  void forget_before(Step horizon);

 private:
  struct Node {
    KnownBefore<Sum> acked;  // running sums since the last reset
    Sum sum;
    Sum ever;   // since the beginning
    Sum taken;  // of `ever`: by resets
  };
  struct Reset {
    uint64_t call;
    uint32_t node;
    Sum ever;  // its node's, as it began
  };

  Reset take(uint64_t call);
  bool is_open(uint64_t call) const;

  Sum all_;  // every increment that is not refused
  Sum sum_;  // acknowledged since the last reset
  KnownBefore<Sum> acked_;
  std::vector<Node> nodes_;
  std::vector<Reset> open_resets_;
  Step last_reset_end_ = 0;
};

}  // namespace vordb::sim
