// The lww register: one entry, the live dot with the highest (hlc, dot) is the value. A deletion is
// a write of a tombstone, forgotten once stable; a deadline lies inside the payload.
#pragma once

#include <cstdint>
#include <string>

#include "core/crdt/entry.h"

namespace vordb::crdt {

// The delta of a put over `current`. `expires_at_ms` 0: never.
Entry register_put(const Entry& current, const Dot& dot, Hlc hlc, std::string value,
                   uint64_t expires_at_ms);

// The delta of a deletion over `current`.
Entry register_delete(const Entry& current, const Dot& dot, Hlc hlc);

// The register's value as of `now_ms`, null when absent, deleted or expired.
const Payload* register_read(const Entry& entry, uint64_t now_ms);

// Whether the entry may be dropped locally by the stable time (DATA.md rule 11).
bool register_spent(const Entry& entry, Hlc stable);

}  // namespace vordb::crdt
