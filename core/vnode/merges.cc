// Entries from other owners, merged with what is held here.
#include "core/vnode/merges.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/container/btree_set.h"
#include "core/codec.h"
#include "core/crdt/merge.h"
#include "core/vnode/acknowledgements.h"
#include "core/vnode/key_tasks.h"
#include "core/vnode/key_update.h"
#include "core/vnode/strips.h"
#include "core/vnode/writes.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

using crdt::Entry;
using crdt::ReplicaId;

void Merges::take_in(const pb::Updates& updates, const ReplicaId& from, uint64_t pv) {
  MergeTask common;
  common.pv = pv;
  common.from = from;
  common.base = vector_from_pb(updates.base());
  common.hlc = Hlc{updates.hlc()};
  for (const pb::Dot& dot : updates.voids()) Writes(*this).settle_void(from_pb(dot));
  for (const pb::KeyUpdate& update : updates.keys()) take_in_key(update, common);
}

void Merges::take_in_key(const pb::KeyUpdate& update, const MergeTask& common) {
  // A bucket of a configuration that this node does not have yet: gossip brings its entries again.
  if (update.bucket_id() > turn.configuration.epoch) return;
  KeyTask task = KeyTask::of(update.bucket_id(), update.key());
  MergeTask merge = common;
  for (const pb::KeyEntry& e : update.entries()) {
    auto entry = std::make_shared<Entry>();
    crdt::EntryKind kind;
    const absl::Status decoded = from_pb(e.entry(), entry.get());
    if (!decoded.ok() || !crdt::parse_kind(e.subkey(), &kind)) {
      turn.env.telemetry.log(LogLevel::kWarning, "an ill-formed entry from a peer was refused");
      return;
    }
    merge.entries.push_back(KeyEntry{e.subkey(), std::move(entry)});
  }
  if (!take_dots(update, &merge.dots)) return;
  for (const pb::Origin& origin : update.origins()) {
    merge.origins.push_back({origin.op(), origin.node(), uint16_t(origin.shard())});
  }
  task.what = std::move(merge);
  KeyTasks(*this).start(std::move(task));
}

void Merges::finish(KeyTask& task) {
  MergeTask& merge = std::get<MergeTask>(task.what);
  // It waited for the disk, and in the meantime its sender may have been retired.
  if (retired(merge.from, vnode.standing.fence, turn.configuration)) return;
  vnode.time.observe(merge.hlc, turn.env.clock.now());
  const bool dropped = turn.configuration.bucket(task.bucket) == nullptr;
  const crdt::VersionVector base_before = vnode.clock.base();
  absl::btree_set<std::string_view> came;
  for (const KeyEntry& theirs : merge.entries) came.insert(theirs.subkey);
  for (const LoggedDot& logged : merge.dots) {
    const bool whole = std::all_of(logged.subkeys.begin(), logged.subkeys.end(),
                                   [&](const auto& subkey) { return came.contains(subkey); });
    if (!whole || vnode.clock.contains(logged.dot)) continue;
    if (dropped) {
      Writes(*this).settle_void(logged.dot);
      continue;
    }
    Writes(*this).settle(logged.dot);
    if (logged.answer) Acknowledgements(*this).remember_answer(*logged.answer);
    Writes(*this).write_log(task, logged);
  }
  if (!dropped) {
    const crdt::VersionVector base_after = vnode.clock.base();
    for (const KeyEntry& theirs : merge.entries) {
      crdt::EntryKind kind;
      crdt::parse_kind(theirs.subkey, &kind);
      const Entry* found = task.load.state.find(theirs.subkey);
      const Entry before = found ? *found : Entry{};
      vnode.time.observe(theirs.entry->highest_hlc(), turn.env.clock.now());
      Entry after = crdt::merge(kind, {before, base_before}, {*theirs.entry, merge.base});
      after.context.strip(base_after);
      if (after != before) {
        task.load.state.set(theirs.subkey, Writes(*this).write_entry(task, theirs.subkey, &before,
                                                                     std::move(after)));
      }
    }
  }
  Strips(*this).begin();
  for (const Origin& origin : merge.origins) {
    Acknowledgements(*this).acknowledge_merge(
        {origin.op, origin.node, origin.shard, merge.pv, merge.from.node}, dropped);
  }
}

}  // namespace vordb::vnode
