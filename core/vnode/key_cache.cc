#include "core/vnode/key_cache.h"

#include <utility>

namespace vordb {

KeyCache::Slot* KeyCache::locate(uint64_t hash, BucketId bucket, std::string_view key) {
  const auto at = index_.find(hash);
  if (at == index_.end()) return nullptr;
  Slot& slot = slots_[at->second];
  return slot.bucket == bucket && slot.key == key ? &slot : nullptr;
}

std::shared_ptr<const KeyState> KeyCache::find(uint64_t hash, BucketId bucket,
                                               std::string_view key) {
  Slot* slot = locate(hash, bucket, key);
  if (!slot) {
    ++misses_;
    return nullptr;
  }
  ++hits_;
  slot->referenced = true;
  return slot->state;
}

void KeyCache::put(uint64_t hash, BucketId bucket, std::string_view key,
                   std::shared_ptr<KeyState> state) {
  const size_t bytes = sizeof(Slot) + key.size() + state->bytes();
  if (bytes > kLargestState || bytes > capacity_bytes_) {
    forget(hash);
    return;
  }
  if (Slot* slot = locate(hash, bucket, key)) {
    bytes_ += bytes - slot->bytes;
    slot->bytes = bytes;
    slot->state = std::move(state);
    if (bytes_ > capacity_bytes_) make_room(0);
    return;
  }
  forget(hash);
  make_room(bytes);
  uint32_t at;
  if (free_.empty()) {
    at = uint32_t(slots_.size());
    slots_.emplace_back();
  } else {
    at = free_.back();
    free_.pop_back();
  }
  slots_[at] = Slot{hash, bucket, std::string(key), std::move(state), bytes, false};
  index_[hash] = at;
  bytes_ += bytes;
}

void KeyCache::update(uint64_t hash, BucketId bucket, std::string_view key, std::string_view subkey,
                      const SharedEntry& entry) {
  Slot* slot = locate(hash, bucket, key);
  if (!slot) return;
  std::shared_ptr<KeyState> state = slot->state;
  // Two owners are this slot and the line above; a third is a reader that must go on seeing what it
  // was given.
  if (state.use_count() > 2) state = std::make_shared<KeyState>(*state);
  state->set(subkey, entry);
  put(hash, bucket, key, std::move(state));
}

void KeyCache::forget(uint64_t hash) {
  const auto at = index_.find(hash);
  if (at != index_.end()) release(at->second);
}

void KeyCache::release(uint32_t index) {
  Slot& slot = slots_[index];
  bytes_ -= slot.bytes;
  index_.erase(slot.hash);
  slot = Slot{};
  free_.push_back(index);
}

void KeyCache::make_room(uint64_t bytes) {
  while (bytes_ + bytes > capacity_bytes_ && !index_.empty()) {
    hand_ = hand_ + 1 < slots_.size() ? hand_ + 1 : 0;
    Slot& slot = slots_[hand_];
    if (!slot.state) continue;
    if (slot.referenced) {
      slot.referenced = false;
      continue;
    }
    release(uint32_t(hand_));
  }
}

}  // namespace vordb
