// The one merge, the only way that state changes hands or changes at all (DESIGN.md section 2): a
// dot stays live if both sides hold it live, or one side holds it live and the other has not seen
// it. Commutative, associative, idempotent.
#pragma once

#include "core/crdt/entry.h"
#include "core/crdt/version_vector.h"

namespace vordb::crdt {

// An entry together with the contiguous clock of the vnode that holds it: "filled". Dots above the
// base never count (DATA.md rule 6).
struct Filled {
  const Entry& entry;
  const VersionVector& base;

  bool has_seen(const Dot& dot) const { return entry.context.covers(dot) || base.covers(dot); }
};

// The join of both sides. Its context holds everything that either entry or `theirs.base` covers;
// the caller strips it by its own base.
Entry merge(EntryKind kind, const Filled& ours, const Filled& theirs);

}  // namespace vordb::crdt
