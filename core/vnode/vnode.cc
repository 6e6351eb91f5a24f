// Life of a vnode: creation, recovery, the open group of changes, and what happens once a group is
// durable.
#include "core/vnode/vnode.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "core/codec.h"
#include "core/fingerprint.h"
#include "core/vnode/causal_context.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

using crdt::Dot;
using crdt::Entry;

namespace {

// With other owners the durable ceiling runs ahead of the clock, so that an idle vnode can announce
// a growing time without writing for each announcement; and where keys expire, so that few answers
// that show it wait.
constexpr uint64_t kCeilingLeadMs = 2000;

Hlc later(Hlc hlc, uint64_t by_ms) { return Hlc::from_ms(hlc.ms() + by_ms); }

}  // namespace

Vnode::Vnode(PlacementId id, const Birth& birth, const Configuration& configuration)
    : id_(id),
      self_{birth.node, birth.incarnation, birth.life},
      first_op_(birth.first_op),
      next_op_(birth.first_op),
      log_(id) {
  take_roles(configuration);
  // Nothing was ever written where the owners are still those that the placement began with, or
  // where nobody else is left to hold anything: then there is no fence to learn.
  const bool began_here = roles_.owner && id_.n > 0 && id_.n <= kReplicationMax &&
                          roles_.pv <= configuration.replication_since[id_.n - 1];
  standing_.fenced = standing_.complete = standing_.synced = sole_owner() || began_here;
  standing_.fence.raise(self_);
}

absl::Status Vnode::recover(const pb::VnodeState& state, Context& context) {
  clock_ = clock_from_pb(state.clock());
  time_ = VnodeTime(Hlc{state.hlc_ceiling()});
  dropped_ = state.dropped();
  standing_ = decode_standing(state);
  buckets_.assign(state.bucket_ids().begin(), state.bucket_ids().end());
  const crdt::ReplicaId before = from_pb(state.self());
  if (before.incarnation != self_.incarnation) {
    // An old copy of a disk, which others have gone on without: like an empty one it has to learn
    // who is retired, and what it lacks may be in nobody's log any more.
    standing_.fenced = standing_.complete = standing_.synced = sole_owner();
  }
  durable_.clock = clock_;
  durable_.standing = standing_;
  durable_.hlc = durable_.ceiling = time_.last();
  VORDB_ASSERT(before < self_, "a new life is above the one before");
  standing_.fence.raise(self_);
  if (sole_owner()) standing_.seals.close(standing_.fence, context.configuration);
  // Damage below this record costs the partition its service, not the node its start.
  absl::Status indexes = recover_contexts(context);
  if (indexes.ok()) indexes = recover_log(context);
  note_damage(indexes, context);
  return absl::IsDataLoss(indexes) ? absl::OkStatus() : indexes;
}

ReadResult Vnode::read_table_at_start(Table table, Context& context) const {
  ReadRequest request;
  request.family = family(context);
  request.begin = table_begin(id_, table);
  request.end = table_end(id_, table);
  request.limit_records = UINT32_MAX;
  return context.env.disk.read_at_start(request);
}

absl::Status Vnode::recover_log(Context& context) {
  const ReadResult rows = read_table_at_start(Table::kPurges, context);
  log_.recover(rows.records.size());
  return rows.status;
}

absl::Status Vnode::recover_contexts(Context& context) {
  const ReadResult rows = read_table_at_start(Table::kContexts, context);
  if (!rows.status.ok()) return rows.status;
  for (const Record& row : rows.records) {
    const std::string name = row.key.substr(kTablePrefixBytes);
    ReadRequest point;
    point.family = family(context);
    point.begin = record_key(Table::kEntries, name);
    const ReadResult found = context.env.disk.read_at_start(point);
    if (!found.status.ok()) return found.status;
    if (found.records.empty()) return absl::DataLossError("an indexed entry is missing");
    Entry entry;
    const absl::Status decoded = decode_entry(point.begin, found.records[0].value, &entry);
    if (!decoded.ok()) return decoded;
    left_overs_.update(name, entry.context);
  }
  durable_.left_over = left_overs_.highest();
  return absl::OkStatus();
}

