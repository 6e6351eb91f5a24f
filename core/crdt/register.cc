#include "core/crdt/register.h"

#include <algorithm>
#include <utility>

namespace vordb::crdt {

namespace {

Entry replace(const Entry& current, const Dot& dot, Payload payload) {
  Entry delta;
  delta.live.push_back(LiveDot{dot, std::move(payload)});
  delta.context = current.observed();
  return delta;
}

const LiveDot* winner(const Entry& entry) {
  const LiveDot* best = nullptr;
  for (const LiveDot& l : entry.live) {
    if (!best || l.payload.hlc > best->payload.hlc ||
        (l.payload.hlc == best->payload.hlc && l.dot > best->dot)) {
      best = &l;
    }
  }
  return best;
}

}  // namespace

Entry register_put(const Entry& current, const Dot& dot, Hlc hlc, std::string value,
                   uint64_t expires_at_ms) {
  Payload payload;
  payload.hlc = hlc;
  payload.expires_at_ms = expires_at_ms;
  payload.value = std::move(value);
  return replace(current, dot, std::move(payload));
}

Entry register_delete(const Entry& current, const Dot& dot, Hlc hlc) {
  Payload payload;
  payload.hlc = hlc;
  payload.tombstone = true;
  return replace(current, dot, std::move(payload));
}

const Payload* register_read(const Entry& entry, uint64_t now_ms) {
  const LiveDot* best = winner(entry);
  if (!best || best->payload.tombstone) return nullptr;
  const uint64_t expires = best->payload.expires_at_ms;
  return expires != 0 && expires <= now_ms ? nullptr : &best->payload;
}

bool register_spent(const Entry& entry, Hlc stable) {
  const LiveDot* best = winner(entry);
  if (!best) return false;
  if (best->payload.tombstone) return best->payload.hlc < stable;
  const uint64_t expires = best->payload.expires_at_ms;
  return expires != 0 && best->payload.hlc < stable && Hlc::from_ms(expires) < stable;
}

}  // namespace vordb::crdt
