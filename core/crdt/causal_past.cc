#include "core/crdt/causal_past.h"

#include <algorithm>

namespace vordb::crdt {

namespace {

template <typename Lives>
auto of_node(Lives& lives, NodeNumber node) {
  return std::lower_bound(lives.begin(), lives.end(), node,
                          [](const ReplicaId& life, NodeNumber n) { return life.node < n; });
}

}  // namespace

bool CausalPast::is_full(const ReplicaId& life) const {
  const auto at = of_node(full_below_, life.node);
  return at != full_below_.end() && at->node == life.node && life < *at;
}

bool CausalPast::contains(const Dot& dot) const {
  return is_full(dot.replica) || clock_.contains(dot);
}

bool CausalPast::covers(const CausalPast& other) const {
  const bool as_full =
      std::all_of(other.full_below_.begin(), other.full_below_.end(), [&](const ReplicaId& life) {
        const auto at = of_node(full_below_, life.node);
        return at != full_below_.end() && at->node == life.node && life <= *at;
      });
  if (!as_full) return false;
  const auto& replicas = other.clock_.replicas();
  return std::all_of(replicas.begin(), replicas.end(), [&](const VnodeClock::Replica& replica) {
    return is_full(replica.id) || clock_.covers(replica);
  });
}

void CausalPast::add(const Dot& dot) {
  if (!is_full(dot.replica)) clock_.add(dot);
}

void CausalPast::join(const CausalPast& other) {
  clock_.join(other.clock_);
  for (const ReplicaId& life : other.full_below_) fill_below(life);
  for (const ReplicaId& life : full_below_) clock_.drop_below(life);
}

void CausalPast::fill_below(const ReplicaId& life) {
  const auto at = of_node(full_below_, life.node);
  if (at == full_below_.end() || at->node != life.node) {
    full_below_.insert(at, life);
  } else if (*at < life) {
    *at = life;
  } else {
    return;
  }
  clock_.drop_below(life);
}

}  // namespace vordb::crdt
