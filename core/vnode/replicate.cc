// State on its way to other owners. Deltas carry each durable mutation at once; gossip brings
// whatever a peer's announced clock lacks, together with all that rule 3's closure demands. The
// peer's next announcement is the acknowledgement.
#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "core/codec.h"
#include "core/vnode/vnode.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

using crdt::Dot;
using crdt::Entry;

namespace {

// A round of gossip to one peer carries at most so many dots that it asked for (and what their
// closure adds), and looks for so many: what the log no longer has holds up nothing behind it.
constexpr size_t kGossipDotsMax = 256;
constexpr size_t kWantedMax = 4096;

using KeyName = std::pair<BucketId, std::string_view>;

void encode(const MergeTask::Origin& from, pb::Origin* to) {
  to->set_node(from.node);
  to->set_shard(from.shard);
  to->set_op(from.op);
}

}  // namespace

void Vnode::send(NodeNumber to, pb::PeerMessage& message, Context& context) {
  message.set_partition(id_.partition);
  message.set_replication_n(id_.n);
  message.set_from_node(self_.node);
  message.set_cluster(context.configuration.cluster_hash());
  message.set_epoch(roles_.epoch);
  message.set_pv(roles_.pv);
  to_pb(self_, message.mutable_from_replica());
  context.env.network.send(to, message);
}

// Each durable mutation's entries, as its batch left them, filled with the clock that the batch
// left. Whoever waits for a mutation is named with it, if the placement is still what it was. The
// mutations of one key go together: its entries show all of them (rule 3).
void Vnode::send_deltas(const Group& group, Context& context) {
  if (group.deltas.empty() || !durable_.standing.fenced || roles_.receivers.empty()) return;
  std::map<KeyName, std::vector<const Delta*>> by_key;
  std::vector<Dot> voids;
  for (const Delta& delta : group.deltas) {
    if (context.configuration.bucket(delta.bucket)) {
      by_key[{delta.bucket, delta.key}].push_back(&delta);
    } else {
      voids.push_back(delta.dot);
    }
  }
  std::map<std::pair<KeyName, std::string_view>, const Entry*> left;
  for (const Change& c : group.changes) left[{{c.bucket, c.key}, c.subkey}] = c.entry.get();

  pb::PeerMessage message;
  BodySize size;
  const auto send_body = [&] {
    to_pb(durable_.clock.base(), message.mutable_delta()->mutable_base());
    message.mutable_delta()->set_hlc(group.highest_hlc.word);
    exchanged_.delta_messages += roles_.receivers.size();
    for (const NodeNumber receiver : roles_.receivers) send(receiver, message, context);
    message.Clear();
    size = {};
  };
  for (const auto& [name, deltas] : by_key) {
    if (std::any_of(deltas.begin(), deltas.end(), [](const Delta* d) { return d->closed; })) {
      send_closed_delta(deltas, context);
      continue;
    }
    pb::KeyUpdate* key = message.mutable_delta()->add_keys();
    key->set_bucket_id(name.first);
    key->set_key(std::string(name.second));
    std::set<std::string_view> touched;
    for (const Delta* delta : deltas) {
      pb::LoggedDot* dot = key->add_dots();
      to_pb(delta->dot, dot->mutable_dot());
      for (const std::string& subkey : delta->subkeys) dot->add_subkeys(subkey);
      dot->set_purge(delta->purge);
      touched.insert(delta->subkeys.begin(), delta->subkeys.end());
      if (delta->answer) to_pb(*delta->answer, key->add_answers());
      if (const auto origin = waits_for(*delta)) encode(*origin, key->add_origins());
    }
    for (const std::string_view subkey : touched) {
      pb::KeyEntry* entry = key->add_entries();
      entry->set_subkey(std::string(subkey));
      to_pb(*left.at({name, subkey}), entry->mutable_entry());
    }
    exchanged_.delta_keys += roles_.receivers.size();
    if (size.fills(key->ByteSizeLong(), deltas.size())) send_body();
  }
  for (const Dot& dot : voids) {
    to_pb(dot, message.mutable_delta()->add_voids());
    if (size.fills(kDotNameBytes, 1)) send_body();
  }
  if (message.has_delta()) send_body();
}

// The coordinator that is told when another owner has the delta, if the placement is still what it
// was when the mutation came.
std::optional<MergeTask::Origin> Vnode::waits_for(const Delta& delta) const {
  const std::optional<Waiter>& waiter = delta.waiter;
  if (!waiter || !waiter->wants_acks || waiter->pv != roles_.pv) return std::nullopt;
  return MergeTask::Origin{waiter->op, waiter->from == 0 ? self_.node : waiter->from,
                           waiter->shard};
}

// A mutation of a key that had been purged must not overtake the purge: with the renewed deadline
// what had expired would show again (rule 12, counterexample U). So it takes along all that the log
// holds of the key, read with its closure.
void Vnode::send_closed_delta(const std::vector<const Delta*>& deltas, Context& context) {
  GossipTask task;
  task.delta = true;
  task.to = roles_.receivers;
  for (const Delta* delta : deltas) {
    task.wanted.push_back(delta->dot);
    if (const auto origin = waits_for(*delta)) task.origins.push_back(*origin);
  }
  task.snapshot = context.env.disk.open_snapshot();
  run(std::move(task), nullptr, context);
}

