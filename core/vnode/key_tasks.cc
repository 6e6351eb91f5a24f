// Tasks of one key, one after the other. A task runs at once when all it needs is in memory or in
// the block cache; else it parks, and later tasks of the same key wait behind it, so that none acts
// on what another is changing.
#include "core/vnode/key_tasks.h"

#include <utility>

#include "core/crdt/set.h"
#include "core/vnode/forgetting.h"
#include "core/vnode/loads.h"
#include "core/vnode/merges.h"
#include "core/vnode/mutations.h"
#include "core/vnode/strips.h"

namespace vordb::vnode {

void KeyTasks::start(KeyTask task) {
  if (!vnode.lanes.queue(task)) run(task);
}

bool KeyTasks::run(KeyTask& task) {
  for (;;) {
    plan(task);
    if (Loads(*this).load(task, nullptr) == Progress::kWaiting) return false;
    if (finish(task)) return true;
    if (rests(task)) return false;
  }
}

void KeyTasks::resume(KeyTask task, ReadResult result) {
  const std::string name = key_begin(task.bucket, task.key);
  if (Loads(*this).load(task, &result) == Progress::kWaiting) return;
  if (!finish(task) && (rests(task) || !run(task))) return;
  run_waiting(name);
}

bool KeyTasks::rests(KeyTask& task) {
  if (!task.load.more) return false;
  Group& group = open();
  group.wanted = true;  // also where a page held nothing to remove
  vnode.lanes.occupy(key_begin(task.bucket, task.key));
  group.resting.push_back(std::move(task));
  return true;
}

void KeyTasks::go_on(KeyTask task) {
  const std::string name = key_begin(task.bucket, task.key);
  if (run(task)) run_waiting(name);
}

void KeyTasks::run_waiting(const std::string& name) {
  while (std::optional<KeyTask> next = vnode.lanes.next(name)) {
    if (!run(*next)) return;
  }
}

void KeyTasks::plan(KeyTask& task) {
  task.load = Load{};
  if (std::holds_alternative<MutateTask>(task.what)) {
    Mutations(*this).plan(task);
  } else if (auto* merge = std::get_if<MergeTask>(&task.what)) {
    for (const KeyEntry& entry : merge->entries) task.load.points.push_back(entry.subkey);
  } else if (auto* sweep = std::get_if<SweepTask>(&task.what)) {
    if (sweep->subkey == crdt::meta_subkey()) {
      task.load.whole_range = true;
      task.load.range_after = sweep->purge_after;
      task.load.limit = uint32_t(turn.env.knobs.step_entries_max);
      if (!vnode.sole_owner()) task.load.probes = vnode.log.data(task.bucket, task.key);
    }
    task.load.points.push_back(sweep->subkey);
  } else {
    task.load.points.push_back(std::get<StripTask>(task.what).subkey);
  }
}

bool KeyTasks::finish(KeyTask& task) {
  if (std::holds_alternative<MutateTask>(task.what)) return Mutations(*this).finish(task);
  if (std::holds_alternative<StripTask>(task.what)) --vnode.stripping;
  if (!task.load.status.ok() || vnode.corrupt) return true;
  if (std::holds_alternative<MergeTask>(task.what)) {
    Merges(*this).finish(task);
    return true;
  }
  if (std::holds_alternative<SweepTask>(task.what)) return Forgetting(*this).finish(task);
  Strips(*this).finish(task);
  return true;
}

}  // namespace vordb::vnode