Family Vnode::family(Context& context) const {
  return Family(1 + id_.partition % context.options.column_families);
}

std::string Vnode::record_key(Table table, std::string_view name) const {
  std::string key = table_begin(id_, table);
  key.append(name);
  return key;
}

Group& Vnode::open(Context& context) {
  Group& group = overlay_.open();
  if (!std::exchange(group.announced_work, true)) context.unflushed.push_back(id_);
  return group;
}

Standing& Vnode::change_standing(Context& context) {
  Group& group = open(context);
  group.state_changed = group.standing_changed = true;
  return standing_;
}

void Vnode::encode_state(pb::VnodeState* state) const {
  to_pb(self_, state->mutable_self());
  to_pb(clock_, state->mutable_clock());
  for (const BucketId bucket : buckets_) state->add_bucket_ids(bucket);
  encode_standing(standing_, state);
}

void Vnode::flush(Context& context) {
  Group& group = overlay_.open();
  if (!group.has_work()) return;
  Hlc ceiling = time_.last();
  if (!sole_owner() || !group.held.empty()) {
    ceiling = std::max(ceiling, later(time_.at(context.env.clock.now()), kCeilingLeadMs));
  }
  pb::VnodeState state;
  if (group.drops) {
    to_pb(self_, state.mutable_self());
    state.set_dropped(true);
  } else {
    encode_state(&state);
  }
  state.set_hlc_ceiling(ceiling.word);
  const std::string key = vnode_state_key(id_);
  group.batch.put(kMetaFamily, key, seal_record(key, state));
  if (group.standing_changed || !durable_.any) group.standing = standing_;
  group.left_over = left_overs_.highest();
  group.highest_hlc = time_.last();
  group.ceiling = ceiling;
  if (!sole_owner()) {
    // A delta carries the entry as the whole batch leaves it: its base covers every dot of the
    // batch.
    for (Change& change : group.changes) {
      const SharedEntry* newest =
          overlay_.find(entry_name(change.bucket, change.key, change.subkey));
      if (newest) change.entry = *newest;
    }
  }
  Group& flight = overlay_.close(next_op_++);
  context.env.disk.commit(ActorId{ActorKind::kVnode, 0, id_}, flight.op, std::move(flight.batch));
  flight.batch.clear();
}

SharedEntry Vnode::write_entry(const KeyTask& task, std::string_view subkey, const Entry* before,
                               Entry after, Context& context) {
  Group& group = open(context);
  const std::string name = entry_name(task.bucket, task.key, subkey);
  const std::string key = record_key(Table::kEntries, name);
  const Family at = family(context);
  if (after.vacant()) {
    group.batch.erase(at, key);
  } else {
    group.batch.put(at, key, encode_entry(key, after));
  }
  const std::optional<Hlc> due_before = before ? due(subkey, *before) : std::nullopt;
  const std::optional<Hlc> due_after = due(subkey, after);
  if (due_before && due_before != due_after) {
    group.batch.erase(at, record_key(Table::kDue, due_name(*due_before, name)));
  }
  if (due_after && due_before != due_after) {
    group.batch.put(at, record_key(Table::kDue, due_name(*due_after, name)), {});
  }
  index_context(name, after, context);
  note_bucket(task.bucket);
  auto entry = std::make_shared<const Entry>(std::move(after));
  overlay_.write(name, entry);
  group.changes.push_back(Change{task.bucket, task.hash, task.key, std::string(subkey), entry});
  return entry;
}

void Vnode::note_bucket(BucketId bucket) {
  const auto at = std::lower_bound(buckets_.begin(), buckets_.end(), bucket);
  if (at == buckets_.end() || *at != bucket) buckets_.insert(at, bucket);
}

