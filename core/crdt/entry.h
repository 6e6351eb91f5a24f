// An entry: the unit of storage, replication, merge and repair. It holds the live dots with their
// payloads and a context of what else it has merged; of the context only what the vnode's own clock
// does not already cover is kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "core/crdt/dot.h"
#include "core/crdt/hlc.h"
#include "core/crdt/version_vector.h"
#include "core/fields.h"

namespace vordb::crdt {

// What an entry is follows from its subkey alone.
enum class EntryKind : uint8_t { kRegister, kElement, kCounter, kMeta };

// What one replica has counted up or down in all. A counter of 64 bits can be moved through its
// whole range any number of times, so its totals need more.
using CounterTotal = unsigned __int128;

// The payload of a live dot. An element has none.
struct Payload {
  Hlc hlc;                     // registers
  uint64_t expires_at_ms = 0;  // registers and meta entries; 0 = never
  uint64_t birth = 0;          // counters: which series of totals this is (counterexample H)
  CounterTotal p = 0;          // counters: increments of this birth, cumulative
  CounterTotal n = 0;          // counters: decrements of this birth, cumulative
  bool tombstone = false;      // registers
  std::string value;           // registers
  auto operator<=>(const Payload&) const = default;
  VORDB_FIELDS(Payload, hlc, expires_at_ms, birth, p, n, tombstone, value)
};

struct LiveDot {
  Dot dot;
  Payload payload;
  auto operator<=>(const LiveDot&) const = default;
  VORDB_FIELDS(LiveDot, dot, payload)
};

// What resets of a counter entry have observed. Merged by max among equal births; a later birth
// replaces it.
struct Baseline {
  uint64_t birth = 0;
  CounterTotal p = 0;
  CounterTotal n = 0;
  Hlc reset_hlc;  // of the last reset merged here
  auto operator<=>(const Baseline&) const = default;
  VORDB_FIELDS(Baseline, birth, p, n, reset_hlc)
};

struct Entry {
  absl::InlinedVector<LiveDot, 1> live;  // sorted by dot
  VersionVector context;
  Baseline baseline;  // counters only

  // Nothing is left to store: an absent entry means exactly this under the vnode's clock.
  bool vacant() const { return live.empty() && context.empty() && baseline == Baseline{}; }
  const LiveDot* find(const Dot& dot) const;
  // The context that a mutation which has seen this entry carries: every live dot.
  VersionVector observed() const;
  // The highest hlc anywhere inside; a receiver's clock must not stay below it (DATA.md rule 4).
  Hlc highest_hlc() const;

  bool operator==(const Entry&) const = default;
  VORDB_FIELDS(Entry, live, context, baseline)
};

// ---- subkeys: what an entry is called under its key ----

inline constexpr std::string_view kRegisterSubkey = {};
std::string meta_subkey();
std::string element_subkey(std::string_view element);
std::string counter_subkey(const ReplicaId& replica);

// False for bytes that no subkey of ours has.
bool parse_kind(std::string_view subkey, EntryKind* kind);
// The element or the replica that a well-formed subkey names.
std::string_view element_of(std::string_view subkey);
ReplicaId replica_of(std::string_view subkey);

}  // namespace vordb::crdt
