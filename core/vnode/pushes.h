// Entries sent on a coordinator's wish, so that its quorum comes to hold the same: after replies
// that differ, or a dot sent again after the owners have changed.
#pragma once

#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::vnode {

class Pushes : Part {
 public:
  explicit Pushes(const Part& part) : Part(part) {}

  void begin(KeyPush push);
  void end(const KeyPush& push, const Closure& closure, bool complete);

 private:
  void refuse(const AckWaiter& waiter);
};

}  // namespace vordb::vnode
