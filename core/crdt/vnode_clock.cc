#include "core/crdt/vnode_clock.h"

#include <algorithm>

#include "core/assert.h"

namespace vordb::crdt {

namespace {

template <typename Replicas>
auto lower(Replicas& replicas, const ReplicaId& id) {
  return std::lower_bound(
      replicas.begin(), replicas.end(), id,
      [](const VnodeClock::Replica& r, const ReplicaId& i) { return r.id < i; });
}

}  // namespace

const VnodeClock::Replica* VnodeClock::find(const ReplicaId& id) const {
  const auto at = lower(replicas_, id);
  return at != replicas_.end() && at->id == id ? &*at : nullptr;
}

VnodeClock::Replica& VnodeClock::find_or_insert(const ReplicaId& id) {
  auto at = lower(replicas_, id);
  if (at == replicas_.end() || at->id != id) at = replicas_.insert(at, Replica{id, 0, {}});
  return *at;
}

bool VnodeClock::in_above(const Replica* replica, uint64_t counter) {
  return replica && std::binary_search(replica->above.begin(), replica->above.end(), counter);
}

// Moves what has become contiguous from `above` into the base.
bool VnodeClock::absorb(Replica& replica) {
  auto& above = replica.above;
  size_t absorbed = 0;
  while (absorbed < above.size() && above[absorbed] <= replica.base + 1) {
    replica.base = std::max(replica.base, above[absorbed]);
    ++absorbed;
  }
  above.erase(above.begin(), above.begin() + std::ptrdiff_t(absorbed));
  return absorbed > 0;
}

bool VnodeClock::contains(const Dot& dot) const {
  const Replica* r = find(dot.replica);
  return r && (dot.counter <= r->base || in_above(r, dot.counter));
}

bool VnodeClock::contiguous() const {
  return std::all_of(replicas_.begin(), replicas_.end(),
                     [](const Replica& r) { return r.above.empty(); });
}

uint64_t VnodeClock::base_of(const ReplicaId& id) const {
  const Replica* r = find(id);
  return r ? r->base : 0;
}

uint64_t VnodeClock::highest_of(const ReplicaId& id) const {
  const Replica* r = find(id);
  if (!r) return 0;
  return r->above.empty() ? r->base : r->above.back();
}

VersionVector VnodeClock::base() const {
  VersionVector result;
  for (const Replica& r : replicas_) result.raise(r.id, r.base);
  return result;
}

bool VnodeClock::covers(const VnodeClock& other) const {
  return std::all_of(other.replicas_.begin(), other.replicas_.end(),
                     [&](const Replica& theirs) { return covers(theirs); });
}

bool VnodeClock::covers(const Replica& theirs) const {
  const Replica* ours = find(theirs.id);
  const uint64_t base = ours ? ours->base : 0;
  for (uint64_t counter = base + 1; counter <= theirs.base; ++counter) {
    if (!in_above(ours, counter)) return false;
  }
  return std::all_of(theirs.above.begin(), theirs.above.end(),
                     [&](uint64_t counter) { return counter <= base || in_above(ours, counter); });
}

bool VnodeClock::add(const Dot& dot) {
  VORDB_ASSERT(dot.counter > 0, "counters start at 1");
  Replica& r = find_or_insert(dot.replica);
  if (dot.counter <= r.base) return false;
  if (dot.counter == r.base + 1) {
    r.base = dot.counter;
    absorb(r);
    return true;
  }
  const auto at = std::lower_bound(r.above.begin(), r.above.end(), dot.counter);
  if (at == r.above.end() || *at != dot.counter) r.above.insert(at, dot.counter);
  return false;
}

bool VnodeClock::raise_base(const ReplicaId& id, uint64_t counter) {
  if (counter == 0) return false;
  Replica& r = find_or_insert(id);
  if (counter <= r.base) return false;
  r.base = counter;
  absorb(r);
  return true;
}

bool VnodeClock::join(const VnodeClock& other) {
  bool grew = false;
  for (const Replica& theirs : other.replicas_) {
    grew |= raise_base(theirs.id, theirs.base);
    for (const uint64_t counter : theirs.above) grew |= add(Dot{theirs.id, counter});
  }
  return grew;
}

void VnodeClock::drop_below(const ReplicaId& life) {
  std::erase_if(replicas_, [&](const Replica& r) { return r.id.node == life.node && r.id < life; });
}

uint64_t VnodeClock::count_missing(const VnodeClock& other) const {
  uint64_t missing = 0;
  for (const Replica& r : replicas_) {
    const Replica* theirs = other.find(r.id);
    const uint64_t their_base = theirs ? theirs->base : 0;
    if (r.base > their_base) {
      missing += r.base - their_base;
      if (theirs) {
        missing -= uint64_t(std::upper_bound(theirs->above.begin(), theirs->above.end(), r.base) -
                            theirs->above.begin());
      }
    }
    for (const uint64_t c : r.above) missing += c > their_base && !in_above(theirs, c);
  }
  return missing;
}

}  // namespace vordb::crdt