void Vnode::end_closed_delta(const GossipTask& task, Context& context) {
  if (task.done.empty()) return;  // the bucket was dropped: gossip says so
  pb::PeerMessage message;
  add_updates(task, message.mutable_delta());
  pb::KeyUpdate* key = message.mutable_delta()->mutable_keys(0);
  for (const MergeTask::Origin& origin : task.origins) encode(origin, key->add_origins());
  exchanged_.delta_messages += task.to.size();
  exchanged_.delta_keys += task.to.size();
  for (const NodeNumber receiver : task.to) send(receiver, message, context);
}

// Sends what the peer's clock lacks. A vnode that is not complete sends nothing: its entries may
// show dots that it has not settled.
void Vnode::gossip(NodeNumber to, Context& context) {
  const PeerView* peer = peers_.find(to);
  const bool receives =
      std::find(roles_.receivers.begin(), roles_.receivers.end(), to) != roles_.receivers.end();
  if (!receives || !peer || !peer->fenced || gossiping_.contains(to)) return;
  if (!durable_.standing.complete) return;
  GossipTask task;
  task.to = {to};
  const auto behind = gossip_behind_.find(to);
  durable_.known().for_each_missing(peer->seen(), [&](const Dot& dot) {
    if (behind != gossip_behind_.end() && dot <= behind->second) return true;
    task.wanted.push_back(dot);
    return task.wanted.size() < kWantedMax;
  });
  gossip_behind_.erase(to);
  if (task.wanted.empty()) return;
  if (task.wanted.size() == kWantedMax) task.last = task.wanted.back();
  std::reverse(task.wanted.begin(), task.wanted.end());
  task.snapshot = context.env.disk.open_snapshot();
  gossiping_.insert(to);
  run(std::move(task), nullptr, context);
}

// Everything comes from one snapshot of the disk, the clock too: an entry is filled by exactly the
// base that stripped it.
void Vnode::run(GossipTask task, ReadResult* arrived, Context& context) {
  absl::Status status;
  for (;;) {
    if (arrived) {
      status = take(task, *arrived, context);
      arrived = nullptr;
    }
    if (!status.ok()) break;
    const std::optional<ReadRequest> request = next_read(task, context);
    if (!request) break;
    const std::optional<ReadResult> result = read(*request, context);
    if (!result) {
      park(std::move(task));
      return;
    }
    status = take(task, *result, context);
  }
  note_damage(status, context);
  context.env.disk.close_snapshot(task.snapshot);
  if (task.push) return end_push(task, status.ok(), context);
  if (task.delta) return status.ok() ? end_closed_delta(task, context) : void();
  if (status.ok()) send_gossip(task, context);
  gossiping_.erase(task.to.front());
}

// What is to be read next; nothing once all that was wanted and its closure is there.
std::optional<ReadRequest> Vnode::next_read(GossipTask& task, Context& context) {
  ReadRequest request;
  request.family = family(context);
  request.snapshot = task.snapshot;
  if (!task.base_known) {
    request.family = kMetaFamily;
    request.begin = vnode_state_key(id_);
    return request;
  }
  if (task.key) {
    GossipTask::Key& key = *task.key;
    if (!key.untouched.empty()) {
      const std::string prefix =
          record_key(Table::kTouched, touched_prefix(key.bucket, key.key, key.untouched.back()));
      request.begin = prefix;
      request.end = prefix_end(prefix);
      request.limit_records = UINT32_MAX;
      return request;
    }
    if (!key.unread.empty()) {
      request.begin = record_key(Table::kDots, dot_name(key.unread.back()));
      return request;
    }
    // The closure is complete: its entries come last, in order.
    const auto next = key.entries.empty() ? key.subkeys.begin()
                                          : key.subkeys.upper_bound(key.entries.back().subkey);
    if (next != key.subkeys.end()) {
      key.reading_entry = *next;
      request.begin = record_key(Table::kEntries, entry_name(key.bucket, key.key, *next));
      return request;
    }
    for (const LoggedDot& logged : key.dots) task.settled.insert(logged.dot);
    const bool full = task.size.fills(key.bytes, key.dots.size());
    task.done.push_back(std::move(key));
    task.key.reset();
    if (full) return std::nullopt;  // the peer announces what it took in, and is sent the rest
  }
  while (!task.wanted.empty() && task.settled.size() < kGossipDotsMax) {
    const Dot dot = task.wanted.back();
    task.wanted.pop_back();
    if (task.settled.contains(dot)) continue;
    task.reading_dot = dot;
    request.begin = record_key(Table::kDots, dot_name(dot));
    return request;
  }
  return std::nullopt;
}

