// What a key task reads of its key before it can act: from memory, from what is not durable yet, or
// from the disk.
#pragma once

#include <cstdint>
#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::vnode {

enum class Progress : uint8_t { kReady, kWaiting };

class Loads : Part {
 public:
  explicit Loads(const Part& part) : Part(part) {}

  // Reads all that `task.load` names. `arrived`: what the task was parked for, if anything.
  // kWaiting: the disk cannot say yet, and the task was parked.
  Progress load(KeyTask& task, ReadResult* arrived);

 private:
  Progress load_token(KeyTask& task, ReadResult* arrived);
  Progress load_range(KeyTask& task, ReadResult* arrived);
  bool load_cached(KeyTask& task);
  void take_range(KeyTask& task, const ReadResult& result);
  Progress load_points(KeyTask& task, ReadResult* arrived);
  Progress load_probes(KeyTask& task, ReadResult* arrived);
};

}  // namespace vordb::vnode
