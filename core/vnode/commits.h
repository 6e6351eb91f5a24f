// The open group of changes on its way to the disk, and what happens once it is durable (rule 1).
#pragma once

#include "core/vnode/group.h"
#include "core/vnode/part.h"

namespace vordb::vnode {

class Commits : Part {
 public:
  explicit Commits(const Part& part) : Part(part) {}

  // Commits the open group as one batch with the vnode's record, if there is anything in it.
  void flush();
  // With other owners: the durable ceiling stays ahead of the clock while somebody waits for that.
  void keep_lead();
  // What buckets that were dropped have left here goes with the next batch.
  void erase_dropped_buckets();
  // The batch of this group, the oldest in flight, is durable: whoever waits for it is told.
  void take_durable(Group group);

 private:
  void tell_others(const Group& group);
};

}  // namespace vordb::vnode
