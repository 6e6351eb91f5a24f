// What an owner tells of itself, and its hash.
#include "core/vnode/peer_view.h"

#include "core/fields.h"

namespace vordb::vnode {

uint32_t announced_content(const PeerView& view) {
  Fingerprint fingerprint;
  add_fields(view.replica, fingerprint);
  add_fields(view.pv, fingerprint);
  add_fields(view.fenced, fingerprint);
  add_fields(view.complete, fingerprint);
  add_fields(view.clock, fingerprint);
  add_fields(view.fence, fingerprint);
  add_fields(view.contexts, fingerprint);
  add_fields(view.sealed, fingerprint);
  const auto [high, low] = fingerprint.digest();
  return uint32_t(high ^ (low >> 32)) | 1;
}

crdt::VnodeClock PeerView::seen() const {
  crdt::VnodeClock seen = clock;
  for (const auto& c : sealed.components()) seen.raise_base(c.replica, c.counter);
  return seen;
}

}  // namespace vordb::vnode
