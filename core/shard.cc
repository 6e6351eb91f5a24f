// The dispatch layer: every event of a shard passes here, is counted, and reaches its actor; what
// actors send one another goes through one queue in order.
#include "core/shard.h"

#include <map>
#include <utility>
#include <vector>

#include "core/assert.h"
#include "core/cluster/membership.h"
#include "core/codec.h"
#include "core/coordinator/coordinator.h"
#include "core/fingerprint.h"
#include "core/shard_start.h"
#include "core/vnode/vnode.h"
#include "proto/peer.pb.h"

namespace vordb {

namespace {

// How far ahead of the times stamped on reads the durable lease runs; a restart begins there.
constexpr uint64_t kLeaseLeadMs = 500;

// The tags under which a driver's own events are counted; messages between actors follow them.
enum Tag : uint8_t { kTagRequest, kTagCommitted, kTagRead, kTagPeer, kTagTick, kTagMessages };

}  // namespace

struct Shard::Impl {
  Impl(uint16_t index_of, NodeOptions node_options, Env doors)
      : index(index_of), options(std::move(node_options)), env(doors), cache(options.cache_bytes) {}

  // ---- actors
  coordinator::Context coordinator_context() {
    return {env, *configuration, options, cache, outbox};
  }
  cluster::Context membership_context() { return {env, outbox}; }
  vnode::Context vnode_context() {
    return {env, *configuration, options, cache, outbox, unflushed};
  }

  uint16_t shard_of(PlacementId id) const { return uint16_t(id.partition % options.shards); }
  size_t slot_of(PlacementId id) const { return size_t(id.n) * options.ring_size + id.partition; }

  vnode::Vnode& vnode_at(PlacementId id) {
    VORDB_ASSERT(id.partition < options.ring_size && shard_of(id) == index,
                 "a partition of this shard");
    const size_t slot = slot_of(id);
    if (slot >= by_slot.size()) by_slot.resize(slot + 1, nullptr);
    if (!by_slot[slot]) add_vnode(id);
    return *by_slot[slot];
  }

  vnode::Vnode& add_vnode(PlacementId id) {
    vnode::Birth birth;
    birth.node = started.node;
    birth.incarnation = started.incarnation;
    birth.life = crdt::make_life(started.boot, env.random.next());
    const auto [at, fresh] = vnodes.try_emplace(id, id, birth, configuration->owners(id));
    VORDB_ASSERT(fresh, "a placement has one vnode");
    const size_t slot = slot_of(id);
    if (slot >= by_slot.size()) by_slot.resize(slot + 1, nullptr);
    by_slot[slot] = &at->second;
    return at->second;
  }

  // ---- dispatch
  void drain() {
    if (draining) return;
    draining = true;
    while (next_out < outbox.size() || next_request < requests.size()) {
      if (next_out < outbox.size()) {
        Envelope envelope = std::move(outbox[next_out++]);
        deliver(envelope.to, std::move(envelope.message));
      } else {
        accept(std::move(requests[next_request++]));
      }
    }
    outbox.clear();
    requests.clear();
    next_out = next_request = 0;
    draining = false;
  }

  void accept(ClientRequest request) {
    env.telemetry.received(ActorKind::kCoordinator, kTagRequest);
    coordinator::Context context = coordinator_context();
    coordinator->submit(std::move(request), context);
  }

  void deliver(ActorId to, Message message) {
    const uint16_t shard = to.kind == ActorKind::kVnode        ? shard_of(to.placement)
                           : to.kind == ActorKind::kMembership ? 0
                                                               : to.shard;
    if (shard != index) {
      env.telemetry.sent(to.kind, uint8_t(kTagMessages + message.index()));
      to.shard = shard;
      env.network.send_local(to, std::move(message));
      return;
    }
    env.telemetry.received(to.kind, uint8_t(kTagMessages + message.index()));
    std::visit([&](auto&& body) { handle(to, std::move(body)); }, std::move(message));
  }

  void handle(ActorId to, KeyMutation&& m) { step_vnode(to.placement, std::move(m)); }
  void handle(ActorId to, KeyRead&& m) { step_vnode(to.placement, std::move(m)); }
  void handle(ActorId to, KeyList&& m) { step_vnode(to.placement, std::move(m)); }
  void handle(ActorId, KeyMutationReply&& m) { step_coordinator(std::move(m)); }
  void handle(ActorId, KeyReadReply&& m) { step_coordinator(std::move(m)); }
  void handle(ActorId, KeyListReply&& m) { step_coordinator(std::move(m)); }
  void handle(ActorId, BucketChangeReply&& m) { step_coordinator(std::move(m)); }
  void handle(ActorId, BucketChange&& m) { step_membership(std::move(m)); }
  void handle(ActorId, ConfigurationInUse&& m) { step_membership(std::move(m)); }
  void handle(ActorId, ConfigurationChosen&& m) {
    configuration = std::move(m.configuration);
    vnode::Context context = vnode_context();
    for (auto& [id, vnode] : vnodes) vnode.configuration_changed(context);
    outbox.push_back(Envelope{ActorId{ActorKind::kMembership, 0, {}},
                              ConfigurationInUse{index, configuration->epoch}});
  }

