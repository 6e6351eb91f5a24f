#include "core/vnode/key_lanes.h"

#include <utility>

#include "core/assert.h"
#include "core/fingerprint.h"
#include "core/vnode/record_keys.h"

namespace vordb::vnode {

bool KeyLanes::queue(KeyTask& task) {
  if (holding_) {
    held_.push_back(std::move(task));
    return true;
  }
  if (busy_.empty()) return false;
  const auto lane = busy_.find(key_begin(task.bucket, task.key));
  if (lane == busy_.end()) return false;
  lane->second.push_back(std::move(task));
  return true;
}

std::optional<KeyTask> KeyLanes::next(const std::string& key) {
  const auto lane = busy_.find(key);
  VORDB_ASSERT(lane != busy_.end(), "a key whose task has waited is occupied");
  if (lane->second.empty()) {
    busy_.erase(lane);
    return std::nullopt;
  }
  KeyTask task = std::move(lane->second.front());
  lane->second.pop_front();
  return task;
}

std::deque<KeyTask> KeyLanes::release() {
  holding_ = false;
  return std::exchange(held_, {});
}

}  // namespace vordb::vnode