absl::Status Vnode::take(GossipTask& task, const ReadResult& result, Context& context) {
  if (!result.status.ok()) return result.status;
  if (!task.base_known) {
    if (result.records.empty()) {
      return durable_.any ? absl::DataLossError("the vnode's state record is missing")
                          : absl::UnavailableError("nothing of this vnode is durable yet");
    }
    pb::VnodeState state;
    const absl::Status opened = open_record(result.records[0].key, result.records[0].value, &state);
    if (!opened.ok()) return opened;
    task.base = clock_from_pb(state.clock()).base();
    task.base_known = true;
    return absl::OkStatus();
  }
  if (task.key && !task.key->untouched.empty()) {
    GossipTask::Key& key = *task.key;
    key.untouched.pop_back();
    for (const Record& row : result.records) {
      Dot dot;
      if (!parse_dot_name(std::string_view(row.key).substr(row.key.size() - kDotNameBytes), &dot))
        continue;
      if (key.found.insert(dot).second) key.unread.push_back(dot);
    }
    return absl::OkStatus();
  }
  if (task.key && task.key->unread.empty()) {
    GossipTask::Key& key = *task.key;
    absl::Status status;
    SharedEntry entry = std::make_shared<Entry>();  // absent: live = {} under the whole base
    if (!result.records.empty()) {
      entry = decode(result.records[0], &status, context);
      key.bytes += result.records[0].value.size();
    }
    if (!status.ok()) return status;
    key.entries.push_back(KeyEntry{std::move(key.reading_entry), std::move(entry)});
    return absl::OkStatus();
  }
  // A dot's record: of the closure of the key under work, or of a dot that was wanted.
  const Dot dot = task.key ? task.key->unread.back() : *task.reading_dot;
  if (task.key) task.key->unread.pop_back();
  if (result.records.empty()) {
    // Void, or forgotten since; or it came without a log, from a snapshot or before there were
    // others.
    task.unlogged = task.unlogged || !task.key;
    return absl::OkStatus();
  }
  pb::DotRecord record;
  const absl::Status opened = open_record(result.records[0].key, result.records[0].value, &record);
  if (!opened.ok()) return opened;
  if (record.is_void() || !context.configuration.bucket(record.bucket_id())) {
    // Of a closure, too: the key's bucket has been dropped since the closure was begun.
    if (task.settled.insert(dot).second) task.voids.push_back(dot);
    return absl::OkStatus();
  }
  if (!task.key) {
    GossipTask::Key key;
    key.bucket = record.bucket_id();
    key.key = record.key();
    key.found.insert(dot);
    task.key = std::move(key);
  }
  GossipTask::Key& key = *task.key;
  LoggedDot& logged = key.dots.emplace_back();
  logged.dot = dot;
  logged.subkeys.assign(record.subkeys().begin(), record.subkeys().end());
  logged.purge = record.purge();
  if (!record.token().empty()) logged.answer = {record.token(), from_pb(record.answer())};
  const Bucket* bucket = context.configuration.bucket(key.bucket);
  const auto take_entry = [&](const std::string& subkey) {
    key.bytes += subkey.size();
    if (key.subkeys.insert(subkey).second) key.untouched.push_back(subkey);
  };
  for (const std::string& subkey : record.subkeys()) take_entry(subkey);
  // No element travels without its deadline (counterexample K).
  if (bucket && bucket->has_deadlines()) take_entry(crdt::meta_subkey());
  return absl::OkStatus();
}

void Vnode::add_updates(const GossipTask& task, pb::Updates* updates) const {
  to_pb(task.base, updates->mutable_base());
  updates->set_hlc(durable_.hlc.word);
  for (const Dot& dot : task.voids) to_pb(dot, updates->add_voids());
  for (const GossipTask::Key& key : task.done) {
    pb::KeyUpdate* update = updates->add_keys();
    update->set_bucket_id(key.bucket);
    update->set_key(key.key);
    for (const KeyEntry& e : key.entries) {
      pb::KeyEntry* entry = update->add_entries();
      entry->set_subkey(e.subkey);
      to_pb(*e.entry, entry->mutable_entry());
    }
    for (const LoggedDot& d : key.dots) {
      pb::LoggedDot* dot = update->add_dots();
      to_pb(d.dot, dot->mutable_dot());
      for (const std::string& subkey : d.subkeys) dot->add_subkeys(subkey);
      dot->set_purge(d.purge);
      if (d.answer) to_pb(*d.answer, update->add_answers());
    }
  }
}

void Vnode::send_gossip(const GossipTask& task, Context& context) {
  // Nothing of all that was looked at is in the log: the next round begins behind it.
  if (task.settled.empty() && task.last) gossip_behind_[task.to.front()] = *task.last;
  if (task.done.empty() && task.voids.empty() && !task.unlogged) return;
  pb::PeerMessage message;
  add_updates(task, message.mutable_gossip());
  message.mutable_gossip()->set_unlogged(task.unlogged);
  exchanged_.gossip_keys += task.done.size();
  send(task.to.front(), message, context);
}

}  // namespace vordb::vnode
