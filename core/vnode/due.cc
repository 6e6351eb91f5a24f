// When an entry is worth a look of whoever forgets.
#include "core/vnode/due.h"

#include <algorithm>

#include "core/crdt/counter.h"
#include "core/crdt/register.h"
#include "core/crdt/set.h"

namespace vordb::vnode {

std::optional<Hlc> due_at(std::string_view subkey, const crdt::Entry& entry) {
  crdt::EntryKind kind;
  if (entry.live.empty() || !crdt::parse_kind(subkey, &kind)) return std::nullopt;
  switch (kind) {
    case crdt::EntryKind::kRegister: {
      const crdt::Payload& payload = entry.live.back().payload;
      if (payload.tombstone) return payload.hlc;
      if (payload.expires_at_ms == 0) return std::nullopt;
      return std::max(payload.hlc, Hlc::from_ms(payload.expires_at_ms));
    }
    case crdt::EntryKind::kMeta:
      return Hlc::from_ms(crdt::meta_deadline(entry));
    case crdt::EntryKind::kCounter:
      if (crdt::counter_present(entry)) return std::nullopt;
      return entry.baseline.reset_hlc;
    case crdt::EntryKind::kElement:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace vordb::vnode
