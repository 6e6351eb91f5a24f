#include "core/vnode/key_state.h"

#include <algorithm>

#include "core/crdt/register.h"
#include "core/crdt/set.h"

namespace vordb {

namespace {

template <typename Entries>
auto lower(Entries& entries, std::string_view subkey) {
  return std::lower_bound(
      entries.begin(), entries.end(), subkey,
      [](const KeyEntry& e, std::string_view s) { return std::string_view(e.subkey) < s; });
}

}  // namespace

const crdt::Entry* KeyState::find(std::string_view subkey) const {
  const auto at = lower(entries, subkey);
  return at != entries.end() && at->subkey == subkey ? at->entry.get() : nullptr;
}

void KeyState::set(std::string_view subkey, SharedEntry entry) {
  const auto at = lower(entries, subkey);
  const bool there = at != entries.end() && at->subkey == subkey;
  const bool vacant = !entry || entry->vacant();
  if (there && vacant) {
    entries.erase(at);
  } else if (there) {
    at->entry = std::move(entry);
  } else if (!vacant) {
    entries.insert(at, KeyEntry{std::string(subkey), std::move(entry)});
  }
}

size_t KeyState::bytes() const {
  size_t total = sizeof *this;
  for (const KeyEntry& e : entries) {
    total += sizeof e + e.subkey.size() + sizeof(crdt::Entry) + 32;
    for (const crdt::LiveDot& l : e.entry->live) total += l.payload.value.capacity();
    if (e.entry->live.size() > 1) total += e.entry->live.size() * sizeof(crdt::LiveDot);
  }
  return total;
}

bool expires_between(std::string_view subkey, const crdt::Entry& entry, uint64_t earlier_ms,
                     uint64_t later_ms) {
  if (subkey == crdt::meta_subkey()) {
    return crdt::meta_expired(entry, later_ms) && !crdt::meta_expired(entry, earlier_ms);
  }
  return subkey == crdt::kRegisterSubkey && !crdt::register_read(entry, later_ms) &&
         crdt::register_read(entry, earlier_ms);
}

bool expires_between(const KeyState& state, uint64_t earlier_ms, uint64_t later_ms) {
  const std::string meta = crdt::meta_subkey();
  const crdt::Entry* deadline = state.find(meta);
  if (deadline) return expires_between(meta, *deadline, earlier_ms, later_ms);
  const crdt::Entry* entry = state.find(crdt::kRegisterSubkey);
  return entry && expires_between(crdt::kRegisterSubkey, *entry, earlier_ms, later_ms);
}

}  // namespace vordb
