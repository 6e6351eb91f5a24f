// What goes into the open group, always in step: an entry with its due time and its left-over
// context, a dot with its record in the log.
#include "core/vnode/writes.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "core/codec.h"
#include "core/crdt/set.h"
#include "core/vnode/due.h"

namespace vordb::vnode {

using crdt::Dot;
using crdt::Entry;

SharedEntry Writes::write_entry(const KeyTask& task, std::string_view subkey, const Entry* before,
                                Entry after) {
  Group& group = open();
  const std::string name = entry_name(task.bucket, task.key, subkey);
  const std::string key = record_key(vnode.id, Table::kEntries, name);
  const Family at = family();
  if (after.vacant()) {
    group.batch.erase(at, key);
  } else {
    group.batch.put(at, key, encode_entry(key, after));
  }
  const std::optional<Hlc> due_before = before ? due_at(subkey, *before) : std::nullopt;
  const std::optional<Hlc> due_after = due_at(subkey, after);
  if (due_before && due_before != due_after) {
    group.batch.erase(at, record_key(vnode.id, Table::kDue, due_name(*due_before, name)));
  }
  if (due_after && due_before != due_after) {
    group.batch.put(at, record_key(vnode.id, Table::kDue, due_name(*due_after, name)), {});
    if (*due_after <= vnode.time.last()) vnode.await(*due_after);
  }
  index_left_over(name, after);
  note_bucket(task.bucket);
  auto entry = std::make_shared<const Entry>(std::move(after));
  vnode.overlay.write(name, entry);
  group.changes.push_back(Change{task.bucket, task.hash, task.key, std::string(subkey), entry});
  return entry;
}

void Writes::note_bucket(BucketId bucket) {
  const auto at = std::lower_bound(vnode.buckets.begin(), vnode.buckets.end(), bucket);
  if (at != vnode.buckets.end() && *at == bucket) return;
  vnode.buckets.insert(at, bucket);
  open().record_changed = true;
}

// Keeps the index of entries with a context left over, in memory and on disk, in step with the
// entry.
void Writes::index_left_over(const std::string& name, const Entry& after) {
  const bool had = vnode.left_overs.contains(name);
  if (!had && after.context.empty()) return;
  vnode.left_overs.update(name, after.context);
  const std::string key = record_key(vnode.id, Table::kLeftOvers, name);
  if (after.context.empty()) {
    open().batch.erase(family(), key);
  } else if (!had) {
    open().batch.put(family(), key, {});
  }
}

Dot Writes::mint(KeyTask& task, Hlc hlc) {
  Group& group = open();
  const Dot dot{vnode.self, vnode.clock.highest_of(vnode.self) + 1};
  if (auto* mutate = std::get_if<MutateTask>(&task.what)) mutate->dots.push_back(dot);
  vnode.clock.add(dot);
  group.dots.push_back(dot);
  group.lowest_hlc = std::min(group.lowest_hlc, hlc);
  return dot;
}

void Writes::settle(const Dot& dot) {
  Group& group = open();
  group.dots.push_back(dot);
  group.wanted = true;
  vnode.clock.add(dot);
}

// A dot whose bucket is gone. It gets a record all the same: a peer that lacks it can be told
// (counterexample R).
void Writes::settle_void(const Dot& dot) {
  if (vnode.clock.contains(dot)) return;
  settle(dot);
  vnode.log.write_void(dot, family(), open().batch);
}

// The dot log serves other owners; a sole owner needs none (rule 15).
void Writes::log_dot(const KeyTask& task, const Dot& dot, std::vector<std::string> touched,
                     bool purge) {
  if (vnode.sole_owner()) return;
  Group& group = open();
  Delta delta{task.bucket, task.key, {dot, std::move(touched), std::nullopt, purge}, std::nullopt};
  const bool mutates = std::holds_alternative<MutateTask>(task.what);
  delta.closed = mutates && !purge && (task.load.found || logs_undurably(task, &LoggedKey::purge));
  // The client's mutation, if this is one, was acknowledged just before.
  if (!group.waiters.empty() && group.waiters.back().dot == dot) {
    delta.waiter = group.waiters.back();
  }
  if (!group.answers.empty() && group.answers.back().second.dot == dot) {
    delta.logged.answer = group.answers.back();
  }
  write_log(task, delta.logged);
  group.deltas.push_back(std::move(delta));
}

void Writes::write_log(const KeyTask& task, const LoggedDot& logged) {
  Group& group = open();
  vnode.log.write(task.bucket, task.key, logged, family(), group.batch);
  const Bucket* bucket = turn.configuration.bucket(task.bucket);
  if (!bucket || !bucket->has_deadlines()) return;
  const bool data = std::any_of(logged.subkeys.begin(), logged.subkeys.end(),
                                [](const auto& subkey) { return subkey != crdt::meta_subkey(); });
  group.logged.push_back({task.bucket, task.key, data, logged.purge});
}

// Whether a batch that is not durable yet logs something of the task's key.
bool Writes::logs_undurably(const KeyTask& task, bool LoggedKey::*what) const {
  return vnode.overlay.any([&](const Group& group) {
    return std::any_of(group.logged.begin(), group.logged.end(), [&](const LoggedKey& logged) {
      return logged.*what && logged.bucket == task.bucket && logged.key == task.key;
    });
  });
}

}  // namespace vordb::vnode
