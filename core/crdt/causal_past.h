// What somebody has seen of one placement: of each node all dots of its lives below some life, and
// a clock of the lives after that. The first part keeps it small however often nodes restart.
#pragma once

#include <utility>
#include <vector>

#include "core/crdt/vnode_clock.h"
#include "core/fields.h"

namespace vordb::crdt {

class CausalPast {
 public:
  CausalPast() = default;
  explicit CausalPast(VnodeClock clock) : clock_(std::move(clock)) {}

  const VnodeClock& clock() const { return clock_; }
  // At most one a node, sorted.
  const std::vector<ReplicaId>& full_below() const { return full_below_; }

  bool contains(const Dot& dot) const;
  bool covers(const CausalPast& other) const;

  void add(const Dot& dot);
  void join(const CausalPast& other);
  // All dots of the lives of its node below `life`.
  void fill_below(const ReplicaId& life);

  bool operator==(const CausalPast&) const = default;

 private:
  bool is_full(const ReplicaId& life) const;

  VnodeClock clock_;  // of no life that is full
  std::vector<ReplicaId> full_below_;
  VORDB_FIELDS(CausalPast, clock_, full_below_)
};

}  // namespace vordb::crdt
