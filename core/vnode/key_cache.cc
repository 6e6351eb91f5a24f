#include "core/vnode/key_cache.h"

#include <utility>

namespace vordb {

uint32_t KeyCache::locate(uint64_t hash, BucketId bucket, std::string_view key) const {
  const auto at = index_->find(hash);
  if (at == index_->end()) return kNoSlot;
  const Slot& found = slot(at->second);
  const bool same =
      found.bucket == bucket && std::string_view(found.key.data(), found.key.size()) == key;
  return same ? at->second : kNoSlot;
}

std::shared_ptr<const KeyState> KeyCache::find(uint64_t hash, BucketId bucket,
                                               std::string_view key) {
  const uint32_t at = locate(hash, bucket, key);
  if (at == kNoSlot) {
    ++misses_;
    return nullptr;
  }
  ++hits_;
  if (!slot(at).referenced) edit(at).referenced = true;
  return slot(at).state;
}

void KeyCache::put(uint64_t hash, BucketId bucket, std::string_view key,
                   std::shared_ptr<KeyState> state) {
  const size_t bytes = sizeof(Slot) + key.size() + state->bytes();
  if (bytes > kLargestState || bytes > capacity_bytes_) {
    forget(hash);
    return;
  }
  if (const uint32_t there = locate(hash, bucket, key); there != kNoSlot) {
    Slot& slot = edit(there);
    bytes_ += bytes - slot.bytes;
    slot.bytes = bytes;
    slot.state = std::move(state);
    if (bytes_ > capacity_bytes_) make_room(0);
    return;
  }
  forget(hash);
  make_room(bytes);
  uint32_t at;
  if (free_.empty()) {
    at = uint32_t(slots_++);
    if (at % kPageSlots == 0) pages_.emplace_back();
  } else {
    at = free_.back();
    free_.pop_back();
  }
  edit(at) = Slot{hash, bucket, std::move(state), {key.begin(), key.end()}, bytes, false};
  index_.edit()[hash] = at;
  bytes_ += bytes;
}

bool KeyCache::update(uint64_t hash, BucketId bucket, std::string_view key, std::string_view subkey,
                      const SharedEntry& entry) {
  const uint32_t at = locate(hash, bucket, key);
  if (at == kNoSlot) return false;
  // edit(): the slot of a page that a copy of the cache shares would be one owner for two.
  std::shared_ptr<KeyState> state = edit(at).state;
  // Two owners are this slot and the line above; a third is a reader, or a copy of the cache, that
  // must go on seeing what it was given.
  if (state.use_count() > 2) state = std::make_shared<KeyState>(*state);
  state->set(subkey, entry);
  put(hash, bucket, key, std::move(state));
  return true;
}

void KeyCache::clear() {
  for (size_t index = 0; index < slots_; ++index) {
    if (slot(index).state) forget(slot(index).hash);
  }
}

void KeyCache::forget(uint64_t hash) {
  const auto at = index_->find(hash);
  if (at != index_->end()) release(at->second);
}

void KeyCache::release(uint32_t index) {
  Slot& released = edit(index);
  bytes_ -= released.bytes;
  index_.edit().erase(released.hash);
  released = Slot{};
  free_.push_back(index);
}

void KeyCache::make_room(uint64_t bytes) {
  while (bytes_ + bytes > capacity_bytes_ && !index_->empty()) {
    hand_ = hand_ + 1 < slots_ ? hand_ + 1 : 0;
    const Slot& candidate = slot(hand_);
    if (!candidate.state) continue;
    if (candidate.referenced) {
      edit(hand_).referenced = false;
      continue;
    }
    release(uint32_t(hand_));
  }
}

}  // namespace vordb
