#include "core/crdt/counter.h"

#include <algorithm>

namespace vordb::crdt {

namespace {

const LiveDot* newest(const Entry& entry) {
  return entry.live.empty() ? nullptr : &entry.live.back();
}

}  // namespace

Entry counter_raise(const Entry& current, const Dot& dot, uint64_t p, uint64_t n) {
  Entry delta;
  delta.context = current.observed();
  delta.baseline = current.baseline;
  Payload payload;
  if (const LiveDot* last = newest(current)) {
    payload = last->payload;
  } else {
    payload.birth = dot.counter;
  }
  payload.p += p;
  payload.n += n;
  delta.live.push_back(LiveDot{dot, payload});
  return delta;
}

Entry counter_reset(const Entry& current, Hlc hlc) {
  Entry delta = current;
  if (!counter_present(current)) return delta;
  const Payload& totals = newest(current)->payload;
  delta.baseline =
      Baseline{totals.birth, totals.p, totals.n, std::max(hlc, current.baseline.reset_hlc)};
  return delta;
}

CounterShare counter_share(const Entry& entry) {
  const LiveDot* last = newest(entry);
  if (!last) return {};
  const Payload& totals = last->payload;
  if (entry.baseline.birth != totals.birth) return {totals.p, totals.n};
  // A baseline never passes totals that it has observed; a smaller total is an older state still on
  // its way.
  return {totals.p - std::min(totals.p, entry.baseline.p),
          totals.n - std::min(totals.n, entry.baseline.n)};
}

bool counter_spent(const Entry& entry, Hlc global_stable) {
  return !entry.live.empty() && !counter_present(entry) && entry.baseline.reset_hlc < global_stable;
}

void CounterSum::add(const Entry& entry) {
  const CounterShare share = counter_share(entry);
  add(share.p, share.n);
}

int64_t CounterSum::saturated() const {
  return sum_ > INT64_MAX ? INT64_MAX : sum_ < INT64_MIN ? INT64_MIN : int64_t(sum_);
}

}  // namespace vordb::crdt
