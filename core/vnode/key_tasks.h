// Tasks that change a key: of one key one after the other, each from what it plans to read to what
// it does once all of that is there.
#pragma once

#include <string>

#include "core/vnode/part.h"
#include "core/vnode/tasks.h"

namespace vordb::vnode {

class KeyTasks : Part {
 public:
  explicit KeyTasks(const Part& part) : Part(part) {}

  // Runs the task, or queues it behind those of its key.
  void start(KeyTask task);
  // What the task waited for has arrived.
  void resume(KeyTask task, ReadResult result);
  // The group that the task rested in is durable.
  void go_on(KeyTask task);

 private:
  // True when the task has ended; false when it waits, and its key is busy.
  bool run(KeyTask& task);
  // A task of many steps takes one full page of entries a turn and a batch: however large the key,
  // a turn's work is bounded, and so is what a batch holds.
  bool rests(KeyTask& task);
  // The key is free again: its next tasks run until one waits.
  void run_waiting(const std::string& name);
  void plan(KeyTask& task);
  bool finish(KeyTask& task);
};

}  // namespace vordb::vnode
