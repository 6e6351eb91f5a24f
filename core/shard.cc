// The dispatch layer: every event of a shard passes here, is counted, and reaches its actor; what
// actors send one another goes through one queue in order.
#include "core/shard.h"

#include <string>
#include <utility>
#include <vector>

#include "core/assert.h"
#include "core/codec.h"
#include "core/fields.h"
#include "core/peer_check.h"
#include "core/peer_codec.h"
#include "core/peer_wire.h"
#include "core/shard_impl.h"
#include "core/vnode/absent.h"
#include "proto/peer.pb.h"

namespace vordb {

namespace {

// A report to membership comes at least each so many ticks, and soon when there is news.

// The tags under which a driver's own events are counted; messages between actors follow them.
enum Tag : uint8_t { kTagRequest, kTagCommitted, kTagRead, kTagPeer, kTagTick, kTagMessages };

}  // namespace

// One call of a driver: the shard, and the doors that it was lent.
struct Shard::Call {
  Impl& s;
  Env& env;

  // ---- actors
  coordinator::Turn coordinator_turn() {
    return {env,         *s.configuration, *s.options,   s.cache, s.outbox, s.started.node,
            s.suspected, s.paused,         s.clock_ahead};
  }
  cluster::Turn membership_turn() { return {env, s.outbox}; }
  vnode::Turn vnode_turn() {
    return {env,      *s.configuration,   *s.options,       s.cache,          s.index,
            s.outbox, s.vnodes.unflushed, s.vnodes.ceiling, s.vnodes.fetches, s.clock_ahead};
  }

  void use(std::shared_ptr<const Configuration> chosen) {
    s.configuration = std::move(chosen);
    env.network.set_peers(*s.configuration);
    vnode::Turn turn = vnode_turn();
    s.vnodes.configuration_changed(turn);
    coordinator::Turn coordinators = coordinator_turn();
    s.coordinator.edit().configuration_changed(coordinators);
  }

  // ---- dispatch
  void drain() {
    if (s.draining) return;
    s.draining = true;
    for (;;) {
      if (s.next_out < s.outbox.size()) {
        Envelope envelope = std::move(s.outbox[s.next_out++]);
        deliver(envelope.to, std::move(envelope.message), envelope.node);
      } else if (s.coordinator->has_ready()) {
        coordinator::Turn turn = coordinator_turn();
        s.coordinator.edit().run_ready(turn);
      } else if (s.next_request == s.requests.size()) {
        break;
      } else {
        accept(std::move(s.requests[s.next_request++]));
      }
    }
    s.outbox.clear();
    s.requests.clear();
    s.next_out = s.next_request = 0;
    s.draining = false;
  }

  void submit(ClientRequest request) {
    if (s.draining) {
      // An answer made its client ask again: that waits for its turn.
      s.requests.push_back(std::move(request));
      return;
    }
    s.draining = true;
    accept(std::move(request));
    s.draining = false;
    drain();
  }

  void accept(ClientRequest request) {
    env.telemetry.received(ActorKind::kCoordinator, kTagRequest);
    coordinator::Turn turn = coordinator_turn();
    s.coordinator.edit().submit(std::move(request), turn);
  }

  void send_remote(const ActorId& to, const Message& message, NodeNumber node) {
    pb::PeerMessage out;
    if (!to_peer(message, to, &out)) return;
    out.set_from_node(s.started.node);
    out.set_cluster(s.configuration->cluster_hash());
    out.set_epoch(s.configuration->epoch);
    env.telemetry.sent(to.kind, uint8_t(kTagMessages + message.index()));
    put_in_form(wire_form(*s.options, *s.configuration, node), &out);
    env.network.send(node, out);
  }