void Vnode::step(DiskEvent event, Context& context) {
  if (event.op < first_op_) return;  // of a vnode that lived here before
  if (event.kind == DiskEvent::Kind::kCommitted) {
    return durable(overlay_.take_durable(event.op), context);
  }
  const auto at = parked_.find(event.op);
  VORDB_ASSERT(at != parked_.end(), "a read that a task waits for");
  Task task = std::move(at->second);
  parked_.erase(at);
  if (auto* key_task = std::get_if<KeyTask>(&task)) {
    arrived(std::move(*key_task), std::move(event.result), context);
  } else if (auto* read_task = std::get_if<ReadTask>(&task)) {
    run(std::move(*read_task), &event.result, context);
  } else if (auto* list_task = std::get_if<ListTask>(&task)) {
    run(std::move(*list_task), &event.result, context);
  } else if (auto* gossip_task = std::get_if<GossipTask>(&task)) {
    run(std::move(*gossip_task), &event.result, context);
  } else if (auto* serve_task = std::get_if<ServeTask>(&task)) {
    run(std::move(*serve_task), &event.result, context);
  } else if (auto* fetch_task = std::get_if<FetchScanTask>(&task)) {
    run(std::move(*fetch_task), &event.result, context);
  } else {
    scanned(std::get<ScanTask>(task), std::move(event.result), context);
  }
}

void Vnode::durable(Group group, Context& context) {
  durable_.advance(group);
  ++durable_groups_;
  token_.reset();
  for (const Change& change : group.changes) {
    const bool cached =
        context.cache.update(change.hash, change.bucket, change.key, change.subkey, change.entry);
    if (!cached && change.subkey == crdt::kRegisterSubkey) {
      // A register's one entry is its whole state.
      auto state = std::make_shared<KeyState>();
      state->set(change.subkey, change.entry);
      context.cache.put(change.hash, change.bucket, change.key, std::move(state));
    }
  }
  for (const Waiter& waiter : group.waiters) answer_mutation(waiter, context);
  for (const AckWaiter& waiter : group.acks) acknowledge_durable(waiter, context);
  for (HeldReply& held : group.held) release(std::move(held), context);
  if (group.drops) {
    dropped_ = true;
    dropping_ = false;
    clock_ = durable_.clock = {};
    left_overs_.clear();
    buckets_.clear();
    context.cache.clear();
    return;
  }
  if (!sole_owner()) tell_others(group, context);
  for (KeyTask& task : group.resting) go_on(std::move(task), context);
}

void Vnode::tell_others(const Group& group, Context& context) {
  announce_if_due(context);
  send_deltas(group, context);
  update_stable(context);
  if (const NodeNumber to = std::exchange(announce_to_, 0); to != 0) {
    announce({&to, 1}, false, context);
  }
  advance_fetch(context);
  note_progress(context);
}

void Vnode::answer_mutation(const Waiter& waiter, Context& context) {
  KeyMutationReply reply;
  reply.op = waiter.op;
  reply.timestamp_ms = waiter.timestamp_ms;
  reply.context = waiter.context;
  reply.dot = waiter.dot;
  reply.moved = waiter.pv != roles_.pv || !roles_.serves();
  context.outbox.push_back(
      Envelope{ActorId{ActorKind::kCoordinator, waiter.shard, {}}, std::move(reply), waiter.from});
}

const std::shared_ptr<const Token>& Vnode::token() {
  if (!token_) {
    Token token{{id_, durable_.hlc, crdt::CausalPast(durable_.clock)}, {}};
    for (const auto& [node, life] : durable_.standing.seals.below()) {
      token.context.past.fill_below(life);
    }
    token.bytes = encode_context(token.context);
    token_ = std::make_shared<const Token>(std::move(token));
  }
  return token_;
}

void Vnode::refuse(const KeyMutation& mutation, ErrorCode code, std::string message,
                   std::string hint, Context& context, Outcome outcome) {
  KeyMutationReply reply;
  reply.op = mutation.op;
  reply.error = ClientError{code, outcome, std::move(message), std::move(hint)};
  context.outbox.push_back(Envelope{ActorId{ActorKind::kCoordinator, mutation.shard, {}},
                                    std::move(reply), mutation.from});
}

