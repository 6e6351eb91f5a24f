// What other nodes may be told of a vnode (DATA.md rules 1 and 2): its state as of one batch, the
// last that became durable. Whatever leaves a vnode is made from this value, so that no message
// mixes what a crash would keep with what it would take back (counterexample O).
#pragma once

#include <optional>

#include "core/crdt/hlc.h"
#include "core/crdt/version_vector.h"
#include "core/crdt/vnode_clock.h"
#include "core/fields.h"
#include "core/vnode/fence.h"
#include "core/vnode/seals.h"

namespace vordb::pb {
class VnodeState;
}

namespace vordb::vnode {

struct Group;

// What changes rarely: how the vnode stands to the other owners.
struct Standing {
  Fence fence;
  Seals seals;
  bool fenced = false;  // it has learnt who is retired: it takes part (rule 8)
  // Rule 16: it did not begin empty, or has come to hold all that a complete owner held when it
  // knew of this life, or that owner's snapshot. Others may take what they lack from here.
  bool complete = false;
  bool synced = false;  // it holds what an owner must hold to answer alone
  bool operator==(const Standing&) const = default;
  VORDB_FIELDS(Standing, fence, seals, fenced, complete, synced)
};
void encode_standing(const Standing& from, pb::VnodeState* to);
Standing decode_standing(const pb::VnodeState& from);

struct DurableCut {
  bool any = false;  // this life has written something; before that it says nothing
  crdt::VnodeClock clock;
  Standing standing;
  crdt::VersionVector left_over;  // LeftOvers::highest()
  Hlc hlc;                        // at least every hlc of what is durable

  // The group's batch is durable. Groups come in the order of their commits.
  void advance(const Group& group);

  crdt::VnodeClock known() const { return standing.seals.known(clock); }

  bool operator==(const DurableCut&) const = default;
  VORDB_FIELDS(DurableCut, any, clock, standing, left_over, hlc)
};

// Per retired replica the highest counter in a context that is left over, and per sealed one the
// counter up to which a seal has filled the clock: all owners must seal up to the same counter.
crdt::VersionVector retired_contexts(const DurableCut& cut, const Configuration& configuration);
crdt::VersionVector sealed_counters(const DurableCut& cut);

}  // namespace vordb::vnode