  void deliver(ActorId to, Message message, NodeNumber node) {
    const uint16_t shard = to.kind == ActorKind::kVnode        ? s.shard_of(to.placement)
                           : to.kind == ActorKind::kMembership ? 0
                                                               : to.shard;
    if (node != 0 && node != s.started.node) return send_remote(to, message, node);
    if (shard >= s.options->shards) return;  // a peer named it for the answer: nobody waits there
    if (shard != s.index) {
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
  void handle(ActorId, PeersSuspected&& m) { s.suspected = std::move(m.nodes); }
  void handle(ActorId, ClockJudged&& m) { s.clock_ahead = m.ahead; }
  void handle(ActorId, ServingPaused&& m) { s.paused = m.paused; }
  void handle(ActorId, ConfigurationChosen&& m) {
    use(std::move(m.configuration));
    tell_membership(ConfigurationInUse{s.index, s.configuration->epoch});
  }
  // The store was made anew: nothing of the node's earlier identity goes on.
  void handle(ActorId, NodeReborn&& m) {
    s.cache.clear();
    s.started.node = m.node;
    s.started.incarnation = m.configuration->member(m.node)->admitted;
    s.vnodes.become(s.started);
    use(std::move(m.configuration));
    tell_membership(ConfigurationInUse{s.index, s.configuration->epoch});
  }

  void tell_membership(Message message) {
    s.outbox.push_back(Envelope{ActorId{ActorKind::kMembership, 0, {}}, std::move(message)});
  }

  template <typename M>
  void step_vnode(PlacementId id, M&& message) {
    vnode::Turn turn = vnode_turn();
    if (vnode::Vnode* vnode = s.vnodes.serving(id, turn)) {
      vnode->step(std::forward<M>(message), turn);
    } else {
      vnode::answer_absent(message, s.started.node, s.outbox);
    }
  }
  template <typename M>
  void step_coordinator(M&& message) {
    coordinator::Turn turn = coordinator_turn();
    s.coordinator.edit().step(std::forward<M>(message), turn);
  }
  template <typename M>
  void step_membership(M&& message) {
    VORDB_ASSERT(s.membership.has_value(), "membership lives on shard 0");
    cluster::Turn turn = membership_turn();
    s.membership->edit().step(std::forward<M>(message), turn);
    s.committed_in_turn = true;
  }

  void take_peer_message(const pb::PeerMessage& message) {
    const ActorKind to = peer_target(message);
    env.telemetry.received(to, kTagPeer);
    if (const absl::Status sound = check_peer_message(message); !sound.ok()) {
      return refuse_peer(sound);
    }
    if (to == ActorKind::kMembership) {
      if (s.membership) step_membership(message);
      return;
    }
    const Configuration& configuration = *s.configuration;
    const NodeNumber from = message.from_node();
    if (s.membership && from != 0 && message.cluster() == configuration.cluster_hash()) {
      cluster::Turn turn = membership_turn();
      s.membership->edit().heard(from, message.epoch(), turn);
    }
    if (const auto why = stopped_at_door(message, configuration, s.started.node))
      return turn_away(from, *why);
    if (message.has_digest()) {
      vnode::Turn turn = vnode_turn();
      return s.vnodes.hear_digest(message, turn);
    }
    const PlacementId id{uint8_t(message.replication_n()), uint16_t(message.partition())};
    if (to == ActorKind::kVnode && !s.holds(id)) return;
    if (is_between_vnodes(message)) {
      if (vnode::Vnode* vnode = s.vnodes.find(id)) {
        vnode::Turn turn = vnode_turn();
        vnode->step(message, turn);
      }
    } else if (absl::StatusOr<Envelope> envelope = from_peer(message); envelope.ok()) {
      envelope->to.shard = s.index;
      s.outbox.push_back(*std::move(envelope));
    } else {
      refuse_peer(envelope.status());
    }
  }

  // Strangers may go on for ever: they are told of ever less often.
  void turn_away(NodeNumber from, TakerState why) {
    const uint64_t times = ++s.turned_away[why];
    if (why == TakerState::kNoCluster || (times & (times - 1)) != 0) return;
    env.telemetry.log(LogLevel::kWarning, "messages of node " + std::to_string(from) +
                                              " are not taken: " + to_string(why) + "; so far " +
                                              std::to_string(times));
  }

  void refuse_peer(const absl::Status& why) {
    const std::string rule(why.message());
    env.telemetry.violated(rule);
    env.telemetry.log(LogLevel::kWarning, "a message from a peer was refused: " + rule);
  }

  // What membership must know of this shard's vnodes.
  void report() {
    ShardReport out;
    out.shard = s.index;
    out.epoch = s.configuration->epoch;
    out.shards = s.options->shards;
    out.paused = s.paused && s.coordinator->waiting() == 0 && s.vnodes.idle();
    s.vnodes.add_to(out, *s.configuration);
    const ShardReport& last = s.reported;
    if (env.buggify(Site::kReportsLater)) return;
    const bool due =
        s.ticks >= s.reported_at + env.knobs.report_ticks || env.buggify(Site::kReportsAgain);
    if (!due && out.counted == last.counted && out.drained == last.drained &&
        out.paused == last.paused && out.epoch == last.epoch)
      return;
    s.reported_at = s.ticks;
    s.reported = out;
    tell_membership(std::move(out));
  }
};

Shard::Shard(uint16_t index, NodeOptions options)
    : impl_(std::make_unique<Impl>(index, std::move(options))) {
  const NodeOptions& given = *impl_->options;
  VORDB_ASSERT(index < given.shards, "shards are numbered from 0");
  VORDB_ASSERT(given.sync_interval_ms > 0 && given.ttl_sweep_interval_ms > 0,
               "intervals are positive");
}

Shard::~Shard() = default;
Shard::Shard(Shard&&) noexcept = default;
Shard& Shard::operator=(Shard&&) noexcept = default;

Shard::Shard(const Shard& other) : impl_(std::make_unique<Impl>(*other.impl_)) {
  VORDB_ASSERT(!impl_->draining, "a shard is copied between calls");
}

Shard& Shard::operator=(const Shard& other) { return *this = Shard(other); }

absl::Status Shard::start(Env& env) {
  Impl& s = *impl_;
  absl::StatusOr<StartState> started = start_node(s.index, *s.options, env);
  if (!started.ok()) return started.status();
  s.started = *std::move(started);
  s.options.edit().column_families = s.started.column_families;
  s.configuration = s.started.configuration;
  s.coordinator = Cow(coordinator::Coordinator(s.index, env.random.next()));
  if (s.index == 0) s.membership.emplace(cluster::Membership(s.started, *s.options));
  env.network.set_peers(*s.configuration);
  s.vnodes.become(s.started);
  vnode::Turn turn = Call{s, env}.vnode_turn();
  const absl::Status recovered = s.vnodes.recover(turn);
  if (!recovered.ok()) return recovered;
  end_turn(env);
  return absl::OkStatus();
}

void Shard::submit(ClientRequest request, Env& env) {
  Call{*impl_, env}.submit(std::move(request));
}

void Shard::on_message(ActorId to, Message message, Env& env) {
  impl_->outbox.push_back(Envelope{to, std::move(message)});
  Call{*impl_, env}.drain();
}

void Shard::on_peer_message(const pb::PeerMessage& message, Env& env) {
  Call call{*impl_, env};
  call.take_peer_message(message);
  call.drain();
}

void Shard::change_cluster(ClusterChange change, Env& env) {
  Call call{*impl_, env};
  call.step_membership(std::move(change));
  call.drain();
}

void Shard::full_sync(Env& env) {
  Call call{*impl_, env};
  vnode::Turn turn = call.vnode_turn();
  impl_->vnodes.announce_all(turn);
  impl_->vnodes.scrub_all(turn);
  call.drain();
}

void Shard::on_disk(DiskEvent event, Env& env) {
  Impl& s = *impl_;
  Call call{s, env};
  const bool committed = event.kind == DiskEvent::Kind::kCommitted;
  env.telemetry.received(event.actor.kind, committed ? kTagCommitted : kTagRead);
  if (committed) ++s.commits;
  switch (event.actor.kind) {
    case ActorKind::kVnode:
      // Of a vnode of an earlier identity: nobody waits for it.
      if (vnode::Vnode* vnode = s.vnodes.find(event.actor.placement)) {
        vnode::Turn turn = call.vnode_turn();
        vnode->step(std::move(event), turn);
      }
      break;
    case ActorKind::kMembership:
      call.step_membership(event);
      break;
    case ActorKind::kCoordinator:
      VORDB_ASSERT(false, "a coordinator keeps nothing on the disk");
  }
  call.drain();
}

void Shard::tick(Env& env) {
  Impl& s = *impl_;
  Call call{s, env};
  env.telemetry.received(ActorKind::kCoordinator, kTagTick);
  coordinator::Turn turn = call.coordinator_turn();
  s.coordinator.edit().tick(turn);
  if (s.membership) {
    cluster::Turn membership = call.membership_turn();
    s.membership->edit().tick(membership);
    s.committed_in_turn = true;
  }
  if (++s.ticks % env.knobs.report_look_ticks == 0) call.report();
  vnode::Turn vnodes = call.vnode_turn();
  s.vnodes.tick(vnodes);
  call.drain();
}

void Shard::end_turn(Env& env) {
  Impl& s = *impl_;
  vnode::Turn turn = Call{s, env}.vnode_turn();
  s.vnodes.flush(turn);
  s.committed_in_turn = false;
  env.disk.end_turn();
}

}  // namespace vordb
