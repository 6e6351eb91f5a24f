// Who is retired, what is void and what is stable (rules 7-10): what holds because every owner has
// said so.
#pragma once

#include "core/vnode/part.h"

namespace vordb::vnode {

class Agreement : Part {
 public:
  explicit Agreement(const Part& part) : Part(part) {}

  // False: the message comes from a retired id or from no owner, and is refused.
  bool admit(const crdt::ReplicaId& from);
  void learn_fence(const Fence& fence);
  // Retired replicas count as seen up to the highest counter that any owner's clock or left-over
  // context names, so that all owners seal up to the same one.
  void seal();
  // T and G (rule 10). What no other owner can hold anything of is stable as soon as it is durable.
  void update_stable();
};

}  // namespace vordb::vnode
