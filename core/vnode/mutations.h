// A client's change of one key: admitted, read for, refused or answered from memory. What it does
// to the key is in effects.h.
#pragma once

#include <optional>

#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::vnode {

class Mutations : Part {
 public:
  explicit Mutations(const Part& part) : Part(part) {}

  // Refuses it, or starts its task.
  void begin(KeyMutation mutation);
  // What it must read first.
  void plan(KeyTask& task);
  // All of it was read. False: read on.
  bool finish(KeyTask& task);

 private:
  std::optional<ClientError> refusal(const KeyMutation& mutation) const;
  bool first_copy(const KeyMutation& mutation);
  bool answered_before(KeyTask& task);
  bool purge_step(KeyTask& task, Hlc hlc);
};

}  // namespace vordb::vnode
