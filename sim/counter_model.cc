#include "sim/counter_model.h"

#include <algorithm>

namespace vordb::sim {

namespace {
constexpr size_t kTidyAboveMin = 24;
}

void CounterModel::add_began(uint64_t call, int64_t amount, Step begin) {
  adds_.push_back({call, begin, kNever, amount, false, false, false});
}

void CounterModel::reset_began(uint64_t call, Step begin) {
  bases_.push_back({call, begin, kNever, 0, false, false, false});
}

void CounterModel::purge_began(uint64_t call, Step begin) {
  Base base{call, begin, kNever, 0, false, false, false};
  base.purge = true;
  bases_.push_back(base);
}

void CounterModel::purge_called_off(uint64_t call) {
  std::erase_if(bases_, [call](const Base& base) { return base.call == call && base.purge; });
}

void CounterModel::acknowledged(uint64_t call, Span span) {
  const auto settle = [&](auto& list) {
    for (auto& item : list) {
      if (item.call != call || item.settled) continue;
      item.end = std::min(item.end, span.end);
      item.sure = item.settled = true;
    }
  };
  settle(adds_);
  settle(bases_);
  for (Base& base : bases_) {
    if (base.call == call && base.purge) base.sure = false;
  }
  tidy();
}

bool CounterModel::refused(uint64_t call) {
  const bool shown = std::any_of(adds_.begin(), adds_.end(),
                                 [call](const Add& add) { return add.call == call && add.shown; });
  std::erase_if(adds_, [call](const Add& add) { return add.call == call && !add.settled; });
  std::erase_if(bases_, [call](const Base& base) { return base.call == call && !base.settled; });
  return !shown;
}

void CounterModel::lost_sight(uint64_t call, Step end) {
  const auto settle = [&](auto& list) {
    for (auto& item : list) {
      if (item.call != call || item.settled) continue;
      item.end = std::min(item.end, end);
      item.settled = true;
    }
  };
  settle(adds_);
  settle(bases_);
  for (Base& base : bases_) {
    if (base.call == call) base.late = false;
  }
  tidy();
}

void CounterModel::carried_out(uint64_t call, Step end) {
  for (Base& base : bases_) {
    if (base.call != call || base.settled) continue;
    base.end = end;
    base.settled = base.late = true;
  }
  tidy();
}

void CounterModel::vanished(Span span, bool surely) {
  bases_.push_back({0, span.begin, span.end, 0, false, surely, true});
  tidy();
}

bool CounterModel::usable(const Base& base, Span span) const {
  if (base.begin >= span.end) return false;
  return std::none_of(bases_.begin(), bases_.end(), [&](const Base& other) {
    return other.sure && other.begin > base.end && other.end < span.begin;
  });
}

CounterModel::Sums CounterModel::sums_after(const Base& base, Span span) const {
  Sums sums;
  for (const Add& add : adds_) {
    if (add.begin >= span.end || add.end < base.begin) continue;
    if (add.sure && add.begin > base.end && add.end < span.begin) {
      sums.fixed += add.amount;
      sums.any_fixed = true;
    } else {
      sums.optional.push_back(add.amount);
      sums.calls.push_back(add.call);
    }
  }
  return sums;
}

bool CounterModel::reaches(const Sums& sums, __int128 target, bool needs_one) {
  __int128 low = sums.fixed, high = sums.fixed;
  for (const int64_t amount : sums.optional) (amount < 0 ? low : high) += amount;
  if (target < low || target > high) return false;
  const bool one_is_there = !needs_one || sums.any_fixed;
  if (sums.optional.size() > kSubsetMax) return one_is_there || !sums.optional.empty();
  __int128 sum = sums.fixed;
  if (sum == target && one_is_there) return true;
  // Gray code: each step flips one member of the subset.
  uint32_t chosen = 0;
  for (uint32_t i = 1; i < (1u << sums.optional.size()); ++i) {
    const int flip = __builtin_ctz(i);
    chosen ^= 1u << flip;
    sum +=
        (chosen >> flip & 1) ? sums.optional[size_t(flip)] : -__int128{sums.optional[size_t(flip)]};
    if (sum == target && (one_is_there || chosen != 0)) return true;
  }
  return false;
}

bool CounterModel::half_reset(int64_t value, Span span) const {
  const bool met = std::any_of(bases_.begin(), bases_.end(), [&](const Base& base) {
    const bool complete = base.sure && base.end < span.begin;
    return base.call != 0 && !base.purge && !complete && usable(base, span);
  });
  if (!met) return false;
  return std::any_of(bases_.begin(), bases_.end(), [&](const Base& base) {
    if (!usable(base, span)) return false;
    // Of what shares its value was made up is not known.
    if (base.value != 0) return true;
    Sums sums;
    for (const Add& add : adds_) {
      if (add.begin < span.end && add.end >= base.begin) sums.optional.push_back(add.amount);
    }
    return reaches(sums, value, !base.exists);
  });
}

bool CounterModel::read(int64_t value, Span span, bool by_shares) {
  for (const Base& base : bases_) {
    if (!usable(base, span)) continue;
    if (reaches(sums_after(base, span), __int128{value} - base.value, !base.exists)) {
      if (!by_shares || !half_reset(value, span)) confirm(value, span);
      settle(value, true, span);
      return true;
    }
  }
  return by_shares && half_reset(value, span);
}

// What all explanations have in common is so.
void CounterModel::confirm(int64_t value, Span span) {
  const auto open = [&](const Add& add) { return !add.sure && add.begin < span.end; };
  if (std::none_of(adds_.begin(), adds_.end(), open)) return;
  std::vector<uint64_t> common;
  bool any = false;
  for (const Base& base : bases_) {
    if (!usable(base, span)) continue;
    const Sums sums = sums_after(base, span);
    if (sums.optional.size() > kSubsetMax) return;
    const __int128 target = __int128{value} - base.value;
    __int128 sum = sums.fixed;
    uint32_t chosen = 0, always = UINT32_MAX;
    bool explains = false;
    for (uint32_t i = 0; i < (1u << sums.optional.size()); ++i) {
      if (i > 0) {
        const size_t flip = size_t(__builtin_ctz(i));
        chosen ^= 1u << flip;
        sum += (chosen >> flip & 1) ? sums.optional[flip] : -__int128{sums.optional[flip]};
      }
      if (sum != target || (chosen == 0 && !base.exists && !sums.any_fixed)) continue;
      always &= chosen;
      explains = true;
    }
    if (!explains) continue;
    std::vector<uint64_t> counted;
    for (size_t i = 0; i < sums.calls.size(); ++i) {
      if ((always >> i & 1) != 0 &&
          (!any || std::find(common.begin(), common.end(), sums.calls[i]) != common.end()))
        counted.push_back(sums.calls[i]);
    }
    common = std::move(counted);
    any = true;
    if (common.empty()) return;
  }
  for (Add& add : adds_) {
    if (std::find(common.begin(), common.end(), add.call) == common.end()) continue;
    add.sure = add.shown = true;
    add.end = std::min(add.end, span.end);
  }
}

bool CounterModel::read_nothing(Span span) {
  if (!may_be_absent(span)) return false;
  settle(0, false, span);
  return true;
}

bool CounterModel::may_be_absent(Span span) const {
  return std::any_of(bases_.begin(), bases_.end(), [&](const Base& base) {
    return !base.exists && usable(base, span) && !sums_after(base, span).any_fixed;
  });
}

bool CounterModel::may_be_there(Span span) const {
  return std::any_of(bases_.begin(), bases_.end(), [&](const Base& base) {
    if (!usable(base, span)) return false;
    const Sums sums = sums_after(base, span);
    return base.exists || sums.any_fixed || !sums.optional.empty();
  });
}

void CounterModel::settle(int64_t value, bool exists, Span span) {
  const auto apart = [&](const auto& item) {
    return item.end < span.begin || item.begin > span.end;
  };
  const auto late = [](const Base& base) { return base.late; };
  if (!std::all_of(adds_.begin(), adds_.end(), apart) ||
      !std::all_of(bases_.begin(), bases_.end(), apart) ||
      std::any_of(bases_.begin(), bases_.end(), late))
    return;
  Step newest = 0;
  for (const Base& base : bases_) {
    if (base.sure) newest = std::max(newest, base.begin);
  }
  const auto before = [&](const auto& item) { return item.end <= newest; };
  const auto known = [&](const Base& base) { return base.sure || before(base); };
  // Nothing has changed since the last base: one more would say the same.
  if (std::all_of(adds_.begin(), adds_.end(), before) &&
      std::all_of(bases_.begin(), bases_.end(), known))
    return;
  bases_.push_back({0, span.begin, span.end, value, exists, true, true});
  tidy();
}

bool CounterModel::known_there() const {
  Step newest = 0;
  for (const Add& add : adds_) {
    if (add.sure) newest = std::max(newest, add.begin);
  }
  for (const Base& base : bases_) {
    if (base.exists && base.sure) newest = std::max(newest, base.begin);
  }
  return newest > 0 && std::none_of(bases_.begin(), bases_.end(), [&](const Base& base) {
           return !base.exists && base.end >= newest;
         });
}

bool CounterModel::known_absent() const {
  Step newest = 0;
  for (const Base& base : bases_) {
    if (!base.exists && base.sure) newest = std::max(newest, base.begin);
  }
  return newest > 0 &&
         std::none_of(adds_.begin(), adds_.end(),
                      [&](const Add& add) { return add.end >= newest; }) &&
         std::none_of(bases_.begin(), bases_.end(),
                      [&](const Base& base) { return base.exists && base.end >= newest; });
}

bool CounterModel::has_unknown() const {
  return std::any_of(adds_.begin(), adds_.end(),
                     [](const Add& add) { return add.settled && !add.sure; });
}

void CounterModel::forget_before(Step horizon) { horizon_ = std::max(horizon_, horizon); }

void CounterModel::tidy() {
  if (size() <= tidy_above_) return;
  // Bases that a sure later one has replaced for every read to come, and what only they could
  // count.
  const std::vector<Base> all = bases_;
  std::erase_if(bases_, [&](const Base& base) {
    return base.settled && std::any_of(all.begin(), all.end(), [&](const Base& other) {
             return other.sure && other.begin > base.end && other.end < horizon_;
           });
  });
  Step first = kNever;
  for (const Base& base : bases_) first = std::min(first, base.begin);
  std::erase_if(adds_, [&](const Add& add) { return add.settled && add.end < first; });
  // Sure increments after every base and before the horizon are part of each from now on.
  Step last = 0;
  for (const Base& base : bases_) last = std::max(last, base.end);
  std::erase_if(adds_, [&](const Add& add) {
    if (!add.sure || add.begin <= last || add.end >= horizon_) return false;
    for (Base& base : bases_) {
      base.value += add.amount;
      base.exists = true;
    }
    return true;
  });
  tidy_above_ = std::max(kTidyAboveMin, 2 * size());
}

}  // namespace vordb::sim
