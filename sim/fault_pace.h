// How often each fault came, and how often it was to be expected, from the time in which it could.
//
// The wait for a fault is drawn evenly from (0, twice the mean]: one that has not come for `age` of
// it comes next with the chance 1 / (longest - age). Added up over the time in which it was waited
// for, that is the number to be expected, exactly, however early or late runs end; what was seen
// strays from it as a Poisson number does. The wait is watched from here, not asked of whoever
// plans it, so that an injector that died shows.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "sim/fault_kinds.h"

namespace vordb::sim {

struct FaultPace {
  uint64_t came = 0;  // whether it could strike then or not
  uint64_t expected_millionths = 0;
  uint64_t waited_us = 0;   // the time in which it could come
  uint64_t overdue_us = 0;  // beyond the longest wait: nobody plans it any more
};

// The fields by their names in reports.
struct PaceField {
  const char* name;
  uint64_t FaultPace::*field;
};
inline constexpr PaceField kPaceFields[] = {
    {"came", &FaultPace::came},
    {"expected_millionths", &FaultPace::expected_millionths},
    {"waited_us", &FaultPace::waited_us},
    {"overdue_us", &FaultPace::overdue_us}};

class FaultPaces {
 public:
  explicit FaultPaces(const FaultPlan& plan) : plan_(plan) {}

  // It may come from this time on.
  void opens(FaultKind kind, uint64_t from_us) { since_us_[size_t(kind)] = from_us; }
  // It has come; no effect while nobody waits for it. It may come again once it opens.
  void came(FaultKind kind, uint64_t now_us);
  // Something came by that is a fault so often in a million.
  void offered(FaultKind kind, uint64_t per_million) {
    paces_[size_t(kind)].expected_millionths += per_million;
  }
  // One of those came.
  void taken(FaultKind kind) { ++paces_[size_t(kind)].came; }
  // Nothing is waited for any more.
  void close(uint64_t now_us);

  const std::array<FaultPace, kFaultKinds>& paces() const { return paces_; }

 private:
  void waited(FaultKind kind, uint64_t now_us);

  const FaultPlan& plan_;
  std::array<std::optional<uint64_t>, kFaultKinds> since_us_{};
  std::array<FaultPace, kFaultKinds> paces_{};
};

// What is to be expected of a wait of `age_us`, in millionths, when the longest is `longest_us`.
uint64_t expected_of_wait(uint64_t age_us, uint64_t longest_us);

}  // namespace vordb::sim
