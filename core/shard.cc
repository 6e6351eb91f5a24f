// The dispatch layer: every event of a shard passes here, is counted, and reaches its actor; what
// actors send one another goes through one queue in order.
#include "core/shard.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/assert.h"
#include "core/cluster/membership.h"
#include "core/codec.h"
#include "core/coordinator/coordinator.h"
#include "core/fingerprint.h"
#include "core/peer_check.h"
#include "core/peer_codec.h"
#include "core/shard_start.h"
#include "core/vnode/absent.h"
#include "core/vnode_set.h"
#include "proto/peer.pb.h"

namespace vordb {

namespace {

// A report to membership comes at least each so many ticks, and soon when there is news.
constexpr uint64_t kReportTicks = 10;
constexpr uint64_t kNewsTicks = 2;

// The tags under which a driver's own events are counted; messages between actors follow them.
enum Tag : uint8_t { kTagRequest, kTagCommitted, kTagRead, kTagPeer, kTagTick, kTagMessages };

}  // namespace

struct Shard::Impl {
  Impl(uint16_t index_of, NodeOptions node_options, Env doors)
      : index(index_of),
        options(std::move(node_options)),
        env(doors),
        vnodes(index_of),
        cache(options.cache_bytes) {}

  // ---- actors
  coordinator::Context coordinator_context() {
    return {env, *configuration, options, cache, outbox, started.node, suspected, paused};
  }
  cluster::Context membership_context() { return {env, outbox}; }
  vnode::Context vnode_context() {
    return {env, *configuration, options, cache, outbox, vnodes.unflushed, vnodes.fetches};
  }

  uint16_t shard_of(PlacementId id) const { return uint16_t(id.partition % options.shards); }

  void use(std::shared_ptr<const Configuration> chosen) {
    configuration = std::move(chosen);
    env.network.set_peers(*configuration);
    vnode::Context context = vnode_context();
    vnodes.configuration_changed(context);
    coordinator::Context coordinators = coordinator_context();
    coordinator->configuration_changed(coordinators);
  }

