// What goes into the open group: entries with their indexes, dots, and records of the dot log.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/vnode/group.h"
#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::vnode {

class Writes : Part {
 public:
  explicit Writes(const Part& part) : Part(part) {}

  // `before`: what the entry was, null for nothing. Returns what it is now.
  SharedEntry write_entry(const KeyTask& task, std::string_view subkey, const crdt::Entry* before,
                          crdt::Entry after);
  // The next dot of this vnode, for a mutation at this time.
  crdt::Dot mint(KeyTask& task, Hlc hlc);
  // The record of a dot of this vnode, and the delta that tells the other owners of it.
  void log_dot(const KeyTask& task, const crdt::Dot& dot, std::vector<std::string> touched,
               bool purge);
  // The clock has another owner's dot from now on.
  void settle(const crdt::Dot& dot);
  // As one that nobody has entries of.
  void settle_void(const crdt::Dot& dot);
  // The record of a dot, this vnode's or another's.
  void write_log(const KeyTask& task, const LoggedDot& logged);
  // Whether a group that is not durable yet logs something of the task's key.
  bool logs_undurably(const KeyTask& task, bool LoggedKey::*what) const;

 private:
  void note_bucket(BucketId bucket);
  void index_left_over(const std::string& name, const crdt::Entry& after);
};

}  // namespace vordb::vnode
