// What is sealed (DATA.md rule 9): retired replicas whose dots count as seen up to a counter that
// all owners agree on. Those that nobody holds are void: the clock covers them, but no peer may
// wait for them.
#pragma once

#include <map>

#include "core/cluster/configuration.h"
#include "core/crdt/vnode_clock.h"
#include "core/fields.h"
#include "core/vnode/fence.h"

namespace vordb::vnode {

class Seals {
 public:
  bool contains(const crdt::ReplicaId& id) const { return before_.contains(id); }
  // `known` is what the clock held of the replica before it was filled. Sealed once, a replica has
  // no more dots to come: a second seal of it changes nothing here.
  void add(const crdt::VnodeClock::Replica& known) { before_.try_emplace(known.id, known); }
  // All lives of each node below its latest one, or of one that is no member all, are sealed.
  bool closed(const Fence& fence, const Configuration& configuration) const;
  void close(const Fence& fence, const Configuration& configuration);

  // The clock without its void dots: what others may ask for and wait for.
  crdt::VnodeClock known(const crdt::VnodeClock& clock) const;

  // Of sealed replicas, what was really known.
  const std::map<crdt::ReplicaId, crdt::VnodeClock::Replica>& before() const { return before_; }
  // By node: its lives below this one are sealed.
  const std::map<NodeNumber, crdt::ReplicaId>& below() const { return below_; }
  void set_below(const crdt::ReplicaId& life) { below_[life.node] = life; }

  bool operator==(const Seals&) const = default;

 private:
  std::map<crdt::ReplicaId, crdt::VnodeClock::Replica> before_;
  std::map<NodeNumber, crdt::ReplicaId> below_;
  VORDB_FIELDS(Seals, before_, below_)
};

}  // namespace vordb::vnode
