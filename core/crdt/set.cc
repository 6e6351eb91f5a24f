#include "core/crdt/set.h"

#include <algorithm>

namespace vordb::crdt {

Entry element_add(const Entry& current, const Dot& dot) {
  Entry delta = element_remove(current);
  delta.live.push_back(LiveDot{dot, {}});
  return delta;
}

Entry element_remove(const Entry& current) {
  Entry delta;
  delta.context = current.observed();
  return delta;
}

Entry element_remove_seen(const Entry& current, const CausalPast& seen) {
  // A context speaks of all dots of a replica up to a counter. What is live here, was not seen and
  // would be swallowed by a higher seen dot of the same replica is held live by the delta too, so
  // that it survives.
  Entry delta;
  for (const LiveDot& l : current.live) {
    if (seen.contains(l.dot)) delta.context.raise(l.dot);
  }
  for (const LiveDot& l : current.live) {
    if (!seen.contains(l.dot) && delta.context.covers(l.dot)) delta.live.push_back(l);
  }
  return delta;
}

Entry meta_renew(const Entry& current, const Dot& dot, uint64_t expires_at_ms) {
  Entry delta = element_remove(current);
  Payload payload;
  payload.expires_at_ms = std::max(expires_at_ms, meta_deadline(current));
  delta.live.push_back(LiveDot{dot, payload});
  return delta;
}

uint64_t meta_deadline(const Entry& meta) {
  uint64_t deadline = 0;
  for (const LiveDot& l : meta.live) deadline = std::max(deadline, l.payload.expires_at_ms);
  return deadline;
}

}  // namespace vordb::crdt
