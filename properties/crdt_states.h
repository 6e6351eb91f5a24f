// Arbitrary well-formed states of one entry, as some vnode may hold it, for the laws of the merge.
//
// What well-formed means. A universe first fixes the mutations of the entry: one dot, one payload,
// and each replica's HLCs rise with its counters. A state is what a vnode holds after it has merged
// some of them: per replica a prefix, told by its clock's base and by the context left over.
//   element, meta: each dot of the prefix may be live or have been removed, without more ado: a
//     removal takes away any dots that it has observed.
//   register: live is the highest (hlc, dot) of the prefix. Only a tombstone or an expired value
//     may be gone, and only from a vnode that has merged every mutation with a lower HLC: that is
//     what the stable time promises (DATA.md rules 10 and 11). Without this, a purged tombstone and
//     a value that it beat make the merge depend on the order.
//   counter: one writer. Live is its newest dot of the prefix, with cumulative totals of its birth;
//     the baseline is what some reset saw at an earlier dot of the same birth. The entry may be
//     gone only when its last totals of a birth are reset, and a new birth begins only after that
//     (rule 13): the totals of two births are never compared.
#pragma once

#include <ostream>
#include <vector>

#include "core/crdt/entry.h"
#include "core/crdt/merge.h"
#include "properties/property.h"

namespace vordb::crdt {

// How RapidCheck prints an entry in a counterexample.
inline void showValue(const Entry& entry, std::ostream& out) {
  out << "{";
  for (const LiveDot& l : entry.live) {
    out << "(" << l.dot.replica.node << "," << l.dot.counter << " hlc " << l.payload.hlc.word
        << " birth " << l.payload.birth << " p " << uint64_t(l.payload.p) << " n "
        << uint64_t(l.payload.n) << ")";
  }
  out << "|";
  for (const auto& c : entry.context.components())
    out << c.replica.node << "->" << c.counter << " ";
  out << "| baseline " << entry.baseline.birth << " " << uint64_t(entry.baseline.p) << " "
      << uint64_t(entry.baseline.n) << " " << entry.baseline.reset_hlc.word << "}";
}

}  // namespace vordb::crdt

namespace vordb::properties {

struct State {
  crdt::Entry entry;
  crdt::VersionVector base;

  crdt::Filled filled() const { return {entry, base}; }
};

// What a state says: its entry with everything that it has seen in the context.
inline crdt::Entry meaning(const State& state) {
  crdt::Entry entry = state.entry;
  entry.context.join(state.base);
  return entry;
}

// The join as a vnode computes it: merged, then stripped by a base that has not changed.
inline State join(crdt::EntryKind kind, const State& ours, const State& theirs) {
  State joined{crdt::merge(kind, ours.filled(), theirs.filled()), ours.base};
  joined.entry.context.strip(joined.base);
  return joined;
}

class Universe {
 public:
  static constexpr uint32_t kReplicas = 3;
  static constexpr uint64_t kDots = 4;  // a replica

  explicit Universe(crdt::EntryKind kind) : kind_(kind) {
    if (kind == crdt::EntryKind::kCounter) {
      make_counter();
    } else {
      make_concurrent();
    }
  }

  // Any state of this universe.
  State state() const {
    return kind_ == crdt::EntryKind::kCounter    ? counter_state()
           : kind_ == crdt::EntryKind::kRegister ? register_state()
                                                 : element_state();
  }

 private:
  static crdt::ReplicaId replica(uint32_t index) { return {index + 1, 16, 1}; }

  void make_concurrent() {
    for (uint32_t r = 0; r < kReplicas; ++r) {
      uint64_t hlc = 0;
      for (uint64_t c = 1; c <= kDots; ++c) {
        crdt::LiveDot dot{{replica(r), c}, {}};
        if (kind_ == crdt::EntryKind::kRegister) {
          dot.payload.hlc = Hlc{hlc += between(1, 4)};
          dot.payload.tombstone = coin();
        } else if (kind_ == crdt::EntryKind::kMeta) {
          dot.payload.expires_at_ms = between(1, 9);
        }
        dots_.push_back(dot);
      }
    }
  }

  void make_counter() {
    crdt::Payload totals;
    for (uint64_t c = 1; c <= kDots; ++c) {
      if (c == 1 || coin()) totals = {.birth = c};
      totals.p += below(3);
      totals.n += below(3);
      dots_.push_back({{replica(0), c}, totals});
    }
  }

  // Splits what was seen between the clock's base and the entry's context.
  State split(const crdt::VersionVector& seen) const {
    State state;
    for (uint32_t r = 0; r < kReplicas; ++r) {
      const uint64_t counter = seen.get(replica(r));
      const uint64_t in_base = below(counter + 1);
      state.base.raise(replica(r), in_base);
      if (counter > in_base) state.entry.context.raise(replica(r), counter);
    }
    return state;
  }

  crdt::VersionVector any_prefix() const {
    crdt::VersionVector seen;
    for (uint32_t r = 0; r < kReplicas; ++r) seen.raise(replica(r), below(kDots + 1));
    return seen;
  }

  State element_state() const {
    const crdt::VersionVector seen = any_prefix();
    State state = split(seen);
    for (const crdt::LiveDot& dot : dots_) {
      if (seen.covers(dot.dot) && coin()) state.entry.live.push_back(dot);
    }
    return state;
  }

  State register_state() const {
    crdt::VersionVector seen = any_prefix();
    const Hlc stable{below(12)};
    for (const crdt::LiveDot& dot : dots_) {
      if (dot.payload.hlc < stable) seen.raise(dot.dot);
    }
    State state = split(seen);
    const crdt::LiveDot* winner = nullptr;
    for (const crdt::LiveDot& dot : dots_) {
      if (!seen.covers(dot.dot)) continue;
      if (!winner ||
          std::pair(winner->payload.hlc, winner->dot) < std::pair(dot.payload.hlc, dot.dot))
        winner = &dot;
    }
    if (!winner) return state;
    const bool purged = winner->payload.tombstone && winner->payload.hlc < stable;
    if (!purged) state.entry.live.push_back(*winner);
    return state;
  }

  State counter_state() const {
    const uint64_t newest = below(kDots + 1);
    crdt::VersionVector seen;
    seen.raise(replica(0), newest);
    State state = split(seen);
    if (newest == 0) return state;
    const crdt::LiveDot& live = dots_[newest - 1];
    const uint64_t birth = live.payload.birth;
    const uint64_t reset_at = below(newest + 1);  // 0: no reset
    const bool last_of_birth = newest == kDots || dots_[newest].payload.birth != birth;
    if (reset_at >= birth) {
      const crdt::Payload& observed = dots_[reset_at - 1].payload;
      if (observed.p + observed.n > 0)
        state.entry.baseline = {birth, observed.p, observed.n, Hlc{between(1, 9)}};
    }
    const bool spent = reset_at == newest && state.entry.baseline.birth == birth;
    if (spent && last_of_birth && coin()) {
      state.entry.baseline = {};
    } else {
      state.entry.live.push_back(live);
    }
    return state;
  }

  crdt::EntryKind kind_;
  std::vector<crdt::LiveDot> dots_;  // sorted
};

}  // namespace vordb::properties
