// Contexts left over (rule 6): stripped of what the base has come to cover, each entry by a task of
// its own. Stripping changes no meaning, so it need not share the batch that raised the base.
#pragma once

#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::vnode {

class Strips : Part {
 public:
  explicit Strips(const Part& part) : Part(part) {}

  // Called after each raise of the base, at start, and at each pulse: what a failed read or the
  // bound leaves undone comes again.
  void begin();
  void finish(KeyTask& task);
};

}  // namespace vordb::vnode