void Vnode::note_damage(const absl::Status& status, Context& context) {
  if (!absl::IsDataLoss(status) || corrupt_) return;
  corrupt_ = true;
  context.env.telemetry.log(
      LogLevel::kError, "partition " + std::to_string(id_.partition) +
                            " (n=" + std::to_string(id_.n) +
                            ") is damaged and serves nothing: " + std::string(status.message()));
}

void Vnode::configuration_changed(Context& context) {
  const bool alone_before = sole_owner();
  take_roles(context.configuration);
  if (dropped_ || dropping_) return;
  if (alone_before && !sole_owner()) open(context).state_changed = true;  // a ceiling that leads
  for (AckWaiter& waiter : std::exchange(early_acks_, {})) acknowledge_durable(waiter, context);
  const auto dropped = [&](BucketId id) { return context.configuration.bucket(id) == nullptr; };
  for (const BucketId bucket : buckets_) {
    if (!dropped(bucket)) continue;
    const std::string begin = bucket_begin(bucket);
    const std::string end = bucket_end(bucket);
    Group& group = open(context);
    group.state_changed = true;
    for (const Table table : {Table::kEntries, Table::kContexts}) {
      group.batch.erase_range(family(context), record_key(table, begin), record_key(table, end));
    }
    left_overs_.erase(begin, end);
    overlay_.erase(begin, end);
  }
  std::erase_if(buckets_, dropped);
}

void Vnode::tick(Context& context) {
  if (dropped_ || dropping_) return;
  for (const ScanTask::Kind kind : Scans::kKinds) {
    if (scans_.ready(kind)) scan(kind, context);
  }
  if (sole_owner() || dropped_ || dropping_) return;
  const Hlc soon = later(time_.at(context.env.clock.now()), kCeilingLeadMs / 2);
  if (!durable_.any || std::max(time_.last(), soon) > durable_.ceiling) {
    open(context).state_changed = true;
  }
  asked_.clear();
  if (!standing_.fenced || own_view(context.configuration).content != announced_content_) {
    announce(roles_.others, !standing_.fenced, context);
  }
  note_progress(context);
  if (may_forget() && log_.take_news()) begin_scan(ScanTask::Kind::kForget, context);
}

// A walk over the log must not meet records that the one before it has erased, but not durably.
bool Vnode::may_forget() const {
  const auto forgets = [](const Group& group) { return group.forgets; };
  return !scans_.under_way(ScanTask::Kind::kForget) && !overlay_.any(forgets);
}

void Vnode::sweep(Context& context) {
  if (dropped_ || dropping_) return;
  update_stable(context);
  begin_scan(ScanTask::Kind::kDue, context);
  begin_scan(ScanTask::Kind::kAnswers, context);
}

void Vnode::add_to(Fingerprint& fingerprint) const {
  pb::VnodeState state;
  encode_state(&state);
  state.set_hlc_ceiling(time_.last().word);
  fingerprint.add(state.SerializeAsString());
  pb::VnodeState durable;
  to_pb(durable_.clock, durable.mutable_clock());
  durable.set_hlc_ceiling(durable_.ceiling.word);
  fingerprint.add(durable.SerializeAsString());
  fingerprint.add(stable_.stable.word);
  fingerprint.add(stable_.global.word);
  fingerprint.add(corrupt_);
  fingerprint.add(next_op_);
  overlay_.add_to(fingerprint);
  for (const auto& [op, task] : parked_) {
    fingerprint.add(op);
    fingerprint.add(task.index());
  }
  lanes_.add_to(fingerprint);
  fingerprint.add(left_overs_.size());
  for (const NodeNumber node : roles_.others) {
    const PeerView* peer = peers_.find(node);
    fingerprint.add(node);
    fingerprint.add(peer ? peer->hlc.word : 0);
    fingerprint.add(peer ? peer->stable.word : 0);
  }
}

}  // namespace vordb::vnode