  template <typename M>
  void step_vnode(PlacementId id, M&& message) {
    vnode::Context context = vnode_context();
    vnode_at(id).step(std::forward<M>(message), context);
  }
  template <typename M>
  void step_coordinator(M&& message) {
    coordinator::Context context = coordinator_context();
    coordinator->step(std::forward<M>(message), context);
  }
  template <typename M>
  void step_membership(M&& message) {
    VORDB_ASSERT(membership.has_value(), "membership lives on shard 0");
    cluster::Context context = membership_context();
    membership->step(std::forward<M>(message), context);
    committed_in_turn = true;
  }

  void renew_lease() {
    const Hlc stamp = coordinator->highest_stamp();
    if (lease_op != 0 || stamp <= last_leased_stamp) return;
    last_leased_stamp = stamp;
    pb::VnodeState record;
    record.set_hlc_ceiling(Hlc::from_ms(stamp.ms() + kLeaseLeadMs).word);
    const std::string key = vnode::clock_lease_key(index);
    Batch batch;
    batch.put(kMetaFamily, key, seal_record(key, record));
    env.disk.commit(ActorId{ActorKind::kCoordinator, index, {}}, lease_op = 1, std::move(batch));
    committed_in_turn = true;
  }

  // Each vnode's tick comes once a sync interval and its sweep once a sweep interval, spread evenly
  // over the shard's ticks.
  void tick_vnodes() {
    if (vnodes.empty()) return;
    vnode::Context context = vnode_context();
    const auto visit_share = [&](uint64_t interval_ms, uint64_t& credit, PlacementId& cursor,
                                 auto&& visit) {
      credit += vnodes.size() * kTickMs;
      uint64_t visits = std::min<uint64_t>(credit / interval_ms, vnodes.size());
      credit %= interval_ms;
      for (; visits > 0; --visits) {
        auto at = vnodes.upper_bound(cursor);
        if (at == vnodes.end()) at = vnodes.begin();
        cursor = at->first;
        visit(at->second);
      }
    };
    visit_share(options.sync_interval_ms, tick_credit, tick_cursor,
                [&](vnode::Vnode& vnode) { vnode.tick(context); });
    visit_share(options.ttl_sweep_interval_ms, sweep_credit, sweep_cursor,
                [&](vnode::Vnode& vnode) { vnode.sweep(context); });
  }

  uint16_t index;
  NodeOptions options;
  Env env;
  StartState started;
  std::shared_ptr<const Configuration> configuration;
  std::optional<cluster::Membership> membership;
  std::optional<coordinator::Coordinator> coordinator;
  std::map<PlacementId, vnode::Vnode> vnodes;
  std::vector<vnode::Vnode*> by_slot;  // the same, by slot_of
  KeyCache cache;

  std::vector<Envelope> outbox;
  std::vector<ClientRequest> requests;
  std::vector<PlacementId> unflushed;
  size_t next_out = 0;
  size_t next_request = 0;
  bool draining = false;
  bool committed_in_turn = false;  // by an actor other than a vnode
  uint64_t commits = 0;

