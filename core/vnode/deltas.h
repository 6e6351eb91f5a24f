// Each durable mutation's entries on their way to the other owners, at once.
#pragma once

#include <optional>
#include <vector>

#include "core/vnode/group.h"
#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::vnode {

class Deltas : Part {
 public:
  explicit Deltas(const Part& part) : Part(part) {}

  // The group is durable.
  void tell(const Group& group);
  // All that a closed delta needs is collected.
  void end_closed(const ClosedDelta& delta, const Closure& closure);

 private:
  std::optional<Origin> waits_for(const Delta& delta) const;
  void begin_closed(const std::vector<const Delta*>& deltas);
};

}  // namespace vordb::vnode
