// What an owner tells of itself, and its hash.
#include "core/vnode/peer_view.h"

#include "core/fingerprint.h"

namespace vordb::vnode {

namespace {

void add(const crdt::ReplicaId& id, Fingerprint& fingerprint) {
  fingerprint.add(id.node);
  fingerprint.add(id.incarnation);
  fingerprint.add(id.life);
}

}  // namespace

uint32_t announced_content(const PeerView& view) {
  Fingerprint fingerprint;
  add(view.replica, fingerprint);
  fingerprint.add(view.pv);
  fingerprint.add(view.fenced);
  fingerprint.add(view.complete);
  for (const crdt::VnodeClock::Replica& replica : view.clock.replicas()) {
    add(replica.id, fingerprint);
    fingerprint.add(replica.base);
    fingerprint.add(replica.above.size());
    for (const uint64_t counter : replica.above) fingerprint.add(counter);
  }
  for (const auto& [node, latest] : view.fence.rows()) add(latest, fingerprint);
  for (const crdt::VersionVector* counters : {&view.contexts, &view.sealed}) {
    fingerprint.add(counters->components().size());
    for (const auto& c : counters->components()) {
      add(c.replica, fingerprint);
      fingerprint.add(c.counter);
    }
  }
  const auto [high, low] = fingerprint.digest();
  return uint32_t(high ^ (low >> 32)) | 1;
}

crdt::VnodeClock PeerView::seen() const {
  crdt::VnodeClock seen = clock;
  for (const auto& c : sealed.components()) seen.raise_base(c.replica, c.counter);
  return seen;
}

}  // namespace vordb::vnode
