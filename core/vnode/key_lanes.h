// Tasks of one key run one after the other: while one of them waits for the disk, those that come
// later wait behind it, so that none acts on what another is changing. All keys can be held back at
// once, while the end of a snapshot is taken in.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "absl/container/btree_map.h"
#include "core/fields.h"
#include "core/vnode/tasks.h"

namespace vordb::vnode {

class KeyLanes {
 public:
  // Takes the task and returns true if it must wait for its turn: next() or release() gives it
  // back.
  bool queue(KeyTask& task);
  // A task of this key (key_begin()) waits: later ones queue.
  void occupy(const std::string& key) { busy_.try_emplace(key); }
  // The task that occupied the key has ended. The next one, which occupies it in turn until this is
  // called again; nothing: the key is free.
  std::optional<KeyTask> next(const std::string& key);

  void hold() { holding_ = true; }
  // What came while all were held back, in order.
  std::deque<KeyTask> release();

  // No key is occupied.
  bool free() const { return busy_.empty(); }

 private:
  absl::btree_map<std::string, std::deque<KeyTask>> busy_;
  bool holding_ = false;
  std::deque<KeyTask> held_;
  VORDB_FIELDS(KeyLanes, busy_, holding_, held_)
};

}  // namespace vordb::vnode
