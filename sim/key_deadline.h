// When a set or counter in a bucket with a time to live expires: bounds only, for a call's hybrid
// time is known exactly when its answer tells it and otherwise lies between the lowest of the
// nodes' wall clocks and the highest time that any of them may have reached.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/call.h"

namespace vordb::sim {

class KeyDeadline {
 public:
  // A mutation that surely took effect, and one that may have: each resets the deadline.
  void renewed(Span span, uint64_t low_ms, uint64_t high_ms) {
    low_ms_ = std::max(low_ms_, low_ms);
    possible_high_ms_ = std::max(possible_high_ms_, high_ms);
    last_end_ = std::max(last_end_, span.end);
  }
  void perhaps_renewed(Step end, uint64_t high_ms) {
    possible_high_ms_ = std::max(possible_high_ms_, high_ms);
    last_end_ = std::max(last_end_, end);
  }
  // Nobody knows whether it took effect, but it does not any more.
  void ended_unknown(uint64_t call, Step end, uint64_t high_ms) {
    mutation_ended(call);
    perhaps_renewed(end, high_ms);
  }
  void mutation_began() { ++open_; }
  // The same where what was there had surely expired.
  void mutation_began_on_expired(uint64_t call, Step begin) {
    mutation_began();
    on_expired_.push_back({call, {last_end_ + 1, begin}});
  }
  // Of one that began on what had expired: within which span that went, if the call was
  // acknowledged. A node that refused it, or died over it, has told nobody what time it is, and may
  // show the old again once its clock is set back.
  std::optional<Span> mutation_ended(uint64_t call) {
    --open_;
    const auto at = std::find_if(on_expired_.begin(), on_expired_.end(),
                                 [call](const OnExpired& one) { return one.call == call; });
    if (at == on_expired_.end()) return std::nullopt;
    const Span gone = at->gone;
    on_expired_.erase(at);
    return gone;
  }

  // Every renewal that may count has passed, and none is under way.
  bool surely_expired(NowBounds now) const {
    return last_end_ > 0 && open_ == 0 && last_end_ != kNever && possible_high_ms_ < now.low_ms;
  }
  // Something may have been there, if only of a mutation that has no answer yet, and may have
  // expired. Who asks may be such a mutation itself.
  enum class Asker : uint8_t { kMutation, kOther };
  bool perhaps_expired(NowBounds now, Asker asker) const {
    const bool was_there = last_end_ > 0 || open_ > (asker == Asker::kMutation ? 1u : 0u);
    return was_there && low_ms_ <= now.high_ms;
  }

  // Of several owners a quorum may have seen the key expire that another has renewed just before:
  // from then on it is there again. Whether that may befall a read.
  bool may_be_renewed_behind(Span read) const { return open_ > 0 || last_end_ >= read.begin; }

  // The last moment at which a mutation may have renewed the key.
  Step last_end() const { return last_end_; }

 private:
  struct OnExpired {
    uint64_t call;
    Span gone;
  };

  std::vector<OnExpired> on_expired_;
  uint64_t low_ms_ = 0;
  uint64_t possible_high_ms_ = 0;
  Step last_end_ = 0;
  uint32_t open_ = 0;
};

}  // namespace vordb::sim
