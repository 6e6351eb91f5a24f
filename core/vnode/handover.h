// What a configuration makes of a vnode, and how far it is on its way: learning enough to take
// part, holding enough to count for a move, and, once it is an owner no more, handing everything
// over before it forgets (CLUSTER.md rules 17-23).
#pragma once

#include "core/vnode/part.h"

namespace vordb::vnode {

class Handover : Part {
 public:
  explicit Handover(const Part& part) : Part(part) {}

  void learn_to_take_part(const PeerView& view);
  void note_progress();

 private:
  void become_fenced(Hlc at_least);
  size_t owners_held() const;
  bool holds_a_complete_owner() const;
  void consider_drop();
  void erase_all(Batch& batch) const;
};

}  // namespace vordb::vnode
