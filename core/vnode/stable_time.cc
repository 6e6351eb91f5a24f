#include "core/vnode/stable_time.h"

#include <algorithm>

#include "core/assert.h"

namespace vordb::vnode {

void StableTime::advance(Hlc own, const crdt::VnodeClock& durable,
                         const std::vector<const PeerView*>& views) {
  Hlc here = own;
  Hlc everywhere = own;
  for (const PeerView* view : views) {
    if (!durable.covers(view->clock)) return;
    here = std::min(here, view->hlc);
    everywhere = std::min(everywhere, view->stable);
  }
  stable = std::max(stable, here);
  global = std::max(global, std::min(everywhere, stable));
  VORDB_ASSERT(global <= stable, "what every owner has merged, this one has");
}

}  // namespace vordb::vnode
