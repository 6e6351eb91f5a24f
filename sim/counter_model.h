// What is known about one counter. A value read must be a base (the beginning, a delete, an expiry,
// a value read while nothing else was under way) plus all increments that surely came between it
// and the read, plus some subset of those that may have: concurrent ones and those of unknown
// outcome.
//
// A reset takes each replica's share by itself. Where several nodes answer, a read that meets one
// may show some shares as they were before it and others after: of what may have been taken then,
// any part may be missing.
//
// An increment that every explanation of a read counts took effect: later reads count it too,
// though nobody has acknowledged it.
//
// Sound; exact wherever a read meets no mutation, because such a read settles everything before it.
// With more than kSubsetMax open increments the subset is replaced by its range.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/call.h"

namespace vordb::sim {

class CounterModel {
 public:
  static constexpr size_t kSubsetMax = 14;

  void add_began(uint64_t call, int64_t amount, Step begin);
  void reset_began(uint64_t call, Step begin);
  // An increment may find the counter expired and clear it first; that ends as the increment does,
  // or is called off because nothing can have expired.
  void purge_began(uint64_t call, Step begin);
  void purge_called_off(uint64_t call);
  void acknowledged(uint64_t call, Span span);
  // It had no effect and never will. False: but a read has shown it.
  bool refused(uint64_t call);
  // A reset that takes effect takes nothing that began after `end`; when that shows is open still.
  void carried_out(uint64_t call, Step end);
  void lost_sight(uint64_t call, Step end);

  // The counter was emptied within `span` for a reason that no call names (expiry, a dropped
  // bucket).
  void vanished(Span span, bool surely);

  // Whether a read of `value`, or one that found no counter, can be explained. If it can, takes
  // note. With `by_shares` a reset may show in part.
  bool read(int64_t value, Span span, bool by_shares = false);
  bool read_nothing(Span span);

  bool may_be_there(Span span) const;
  bool may_be_absent(Span span) const;

  void forget_before(Step horizon);

  // An acknowledged increment is the newest sure change and no reset may have followed.
  bool known_there() const;
  // The newest sure change is a reset and no increment may have followed.
  bool known_absent() const;
  bool has_unknown() const;

  size_t size() const { return adds_.size() + bases_.size(); }

 private:
  struct Add {
    uint64_t call;
    Step begin;
    Step end;
    int64_t amount;
    bool sure;  // it took effect
    bool settled;
    bool shown = false;  // a read has counted it
  };
  struct Base {
    uint64_t call;
    Step begin;
    Step end;
    int64_t value;
    bool exists;
    bool sure;
    bool settled;
    bool late = false;   // what it took is settled, when that shows is not
    bool purge = false;  // what an increment did before it counted, if the counter had expired
  };
  struct Sums {
    __int128 fixed = 0;
    bool any_fixed = false;
    std::vector<int64_t> optional;
    std::vector<uint64_t> calls;  // whose increments are optional, in the same order
  };

  bool usable(const Base& base, Span span) const;
  Sums sums_after(const Base& base, Span span) const;
  bool half_reset(int64_t value, Span span) const;
  static bool reaches(const Sums& sums, __int128 target, bool needs_one);
  void confirm(int64_t value, Span span);
  void settle(int64_t value, bool exists, Span span);
  void tidy();

  std::vector<Add> adds_;
  std::vector<Base> bases_{{0, 0, 0, 0, false, true, true}};
  Step horizon_ = 0;
  size_t tidy_above_ = 24;
};

}  // namespace vordb::sim
