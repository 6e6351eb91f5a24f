// The shard's cache of hot keys: the whole durable state of small keys, decoded. It may forget any
// key at any time and never holds anything but what the disk would show, so it is no part of a
// vnode's state. Yet a copy holds what the original holds: what is cached decides what is read from
// the disk.
//
// Replacement is CLOCK (Corbato, 1968): a hit sets a bit, the hand clears it and takes the first
// unset one. Keys are found by their 64-bit ring hash; of two keys with one hash only one can be
// cached.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "core/cow.h"
#include "core/fields.h"
#include "core/ids.h"
#include "core/vnode/key_state.h"

namespace vordb {

class KeyCache {
 public:
  // Keeps at most about `capacity_bytes`; 0 caches nothing.
  explicit KeyCache(uint64_t capacity_bytes) : capacity_bytes_(capacity_bytes) {}

  // The key's whole state (an empty KeyState: known to be absent), or null when it is not cached.
  // `hash` is ring_hash(bucket, key).
  std::shared_ptr<const KeyState> find(uint64_t hash, BucketId bucket, std::string_view key);

  // Asks for the memory that find() of this hash will look at first.
  void prefetch(uint64_t hash) const { index_->prefetch(hash); }

  // Holds `state` as the key's whole state, in place of what was there. A state too large to be
  // worth it is dropped.
  void put(uint64_t hash, BucketId bucket, std::string_view key, std::shared_ptr<KeyState> state);

  // Applies one entry that became durable. False when the key is not cached.
  bool update(uint64_t hash, BucketId bucket, std::string_view key, std::string_view subkey,
              const SharedEntry& entry);

  void forget(uint64_t hash);
  void clear();

  uint64_t bytes() const { return bytes_; }
  uint64_t hits() const { return hits_; }
  uint64_t misses() const { return misses_; }

  // A key with a larger state is read from the disk each time.
  static constexpr size_t kLargestState = 64 << 10;

 private:
  // A hit costs cache misses and little else, so what it looks at lies together: short keys inside
  // the slot.
  struct Slot {
    uint64_t hash = 0;
    BucketId bucket = 0;
    std::shared_ptr<KeyState> state;  // null: the slot is free
    absl::InlinedVector<char, 24> key;
    size_t bytes = 0;
    bool referenced = false;
    VORDB_FIELDS(Slot, hash, bucket, state, key, bytes, referenced)
  };
  // Slots lie in pages, so that growing moves none of them and a copy of the cache shares most.
  static constexpr size_t kPageSlots = 256;
  using Page = std::array<Slot, kPageSlots>;
  using Index = absl::flat_hash_map<uint64_t, uint32_t>;  // never iterated: its order is no order
  static constexpr uint32_t kNoSlot = UINT32_MAX;

  const Slot& slot(size_t index) const { return (*pages_[index / kPageSlots])[index % kPageSlots]; }
  Slot& edit(size_t index) { return pages_[index / kPageSlots].edit()[index % kPageSlots]; }
  uint32_t locate(uint64_t hash, BucketId bucket, std::string_view key) const;
  void release(uint32_t index);
  void make_room(uint64_t bytes);

  uint64_t capacity_bytes_;
  uint64_t bytes_ = 0;
  uint64_t hits_ = 0;
  uint64_t misses_ = 0;
  size_t hand_ = 0;
  size_t slots_ = 0;
  std::vector<Cow<Page>> pages_;
  std::vector<uint32_t> free_;
  Cow<Index> index_;
  VORDB_FIELDS(KeyCache, capacity_bytes_, bytes_, hits_, misses_, hand_, slots_, pages_, free_,
               index_)
};

}  // namespace vordb
