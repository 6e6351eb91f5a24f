// Damage that no checksum shows: a record that was written whole, though it is not what the node
// was told.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "core/codec.h"
#include "sim/memory_disk.h"

namespace vordb::sim {

// The first register found of this value has another one, of the same dot.
inline void falsify(MemoryDisk& disk, const std::string& from, const std::string& to) {
  for (auto& [key, value] : disk.records()) {
    crdt::Entry entry;
    if (!decode_entry(key.second, value, &entry).ok() || entry.live.empty()) continue;
    if (entry.live[0].payload.value != from) continue;
    entry.live[0].payload.value = to;
    value = encode_entry(key.second, entry);
    return;
  }
  FAIL("there is such an entry");
}

}  // namespace vordb::sim
