#include "sim/fault_pace.h"

namespace vordb::sim {

namespace {

constexpr uint64_t kOne = 1'000'000;

// ln(whole / part) in millionths, part <= whole <= 16 * part, by squaring: the same on every
// compiler, as floating point may not be.
uint64_t ln_millionths(uint64_t whole, uint64_t part) {
  constexpr int kFraction = 32;
  constexpr uint64_t kTwo = 2ull << kFraction;
  constexpr int kDigits = 24;
  constexpr uint64_t kLn2Millionths = 693'147;
  uint64_t x = uint64_t((static_cast<unsigned __int128>(whole) << kFraction) / part);
  uint64_t log2 = 0;
  for (; x >= kTwo; x >>= 1) ++log2;
  for (int digit = 0; digit < kDigits; ++digit) {
    x = uint64_t((static_cast<unsigned __int128>(x) * x) >> kFraction);
    log2 = log2 * 2 + (x >= kTwo);
    if (x >= kTwo) x >>= 1;
  }
  return (log2 * kLn2Millionths) >> kDigits;
}

}  // namespace

uint64_t expected_of_wait(uint64_t age_us, uint64_t longest_us) {
  // The chance grows beyond all bounds as the longest wait comes near. Whoever gets this far is as
  // good as certain to see it come: one is expected of the rest, and one more for each mean wait
  // that nothing comes at all.
  const uint64_t certain_us = longest_us - longest_us / 16;
  if (age_us < certain_us) return ln_millionths(longest_us, longest_us - age_us);
  const uint64_t overdue_us = age_us > longest_us ? age_us - longest_us : 0;
  return ln_millionths(longest_us, longest_us - certain_us + 1) + kOne +
         2 * kOne * overdue_us / longest_us;
}

void FaultPaces::waited(FaultKind kind, uint64_t now_us) {
  std::optional<uint64_t>& since_us = since_us_[size_t(kind)];
  const uint64_t longest_us = longest_wait_us(plan_, kind);
  if (since_us.has_value() && *since_us < now_us && longest_us > 0) {
    const uint64_t age_us = now_us - *since_us;
    FaultPace& pace = paces_[size_t(kind)];
    pace.waited_us += age_us;
    pace.expected_millionths += expected_of_wait(age_us, longest_us);
    if (age_us > longest_us) pace.overdue_us += age_us - longest_us;
  }
  since_us.reset();
}

void FaultPaces::came(FaultKind kind, uint64_t now_us) {
  if (!since_us_[size_t(kind)].has_value()) return;
  waited(kind, now_us);
  ++paces_[size_t(kind)].came;
}

void FaultPaces::close(uint64_t now_us) {
  for (int kind = 0; kind < kFaultKinds; ++kind) waited(FaultKind(kind), now_us);
}

}  // namespace vordb::sim
