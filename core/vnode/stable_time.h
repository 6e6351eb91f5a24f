// How far this vnode, and every owner, has merged what all owners issued (DATA.md rule 10): what
// may be forgotten is judged by these two times.
#pragma once

#include <vector>

#include "core/crdt/hlc.h"
#include "core/crdt/vnode_clock.h"
#include "core/fields.h"
#include "core/vnode/peer_view.h"

namespace vordb::vnode {

struct StableTime {
  Hlc stable;  // T: this vnode has merged everything that any owner issued up to here
  Hlc global;  // G: and so has every owner

  // `own`: no mutation of this vnode outside its durable clock has, or will get, a time up to it.
  // `views`: of all other owners, who agree on who is retired. Stands still while one of them holds
  // something that `durable` lacks.
  void advance(Hlc own, const crdt::VnodeClock& durable, const std::vector<const PeerView*>& views);

  bool operator==(const StableTime&) const = default;
  VORDB_FIELDS(StableTime, stable, global)
};

}  // namespace vordb::vnode
