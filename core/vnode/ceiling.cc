#include "core/vnode/ceiling.h"

#include <algorithm>

namespace vordb::vnode {

Hlc Ceiling::target(Hlc at, const Instant& now, const Knobs& knobs, uint64_t part) {
  return std::max(Hlc::from_ms(now.wall_ms + knobs.ceiling_lead_ms / part),
                  Hlc::from_ms(at.ms() + knobs.ceiling_lead_ahead_ms / part));
}

bool Ceiling::begin_renewal(Hlc at, const Instant& now, const Knobs& knobs) {
  if (renewing_ || wanted_ < written_ || !sinks(at, now, knobs)) return false;
  renewing_ = true;
  return true;
}

std::optional<Hlc> Ceiling::raise(Hlc last, Hlc at, const Instant& now, const Knobs& knobs) {
  renewing_ = false;
  if (last <= written_ && !sinks(at, now, knobs)) return std::nullopt;
  const Hlc raised = std::max({last, written_, target(at, now, knobs, 1)});
  if (raised == written_) return std::nullopt;
  written_ = raised;
  return raised;
}

void Ceiling::note_durable(Hlc ceiling) { durable_ = std::max(durable_, ceiling); }

}  // namespace vordb::vnode
