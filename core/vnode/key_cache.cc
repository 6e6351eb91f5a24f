#include "core/vnode/key_cache.h"

#include <utility>

namespace vordb {

KeyCache::Slot* KeyCache::locate(uint64_t hash, BucketId bucket, std::string_view key) {
  const auto at = index_.find(hash);
  if (at == index_.end()) return nullptr;
  Slot& found = slot(at->second);
  const bool same =
      found.bucket == bucket && std::string_view(found.key.data(), found.key.size()) == key;
  return same ? &found : nullptr;
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
    at = uint32_t(slots_++);
    if (at % kPageSlots == 0) pages_.push_back(std::make_unique<Slot[]>(kPageSlots));
  } else {
    at = free_.back();
    free_.pop_back();
  }
  slot(at) = Slot{hash, bucket, std::move(state), {key.begin(), key.end()}, bytes, false};
  index_[hash] = at;
  bytes_ += bytes;
}

bool KeyCache::update(uint64_t hash, BucketId bucket, std::string_view key, std::string_view subkey,
                      const SharedEntry& entry) {
  Slot* slot = locate(hash, bucket, key);
  if (!slot) return false;
  std::shared_ptr<KeyState> state = slot->state;
  // Two owners are this slot and the line above; a third is a reader that must go on seeing what it
  // was given.
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
  const auto at = index_.find(hash);
  if (at != index_.end()) release(at->second);
}

void KeyCache::release(uint32_t index) {
  Slot& released = slot(index);
  bytes_ -= released.bytes;
  index_.erase(released.hash);
  released = Slot{};
  free_.push_back(index);
}

void KeyCache::make_room(uint64_t bytes) {
  while (bytes_ + bytes > capacity_bytes_ && !index_.empty()) {
    hand_ = hand_ + 1 < slots_ ? hand_ + 1 : 0;
    Slot& candidate = slot(hand_);
    if (!candidate.state) continue;
    if (candidate.referenced) {
      candidate.referenced = false;
      continue;
    }
    release(uint32_t(hand_));
  }
}

}  // namespace vordb
