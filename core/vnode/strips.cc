// Contexts left over, stripped of what the base has come to cover.
#include "core/vnode/strips.h"

#include <utility>
#include <vector>

#include "core/assert.h"
#include "core/vnode/key_tasks.h"
#include "core/vnode/writes.h"

namespace vordb::vnode {

using crdt::Entry;

void Strips::begin() {
  if (vnode.left_overs.empty() || vnode.stripping > 0 || vnode.corrupt || vnode.gone()) return;
  if (turn.env.buggify(Site::kStripsLater)) return;
  const uint64_t most = turn.env.buggify(Site::kStripsOne) ? 1 : turn.env.knobs.strips_max;
  const std::vector<std::string> names = vnode.left_overs.covered(vnode.clock.base(), most);
  vnode.stripping = names.size();
  for (const std::string& raw : names) {
    EntryName name;
    VORDB_ASSERT(parse_entry_name(raw, &name), "our own entry names parse");
    KeyTask task = KeyTask::of(name.bucket, name.key);
    task.what = StripTask{std::string(name.subkey)};
    KeyTasks(*this).start(std::move(task));
  }
}

void Strips::finish(KeyTask& task) {
  const std::string& subkey = std::get<StripTask>(task.what).subkey;
  const Entry* before = task.load.state.find(subkey);
  if (!before || turn.configuration.bucket(task.bucket) == nullptr) return;
  Entry after = *before;
  after.context.strip(vnode.clock.base());
  if (after.context != before->context)
    Writes(*this).write_entry(task, subkey, before, std::move(after));
}

}  // namespace vordb::vnode
