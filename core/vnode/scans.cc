#include "core/vnode/scans.h"

#include "core/assert.h"

namespace vordb::vnode {

bool Scans::ready(Kind kind) const {
  const auto walk = walks_.find(kind);
  return walk != walks_.end() && !walk->second.waiting;
}

void Scans::take(Kind kind, const ReadResult& page) {
  const auto walk = walks_.find(kind);
  VORDB_ASSERT(walk != walks_.end(), "a page belongs to a walk");
  walk->second.waiting = false;
  if (!page.status.ok() || !page.more || page.records.empty()) {
    walks_.erase(walk);
    return;
  }
  VORDB_ASSERT(walk->second.seen < page.records.back().key, "a walk goes forward");
  walk->second.seen = page.records.back().key;
}

}  // namespace vordb::vnode
