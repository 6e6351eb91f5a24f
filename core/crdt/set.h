// The orswot set: an entry an element, and for buckets with a TTL one meta entry that holds the
// key's deadline. An addition wins over a concurrent removal; a removal takes away exactly what it
// has observed. (Bieniusa, Zawirski, Preguica, Shapiro, Baquero, Balegas, Duarte: "An optimized
// conflict-free replicated set", 2012.)
#pragma once

#include <cstdint>

#include "core/crdt/causal_past.h"
#include "core/crdt/entry.h"

namespace vordb::crdt {

// The delta of an addition: one new live dot in place of all that `current` shows.
Entry element_add(const Entry& current, const Dot& dot);

// The delta of a removal of everything that `current` shows.
Entry element_remove(const Entry& current);

// The same for what both `current` shows and `seen` covers: a client removes what it has read.
Entry element_remove_seen(const Entry& current, const CausalPast& seen);

inline bool element_present(const Entry& entry) { return !entry.live.empty(); }

// The delta of a renewal of the deadline; never earlier than what `current` shows.
Entry meta_renew(const Entry& current, const Dot& dot, uint64_t expires_at_ms);

// The key's deadline, 0 when it has none.
uint64_t meta_deadline(const Entry& meta);

// Whether a key whose meta entry this is has expired at `now_ms`.
inline bool meta_expired(const Entry& meta, uint64_t now_ms) {
  const uint64_t deadline = meta_deadline(meta);
  return deadline != 0 && deadline <= now_ms;
}

}  // namespace vordb::crdt
