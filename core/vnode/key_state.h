// The durable entries of one key, or a part of them, as reads and the cache share them. Immutable
// once shared.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "core/crdt/entry.h"
#include "core/fields.h"

namespace vordb {

using SharedEntry = std::shared_ptr<const crdt::Entry>;

struct KeyEntry {
  std::string subkey;
  SharedEntry entry;  // never null, never vacant
  VORDB_FIELDS(KeyEntry, subkey, entry)
};

struct KeyState {
  absl::InlinedVector<KeyEntry, 1> entries;  // sorted by subkey

  const crdt::Entry* find(std::string_view subkey) const;
  // Puts `entry` in its place; a vacant one (or null) takes the subkey away.
  void set(std::string_view subkey, SharedEntry entry);
  // Roughly what this costs in memory.
  size_t bytes() const;
  VORDB_FIELDS(KeyState, entries)
};

// What the entry shows, or with a deadline makes its key show, at `earlier_ms` has expired at
// `later_ms`; and the same of a whole key.
bool expires_between(std::string_view subkey, const crdt::Entry& entry, uint64_t earlier_ms,
                     uint64_t later_ms);
bool expires_between(const KeyState& state, uint64_t earlier_ms, uint64_t later_ms);

}  // namespace vordb
