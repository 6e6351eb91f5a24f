#include "core/vnode/ceiling.h"

#include <algorithm>

namespace vordb::vnode {

namespace {

// Ahead of the wall clock. A clock that is ahead of that already gets less: else each restart in a
// row would put it further ahead.
constexpr uint64_t kLeadMs = 2000;
constexpr uint64_t kLeadAheadMs = 250;

}  // namespace

Hlc Ceiling::target(Hlc at, const Instant& now, uint64_t part) {
  return std::max(Hlc::from_ms(now.wall_ms + kLeadMs / part),
                  Hlc::from_ms(at.ms() + kLeadAheadMs / part));
}

bool Ceiling::begin_renewal(Hlc at, const Instant& now) {
  if (renewing_ || wanted_ < written_ || !sinks(at, now)) return false;
  renewing_ = true;
  return true;
}

std::optional<Hlc> Ceiling::raise(Hlc last, Hlc at, const Instant& now) {
  renewing_ = false;
  if (last <= written_ && !sinks(at, now)) return std::nullopt;
  const Hlc raised = std::max({last, written_, target(at, now, 1)});
  if (raised == written_) return std::nullopt;
  written_ = raised;
  return raised;
}

void Ceiling::note_durable(Hlc ceiling) { durable_ = std::max(durable_, ceiling); }

}  // namespace vordb::vnode
