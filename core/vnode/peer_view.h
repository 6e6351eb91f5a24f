// What an owner tells the others of itself (rule 2), as they keep it: its clock, its times
// and what it knows of who is retired.
#pragma once

#include <cstdint>

#include "core/crdt/hlc.h"
#include "core/crdt/version_vector.h"
#include "core/crdt/vnode_clock.h"
#include "core/fields.h"
#include "core/vnode/fence.h"

namespace vordb::vnode {

// The newest announcement of another owner.
struct PeerView {
  crdt::ReplicaId replica;
  crdt::VnodeClock clock;
  crdt::VersionVector sealed;
  Hlc hlc;
  Hlc stable;
  Fence fence;
  crdt::VersionVector contexts;
  uint64_t epoch = 0;  // of the configuration that it was made under
  uint64_t pv = 0;     // and the placement's version there
  bool fenced = false;
  bool complete = false;
  uint32_t content = 0;  // announced_content of it
  bool operator==(const PeerView&) const = default;

  // What it need not be told: all that it holds, and what it counts as seen though nobody holds it.
  crdt::VnodeClock seen() const;
  VORDB_FIELDS(PeerView, replica, clock, sealed, hlc, stable, fence, contexts, epoch, pv, fenced,
               complete, content)
};

// What an owner says when nothing but time has passed since it announced itself.
struct StandingWord {
  uint32_t content = 0;  // announced_content of what it announced
  Hlc hlc;
  Hlc stable;
  Hlc awaited;  // it waits until all owners have announced this time; 0: for nothing
};

// A hash of what an announcement says beside its times; never 0.
uint32_t announced_content(const PeerView& view);

}  // namespace vordb::vnode
