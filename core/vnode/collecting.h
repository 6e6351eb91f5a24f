// Collects closures: reads what one needs, then goes on to send it.
#pragma once

#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::vnode {

class Collecting : Part {
 public:
  explicit Collecting(const Part& part) : Part(part) {}

  // From what is durable now, for a message to another owner.
  Closure::Bounds begin() const;
  void go_on(CollectTask task, ReadResult* arrived);
};

}  // namespace vordb::vnode
