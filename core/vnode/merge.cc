// Entries from other owners: merged one by one, their dots settled only when all they touch has
// come (rules 4-6).
#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/btree_set.h"
#include "core/assert.h"
#include "core/cluster/ring.h"
#include "core/codec.h"
#include "core/crdt/merge.h"
#include "core/vnode/own_future.h"
#include "core/vnode/vnode.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

using crdt::Dot;
using crdt::Entry;
using crdt::ReplicaId;

namespace {

// More than that are not kept: their coordinators ask again.
constexpr size_t kEarlyAcksMax = 1000;

// Entries that are stripped at once (rule 6).
constexpr size_t kStripsMax = 256;

}  // namespace

void Vnode::step(const pb::PeerMessage& message, Context& context) {
  if (corrupt_ || dropped_ || dropping_) return;
  const ReplicaId from = from_pb(message.from_replica());
  if (from.node != message.from_node()) return;
  if (names_future_of(self_, clock_.highest_of(self_), message)) {
    context.env.telemetry.violated("PeerMessage: dots of the receiver that it has not taken");
    context.env.telemetry.log(LogLevel::kWarning,
                              "a message that names dots which this vnode has yet to take was "
                              "refused: its sender is not whole");
    return;
  }
  if (!admit(from, context)) return;
  if (message.has_announcement()) {
    receive_announcement(message, from, context);
  } else if (message.has_snapshot_pull()) {
    receive(message.snapshot_pull(), from.node, context);
  } else if (!standing_.fenced || !roles_.serves()) {
    return;  // an empty store takes nothing before it knows who is retired (rule 8), one that hands
             // over takes nothing more; gossip brings it to those who need it
  } else if (context.env.disk.free_space() == FreeSpace::kLittle) {
    return;  // gossip brings it again. With more space than this a replica takes it all, or nobody
             // could forget, and so free, anything
  } else if (message.has_delta()) {
    receive(message.delta(), from, message.pv(), context);
  } else if (message.has_push()) {
    receive(message.push(), from, message.pv(), context);
  } else if (message.has_gossip()) {
    const pb::Updates& updates = message.gossip();
    if (!updates.keys().empty() || !updates.voids().empty()) announce_to_ = from.node;
    receive(message.gossip(), from, message.pv(), context);
    if (message.gossip().unlogged()) consider_fetch(from.node, context);
  } else if (message.has_snapshot_part()) {
    receive(message.snapshot_part(), from, context);
  }
}

void Vnode::receive(const pb::Updates& updates, const ReplicaId& from, uint64_t pv,
                    Context& context) {
  MergeTask common;
  common.pv = pv;
  common.from = from;
  common.base = vector_from_pb(updates.base());
  common.hlc = Hlc{updates.hlc()};
  for (const pb::Dot& dot : updates.voids()) settle_void(from_pb(dot), context);
  for (const pb::KeyUpdate& update : updates.keys()) receive_key(update, common, context);
}

void Vnode::receive_key(const pb::KeyUpdate& update, const MergeTask& common, Context& context) {
  // A bucket of a configuration that this node does not have yet: gossip brings its entries again.
  if (update.bucket_id() > context.configuration.epoch) return;
  KeyTask task;
  task.bucket = update.bucket_id();
  task.key = update.key();
  task.hash = cluster::ring_hash(task.bucket, task.key);
  MergeTask merge = common;
  for (const pb::KeyEntry& e : update.entries()) {
    auto entry = std::make_shared<Entry>();
    crdt::EntryKind kind;
    const absl::Status decoded = from_pb(e.entry(), entry.get());
    if (!decoded.ok() || !crdt::parse_kind(e.subkey(), &kind)) {
      context.env.telemetry.log(LogLevel::kWarning, "an ill-formed entry from a peer was refused");
      return;
    }
    merge.entries.push_back(KeyEntry{e.subkey(), std::move(entry)});
  }
  for (const pb::LoggedDot& d : update.dots()) {
    if (d.dot().counter() == 0) return;
    LoggedDot& logged = merge.dots.emplace_back();
    logged.dot = from_pb(d.dot());
    logged.subkeys.assign(d.subkeys().begin(), d.subkeys().end());
    logged.purge = d.purge();
  }
  std::map<Dot, TokenAnswer> answers;
  for (const pb::TokenAnswer& a : update.answers()) {
    const Answer answer = from_pb(a.answer());
    answers[answer.dot] = {a.token(), answer};
  }
  for (LoggedDot& logged : merge.dots) {
    const auto answer = answers.find(logged.dot);
    if (answer != answers.end()) logged.answer = std::move(answer->second);
  }
  for (const pb::Origin& origin : update.origins()) {
    merge.origins.push_back({origin.op(), origin.node(), uint16_t(origin.shard())});
  }
  task.what = std::move(merge);
  start(std::move(task), context);
}