  OpId lease_op = 0;
  Hlc last_leased_stamp;
  uint64_t tick_credit = 0;
  uint64_t sweep_credit = 0;
  PlacementId tick_cursor;
  PlacementId sweep_cursor;
};

Shard::Shard(uint16_t index, NodeOptions options, Env env)
    : impl_(std::make_unique<Impl>(index, std::move(options), env)) {
  VORDB_ASSERT(index < impl_->options.shards, "shards are numbered from 0");
  VORDB_ASSERT(impl_->options.sync_interval_ms > 0 && impl_->options.ttl_sweep_interval_ms > 0,
               "intervals are positive");
}

Shard::~Shard() = default;

absl::Status Shard::start() {
  Impl& s = *impl_;
  absl::StatusOr<StartState> started = start_node(s.index, s.options, s.env);
  if (!started.ok()) return started.status();
  s.started = *std::move(started);
  s.options.column_families = s.started.column_families;
  s.configuration = s.started.configuration;
  s.coordinator.emplace(s.index, s.started.clock_lease);
  s.last_leased_stamp = s.started.clock_lease;
  if (s.index == 0) s.membership.emplace(s.configuration, s.options.shards);
  ReadRequest request;
  request.begin = vnode::vnode_states_begin();
  request.end = vnode::vnode_states_end();
  request.limit_records = UINT32_MAX;
  const ReadResult states = s.env.disk.read_at_start(request);
  if (!states.status.ok()) return states.status;
  vnode::Context context = s.vnode_context();
  for (const Record& record : states.records) {
    PlacementId id;
    if (!vnode::parse_vnode_state_key(record.key, &id) || id.partition >= s.options.ring_size) {
      return absl::DataLossError("a vnode's state lies under a key that none has");
    }
    if (s.shard_of(id) != s.index) continue;
    pb::VnodeState state;
    absl::Status status = open_record(record.key, record.value, &state);
    if (status.ok()) status = s.add_vnode(id).recover(state, context);
    if (!status.ok()) return status;
    s.vnode_at(id).configuration_changed(context);
  }
  end_turn();
  return absl::OkStatus();
}

void Shard::submit(ClientRequest request) {
  Impl& s = *impl_;
  if (s.draining) {
    // An answer made its client ask again: that waits for its turn.
    s.requests.push_back(std::move(request));
    return;
  }
  s.draining = true;
  s.accept(std::move(request));
  s.draining = false;
  s.drain();
}

void Shard::on_message(ActorId to, Message message) {
  impl_->outbox.push_back(Envelope{to, std::move(message)});
  impl_->drain();
}

void Shard::on_peer_message(const pb::PeerMessage& message) {
  impl_->env.telemetry.received(ActorKind::kVnode, kTagPeer);
  const PlacementId id{uint8_t(message.replication_n()), uint16_t(message.partition())};
  const bool ours = id.n > 0 && message.replication_n() <= UINT8_MAX &&
                    message.partition() < impl_->options.ring_size &&
                    impl_->shard_of(id) == impl_->index;
  if (!ours) return;
  impl_->step_vnode(id, message);
  impl_->drain();
}

void Shard::on_disk(DiskEvent event) {
  Impl& s = *impl_;
  const bool committed = event.kind == DiskEvent::Kind::kCommitted;
  s.env.telemetry.received(event.actor.kind, committed ? kTagCommitted : kTagRead);
  if (committed) ++s.commits;
  switch (event.actor.kind) {
    case ActorKind::kVnode:
      s.step_vnode(event.actor.placement, std::move(event));
      break;
    case ActorKind::kMembership:
      s.step_membership(event);
      break;
    case ActorKind::kCoordinator:
      s.lease_op = 0;
      break;
  }
  s.drain();
}

void Shard::tick() {
  Impl& s = *impl_;
  s.env.telemetry.received(ActorKind::kCoordinator, kTagTick);
  coordinator::Context context = s.coordinator_context();
  s.coordinator->tick(context);
  s.renew_lease();
  s.tick_vnodes();
  s.drain();
}

void Shard::end_turn() {
  Impl& s = *impl_;
  vnode::Context context = s.vnode_context();
  for (const PlacementId id : s.unflushed) s.vnode_at(id).flush(context);
  s.unflushed.clear();
  s.committed_in_turn = false;
  s.env.disk.end_turn();
}

bool Shard::turn_has_work() const { return !impl_->unflushed.empty() || impl_->committed_in_turn; }

bool Shard::idle() const {
  const Impl& s = *impl_;
  if (s.coordinator->waiting() > 0 || (s.membership && !s.membership->idle())) return false;
  for (const auto& [id, vnode] : s.vnodes) {
    if (!vnode.idle()) return false;
  }
  return true;
}

ShardFigures Shard::figures() const {
  const Impl& s = *impl_;
  ShardFigures figures;
  figures.vnodes = uint32_t(s.vnodes.size());
  figures.cache_hits = s.cache.hits();
  figures.cache_misses = s.cache.misses();
  figures.cache_bytes = s.cache.bytes();
  figures.commits = s.commits;
  figures.waiting_operations = s.coordinator ? s.coordinator->waiting() : 0;
  for (const auto& [id, vnode] : s.vnodes) {
    figures.keys_purged += vnode.purged();
    figures.corrupt_vnodes += vnode.corrupt();
  }
  return figures;
}

std::pair<uint64_t, uint64_t> Shard::fingerprint() const {
  const Impl& s = *impl_;
  Fingerprint fingerprint;
  s.coordinator->add_to(fingerprint);
  if (s.membership) s.membership->add_to(fingerprint);
  for (const auto& [id, vnode] : s.vnodes) vnode.add_to(fingerprint);
  return fingerprint.digest();
}

}  // namespace vordb
