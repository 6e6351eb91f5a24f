// Forgetting: tombstones and expired registers once stable, expired sets and counters by an
// ordinary mutation, counters' spent entries once every owner knows, old answers, and dots that
// every owner has (rules 10-13 and 15).
#pragma once

#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::vnode {

class Forgetting : Part {
 public:
  explicit Forgetting(const Part& part) : Part(part) {}

  // Begins a walk, if none of its kind is under way.
  void begin(ScanTask::Kind kind);
  // The walk over the dot log, if there is news of what every owner has.
  void begin_log();
  // The next page of each walk under way.
  void go_on();
  // A page has come.
  void take_page(const ScanTask& task, ReadResult result);
  // The entry that was due is loaded. True when the task has ended; false: read on.
  bool finish(KeyTask& task);

 private:
  void scan(ScanTask::Kind kind);
  bool may_forget() const;
  void take_due(const ReadResult& result);
  void take_answers(const ReadResult& result);
  void take_log(const ReadResult& result);
  bool finish_purge(KeyTask& task);
  bool knows_renewals(const Bucket& bucket, Hlc deadline) const;
};

}  // namespace vordb::vnode