void Vnode::finish_merge(KeyTask& task, Context& context) {
  MergeTask& merge = std::get<MergeTask>(task.what);
  // It waited for the disk, and in the meantime its sender may have been retired.
  if (retired(merge.from, standing_.fence, context.configuration)) return;
  time_.observe(merge.hlc, context.env.clock.now());
  const bool dropped = context.configuration.bucket(task.bucket) == nullptr;
  const crdt::VersionVector base_before = clock_.base();
  absl::btree_set<std::string_view> came;
  for (const KeyEntry& theirs : merge.entries) came.insert(theirs.subkey);
  for (const LoggedDot& logged : merge.dots) {
    const bool whole = std::all_of(logged.subkeys.begin(), logged.subkeys.end(),
                                   [&](const auto& subkey) { return came.contains(subkey); });
    if (!whole || clock_.contains(logged.dot)) continue;
    if (dropped) {
      settle_void(logged.dot, context);
      continue;
    }
    settle(logged.dot, context);
    if (logged.answer) remember_answer(*logged.answer, context);
    write_log(task, logged, context);
  }
  if (!dropped) {
    const crdt::VersionVector base_after = clock_.base();
    for (const KeyEntry& theirs : merge.entries) {
      crdt::EntryKind kind;
      crdt::parse_kind(theirs.subkey, &kind);
      const Entry* found = task.load.state.find(theirs.subkey);
      const Entry before = found ? *found : Entry{};
      time_.observe(theirs.entry->highest_hlc(), context.env.clock.now());
      Entry after = crdt::merge(kind, {before, base_before}, {*theirs.entry, merge.base});
      after.context.strip(base_after);
      if (after != before) {
        task.load.state.set(theirs.subkey,
                            write_entry(task, theirs.subkey, &before, std::move(after), context));
      }
    }
  }
  strip_covered(context);
  for (const MergeTask::Origin& origin : merge.origins) {
    acknowledge_merge({origin.op, origin.node, origin.shard, merge.pv, merge.from.node}, dropped,
                      context);
  }
}

// All of it is in the open group or in earlier ones: the acknowledgement follows them.
void Vnode::acknowledge_merge(const AckWaiter& waiter, bool refused, Context& context) {
  if (refused) {
    send_ack(waiter, true, context);
  } else if (Group* newest = overlay_.newest()) {
    newest->acks.push_back(waiter);
  } else {
    acknowledge_durable(waiter, context);
  }
}

// Rule 12: the version counts when the acknowledgement is made. One that is ahead waits until this
// node has learnt of it.
void Vnode::acknowledge_durable(const AckWaiter& waiter, Context& context) {
  if (waiter.pv > roles_.pv && early_acks_.size() < kEarlyAcksMax) {
    early_acks_.push_back(waiter);
  } else {
    send_ack(waiter, waiter.pv != roles_.pv || !roles_.serves(), context);
  }
}

void Vnode::settle(const Dot& dot, Context& context) {
  Group& group = open(context);
  group.dots.push_back(dot);
  group.state_changed = true;
  clock_.add(dot);
}

// A dot whose bucket is gone. It gets a record all the same: a peer that lacks it can be told
// (counterexample R).
void Vnode::settle_void(const Dot& dot, Context& context) {
  if (clock_.contains(dot)) return;
  settle(dot, context);
  log_.write_void(dot, family(context), open(context).batch);
}

void Vnode::write_log(const KeyTask& task, const LoggedDot& logged, Context& context) {
  Group& group = open(context);
  log_.write(task.bucket, task.key, logged, family(context), group.batch);
  const Bucket* bucket = context.configuration.bucket(task.bucket);
  if (!bucket || !bucket->has_deadlines()) return;
  const bool data = std::any_of(logged.subkeys.begin(), logged.subkeys.end(),
                                [](const auto& subkey) { return subkey != crdt::meta_subkey(); });
  group.logged.push_back({task.bucket, task.key, data, logged.purge});
}

// Whether a batch that is not durable yet logs something of the task's key.
bool Vnode::logs_undurably(const KeyTask& task, bool LoggedKey::*what) const {
  return overlay_.any([&](const Group& group) {
    return std::any_of(group.logged.begin(), group.logged.end(), [&](const LoggedKey& logged) {
      return logged.*what && logged.bucket == task.bucket && logged.key == task.key;
    });
  });
}

// Strips what the base covers from the contexts left over, each entry by a task of its own:
// stripping changes no meaning, so it need not share the batch that raised the base. It is called
// after each raise, at start, and at each pulse: what a failed read or the bound leaves undone
// comes again.
void Vnode::strip_covered(Context& context) {
  if (left_overs_.empty() || stripping_ > 0 || corrupt_ || dropped_ || dropping_) return;
  const std::vector<std::string> names = left_overs_.covered(clock_.base(), kStripsMax);
  stripping_ = names.size();
  for (const std::string& raw : names) {
    EntryName name;
    VORDB_ASSERT(parse_entry_name(raw, &name), "our own entry names parse");
    KeyTask task;
    task.bucket = name.bucket;
    task.key = name.key;
    task.hash = cluster::ring_hash(task.bucket, task.key);
    task.what = StripTask{std::string(name.subkey)};
    start(std::move(task), context);
  }
}

void Vnode::finish_strip(KeyTask& task, Context& context) {
  const std::string& subkey = std::get<StripTask>(task.what).subkey;
  const Entry* before = task.load.state.find(subkey);
  if (!before || context.configuration.bucket(task.bucket) == nullptr) return;
  Entry after = *before;
  after.context.strip(clock_.base());
  if (after.context != before->context)
    write_entry(task, subkey, before, std::move(after), context);
}

// Keeps the index of entries with a context left over, in memory and on disk, in step with the
// entry.
void Vnode::index_context(const std::string& name, const Entry& after, Context& context) {
  const bool had = left_overs_.contains(name);
  if (!had && after.context.empty()) return;
  left_overs_.update(name, after.context);
  const std::string key = record_key(Table::kContexts, name);
  if (after.context.empty()) {
    open(context).batch.erase(family(context), key);
  } else if (!had) {
    open(context).batch.put(family(context), key, {});
  }
}

}  // namespace vordb::vnode