  // ---- dispatch
  void drain() {
    if (draining) return;
    draining = true;
    for (;;) {
      if (next_out < outbox.size()) {
        Envelope envelope = std::move(outbox[next_out++]);
        deliver(envelope.to, std::move(envelope.message), envelope.node);
      } else if (coordinator->has_ready()) {
        coordinator::Context context = coordinator_context();
        coordinator->run_ready(context);
      } else if (next_request == requests.size()) {
        break;
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

  void send_remote(const ActorId& to, const Message& message, NodeNumber node) {
    pb::PeerMessage out;
    if (!to_peer(message, to, &out)) return;
    out.set_from_node(started.node);
    out.set_cluster(configuration->cluster_hash());
    out.set_epoch(configuration->epoch);
    env.telemetry.sent(to.kind, uint8_t(kTagMessages + message.index()));
    env.network.send(node, out);
  }

  void deliver(ActorId to, Message message, NodeNumber node) {
    const uint16_t shard = to.kind == ActorKind::kVnode        ? shard_of(to.placement)
                           : to.kind == ActorKind::kMembership ? 0
                                                               : to.shard;
    if (node != 0 && node != started.node) return send_remote(to, message, node);
    if (shard >= options.shards) return;  // a peer named it for the answer: nobody waits there
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
  void handle(ActorId to, KeyPush&& m) { step_vnode(to.placement, std::move(m)); }
  void handle(ActorId, KeyMutationReply&& m) { step_coordinator(std::move(m)); }
  void handle(ActorId, KeyReadReply&& m) { step_coordinator(std::move(m)); }
  void handle(ActorId, KeyListReply&& m) { step_coordinator(std::move(m)); }
  void handle(ActorId, KeyAck&& m) { step_coordinator(std::move(m)); }
  void handle(ActorId, BucketChangeReply&& m) { step_coordinator(std::move(m)); }
  void handle(ActorId, BucketChange&& m) { step_membership(std::move(m)); }
  void handle(ActorId, ConfigurationInUse&& m) { step_membership(std::move(m)); }
  void handle(ActorId, ShardReport&& m) { step_membership(std::move(m)); }
  void handle(ActorId, PeersSuspected&& m) { suspected = std::move(m.nodes); }
  void handle(ActorId, ServingPaused&& m) { paused = m.paused; }
  void handle(ActorId, ConfigurationChosen&& m) {
    use(std::move(m.configuration));
    outbox.push_back(Envelope{ActorId{ActorKind::kMembership, 0, {}},
                              ConfigurationInUse{index, configuration->epoch}});
  }
  // The store was made anew: nothing of the node's earlier identity goes on.
  void handle(ActorId, NodeReborn&& m) {
    cache.clear();
    started.node = m.node;
    started.incarnation = m.configuration->member(m.node)->admitted;
    vnodes.become(started);
    use(std::move(m.configuration));
    outbox.push_back(Envelope{ActorId{ActorKind::kMembership, 0, {}},
                              ConfigurationInUse{index, configuration->epoch}});
  }

  template <typename M>
  void step_vnode(PlacementId id, M&& message) {
    vnode::Context context = vnode_context();
    if (vnode::Vnode* vnode = vnodes.serving(id, context)) {
      vnode->step(std::forward<M>(message), context);
    } else {
      vnode::answer_absent(message, started.node, outbox);
    }
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

  void refuse_peer(const absl::Status& why) {
    const std::string rule(why.message());
    env.telemetry.violated(rule);
    env.telemetry.log(LogLevel::kWarning, "a message from a peer was refused: " + rule);
  }

  // What membership must know of this shard's vnodes.
  void report() {
    ShardReport out;
    out.shard = index;
    out.epoch = configuration->epoch;
    out.shards = options.shards;
    out.paused = paused && coordinator->waiting() == 0 && vnodes.idle();
    vnodes.add_to(out, *configuration);
    const bool due = ticks >= reported_at + kReportTicks;
    if (!due && out.counted == reported.counted && out.drained == reported.drained &&
        out.paused == reported.paused && out.epoch == reported.epoch)
      return;
    reported_at = ticks;
    reported = out;
    outbox.push_back(Envelope{ActorId{ActorKind::kMembership, 0, {}}, std::move(out)});
  }

  uint16_t index;
  NodeOptions options;
  Env env;
  StartState started;
  std::shared_ptr<const Configuration> configuration;
  std::optional<cluster::Membership> membership;
  std::optional<coordinator::Coordinator> coordinator;
  VnodeSet vnodes;
  std::vector<NodeNumber> suspected;
  bool paused = false;  // mutations are refused
  KeyCache cache;
  uint64_t ticks = 0;
  ShardReport reported;  // last
  uint64_t reported_at = 0;

  std::vector<Envelope> outbox;
  std::vector<ClientRequest> requests;
  size_t next_out = 0;
  size_t next_request = 0;
  bool draining = false;
  bool committed_in_turn = false;  // by an actor other than a vnode
  uint64_t commits = 0;
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
  s.coordinator.emplace(s.index, s.env.random.next());
  if (s.index == 0) s.membership.emplace(s.started, s.options);
  s.env.network.set_peers(*s.configuration);
  s.vnodes.become(s.started);
  vnode::Context context = s.vnode_context();
  const absl::Status recovered = s.vnodes.recover(context);
  if (!recovered.ok()) return recovered;
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
  Impl& s = *impl_;
  const ActorKind to = peer_target(message);
  s.env.telemetry.received(to, kTagPeer);
  if (const absl::Status sound = check_peer_message(message); !sound.ok()) {
    s.refuse_peer(sound);
    return s.drain();
  }
  if (to == ActorKind::kMembership) {
    if (s.membership) s.step_membership(message);
    return s.drain();
  }
  const Configuration& configuration = *s.configuration;
  const NodeNumber from = message.from_node();
  if (s.membership && from != 0 && message.cluster() == configuration.cluster_hash()) {
    cluster::Context context = s.membership_context();
    s.membership->heard(from, message.epoch(), context);
  }
  if (configuration.epoch == 0 || message.cluster() != configuration.cluster_hash() ||
      !configuration.is_member(from) || from == s.started.node)
    return s.drain();
  if (message.has_digest()) {
    vnode::Context context = s.vnode_context();
    s.vnodes.hear_digest(message, context);
    return s.drain();
  }
  const PlacementId id{uint8_t(message.replication_n()), uint16_t(message.partition())};
  const bool placed = id.n > 0 && id.partition < s.options.ring_size && s.shard_of(id) == s.index;
  if (to == ActorKind::kVnode && !placed) return s.drain();
  if (is_between_vnodes(message)) {
    if (vnode::Vnode* vnode = s.vnodes.find(id, s.options)) {
      vnode::Context context = s.vnode_context();
      vnode->step(message, context);
    }
  } else if (absl::StatusOr<Envelope> envelope = from_peer(message); envelope.ok()) {
    envelope->to.shard = s.index;
    s.outbox.push_back(*std::move(envelope));
  } else {
    s.refuse_peer(envelope.status());
  }
  s.drain();
}

void Shard::change_cluster(ClusterChange change) {
  impl_->step_membership(std::move(change));
  impl_->drain();
}

void Shard::full_sync() {
  vnode::Context context = impl_->vnode_context();
  impl_->vnodes.announce_all(context);
  impl_->drain();
}

std::shared_ptr<const Configuration> Shard::configuration() const { return impl_->configuration; }

void Shard::on_disk(DiskEvent event) {
  Impl& s = *impl_;
  const bool committed = event.kind == DiskEvent::Kind::kCommitted;
  s.env.telemetry.received(event.actor.kind, committed ? kTagCommitted : kTagRead);
  if (committed) ++s.commits;
  switch (event.actor.kind) {
    case ActorKind::kVnode:
      // Of a vnode of an earlier identity: nobody waits for it.
      if (vnode::Vnode* vnode = s.vnodes.find(event.actor.placement, s.options)) {
        vnode::Context context = s.vnode_context();
        vnode->step(std::move(event), context);
      }
      break;
    case ActorKind::kMembership:
      s.step_membership(event);
      break;
    case ActorKind::kCoordinator:
      VORDB_ASSERT(false, "a coordinator keeps nothing on the disk");
  }
  s.drain();
}

void Shard::tick() {
  Impl& s = *impl_;
  s.env.telemetry.received(ActorKind::kCoordinator, kTagTick);
  coordinator::Context context = s.coordinator_context();
  s.coordinator->tick(context);
  if (s.membership) {
    cluster::Context membership = s.membership_context();
    s.membership->tick(membership);
    s.committed_in_turn = true;
  }
  if (++s.ticks % kNewsTicks == 0) s.report();
  vnode::Context vnodes = s.vnode_context();
  s.vnodes.tick(vnodes);
  s.drain();
}

void Shard::end_turn() {
  Impl& s = *impl_;
  vnode::Context context = s.vnode_context();
  s.vnodes.flush(context);
  s.committed_in_turn = false;
  s.env.disk.end_turn();
}

bool Shard::turn_has_work() const {
  return !impl_->vnodes.unflushed.empty() || impl_->committed_in_turn;
}

bool Shard::idle() const {
  const Impl& s = *impl_;
  if (s.coordinator->waiting() > 0 || (s.membership && !s.membership->idle())) return false;
  return s.vnodes.idle();
}

ShardFigures Shard::figures() const {
  const Impl& s = *impl_;
  ShardFigures figures;
  figures.cache_hits = s.cache.hits();
  figures.cache_misses = s.cache.misses();
  figures.cache_bytes = s.cache.bytes();
  figures.commits = s.commits;
  figures.waiting_operations = s.coordinator ? s.coordinator->waiting() : 0;
  figures.contexts_withheld = s.coordinator ? s.coordinator->contexts_withheld() : 0;
  s.vnodes.add_to(figures, s.env.clock.wall_ms());
  return figures;
}

std::pair<uint64_t, uint64_t> Shard::fingerprint() const {
  const Impl& s = *impl_;
  Fingerprint fingerprint;
  s.coordinator->add_to(fingerprint);
  if (s.membership) s.membership->add_to(fingerprint);
  s.vnodes.add_to(fingerprint);
  return fingerprint.digest();
}

}  // namespace vordb
