#include "sim/node.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "core/cluster/configuration.h"
#include "core/message_names.h"
#include "core/peer_codec.h"
#include "proto/peer.pb.h"
#include "sim/digest.h"
#include "sim/sim_disk.h"
#include "sim/sim_random.h"

namespace vordb::sim {

namespace {

constexpr uint64_t kCompletionUsMax = 20;
constexpr uint64_t kTurnUsMax = 40;
constexpr uint64_t kTickJitterUsMax = 5'000;

SimDiskOptions disk_options(const NodeOptions& options, uint32_t machine) {
  SimDiskOptions disk;
  disk.column_families = options.column_families;
  disk.buffered = options.durability_buffered;
  disk.machine = machine;
  return disk;
}

std::string text_of(const ActorId& to, const Message& message) {
  return std::string(kTagNames[kDriverTags + message.index()]) + " for " + name_of(to);
}

std::string text_of(const DiskEvent& event) {
  const bool read = event.kind == DiskEvent::Kind::kRead;
  return std::string(read ? "read" : "durable batch") + " of " + name_of(event.actor);
}

std::optional<Moment> moment_of(const pb::PeerMessage& message) {
  using Body = pb::PeerMessage::BodyCase;
  switch (message.body_case()) {
    case Body::kGossip:
      return Moment::kGossiped;
    case Body::kSnapshotPart:
      return Moment::kSnapshot;
    case Body::kPushRequest:
      return Moment::kRepaired;
    case Body::kClusterMessage:
      break;
    default:
      return std::nullopt;
  }
  switch (message.cluster_message().body_case()) {
    case pb::ClusterMessage::kPromise:
      return Moment::kPromised;
    case pb::ClusterMessage::kAccepted:
      return Moment::kAccepted;
    case pb::ClusterMessage::kNews:
      return message.cluster_message().news().has_configuration() ? std::optional(Moment::kChosen)
                                                                  : std::nullopt;
    case pb::ClusterMessage::kMoves:
      return Moment::kReported;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string name_of(const ActorId& actor) {
  switch (actor.kind) {
    case ActorKind::kMembership:
      return "membership";
    case ActorKind::kCoordinator:
      return "coordinator " + std::to_string(actor.shard);
    case ActorKind::kVnode:
      return "vnode " + std::to_string(actor.placement.n) + "/" +
             std::to_string(actor.placement.partition);
  }
  return "";
}

std::string address_of(uint32_t index) { return "n" + std::to_string(index) + ":7001"; }

SimNode::SimNode(uint32_t number, NodeOptions options, NodeHost& host)
    : number_(number),
      name_("n" + std::to_string(number)),
      options_(std::move(options)),
      host_(host),
      time_(host.now_us()),
      disk_(disk_options(options_, number), host.chooser(), host.now_us()),
      last_completion_us_(options_.shards, 0),
      turn_end_planned_(options_.shards, false) {}

void SimNode::attach(NodeHost& host) {
  host_.bind(host);
  time_.attach(host.now_us());
  disk_.attach(host.chooser(), host.now_us());
  for (ShardDoors& doors : doors_) {
    doors.clock.attach(time_);
    doors.network.attach(*this);
    doors.disk.attach(disk_);
    doors.random.attach(host.chooser());
    doors.telemetry.attach(host.trace(), telemetry_figures_, host.now_us());
  }
}

SimNode::~SimNode() = default;

Event SimNode::event(EventKind kind, uint16_t shard, uint64_t in_us) const {
  Event event;
  event.time_us = host_->now_us() + in_us;
  event.actor = number_;
  event.life = life_;
  event.shard = shard;
  event.kind = kind;
  return event;
}

void SimNode::boot() {
  VORDB_ASSERT(!up_, "a node that runs does not start");
  ++life_;
  ++boots_;
  const auto refuse = [&](const absl::Status& status) {
    host_->trace().note(host_->now_us(), Voice::node(number_),
                        "did not start: " + status.ToString());
    shards_.clear();
    epochs_.clear();
    doors_.clear();
    host_->died(number_);
  };
  if (const absl::Status opened = disk_.open(); !opened.ok()) return refuse(opened);
  knobs_ = host_->knobs_at_start(number_);
  for (uint16_t shard = 0; shard < options_.shards; ++shard) {
    doors_.push_back({SimClock(time_), SimNetwork(*this, options_.shards, stream_of(shard)),
                      SimDisk(disk_, shard), SimRandom(host_->chooser(), stream_of(shard)),
                      SimTelemetry(host_->trace(), telemetry_figures_, host_->now_us(), number_)});
  }
  up_ = true;
  booted_at_us_ = host_->now_us();
  for (uint16_t shard = 0; shard < options_.shards; ++shard) {
    Env env = this->env(shard);
    shards_.emplace_back(shard, options_);
    epochs_.push_back(0);
    if (const absl::Status started = shards_.back().start(env); !started.ok()) {
      up_ = false;
      return refuse(started);
    }
    note_configuration(shard);
    host_->moment(number_, Moment::kStarting);
    plan_tick(shard);
  }
  for (uint16_t shard = 0; shard < options_.shards; ++shard) end_turn(shard);
}

void SimNode::crash(SimDiskImage::Crash kind) {
  if (up_) purged_before_ += std::exchange(purged_now_, 0);
  up_ = false;
  ++life_;
  shards_.clear();
  epochs_.clear();
  doors_.clear();
  open_.clear();
  last_request_us_.clear();
  std::fill(turn_end_planned_.begin(), turn_end_planned_.end(), false);
  std::fill(last_completion_us_.begin(), last_completion_us_.end(), 0);
  disk_planned_us_ = SimDiskImage::kNever;
  paused_until_us_ = 0;
  disk_.crash(kind);
}

bool SimNode::request(uint32_t client, std::string bytes) {
  if (!up_) return false;
  // A connection stays on the shard that accepted it.
  const uint16_t shard = uint16_t(client % options_.shards);
  const uint64_t delay_us =
      5 +
      host_->chooser().stream(StreamKind::kConnection, client).below(Decision::kRequestDelay, 100);
  Event planned = event(EventKind::kRequest, shard, in_order(last_request_us_[client], delay_us));
  planned.digest = digest_of(bytes);
  planned.payload = requests_.put({client, std::move(bytes)});
  host_->plan(planned);
  return true;
}

void SimNode::note_configuration(uint16_t shard) {
  const std::shared_ptr<const Configuration> configuration = shards_[shard].configuration();
  const uint64_t before = std::exchange(epochs_[shard], configuration->epoch);
  if (before != configuration->epoch) host_->configuration_used(number_, before, *configuration);
}

bool SimNode::change_cluster(ClusterChange change) {
  if (!up_) return false;
  call(0, [&](Shard& shard, Env& env) { shard.change_cluster(std::move(change), env); });
  after_call(0);
  return true;
}

uint64_t SimNode::in_order(uint64_t& last_us, uint64_t delay_us) {
  last_us = std::max(last_us, host_->now_us() + delay_us);
  return last_us - host_->now_us();
}

void SimNode::deliver_local(ActorId to, Message message, uint64_t at_us) {
  Event planned = event(EventKind::kLocalMessage, to.shard, at_us - host_->now_us());
  planned.digest = digest_of(message);
  const bool configuration = std::holds_alternative<ConfigurationChosen>(message);
  planned.payload = local_.put({to, std::move(message)});
  host_->plan(planned);
  if (configuration) host_->moment(number_, Moment::kBucketChanged);
}

void SimNode::sends(const pb::PeerMessage& message) {
  if (const std::optional<Moment> moment = moment_of(message)) host_->moment(number_, *moment);
}

void SimNode::deliver_remote(const std::string& address, NodeNumber to, std::string bytes) {
  host_->send_to_peer(number_, address, to, std::move(bytes));
}

void SimNode::deliver_operator_reply(ClusterChangeReply reply) {
  host_->operator_answered(number_, std::move(reply));
}

void SimNode::deliver_reply(ClientId client, ClientReply reply) {
  host_->findings().evaluated(Property::kAnsweredOnce, true);
  const auto found = open_.find(client);
  if (found == open_.end()) {
    host_->findings().violated(
        Property::kAnsweredOnce,
        "client id " + std::to_string(client) + " was answered without an open request");
    return;
  }
  const OpenRequest open = std::move(found->second);
  open_.erase(found);
  const bool acknowledges = reply.kind == ClientReply::Kind::kOk;
  std::string frame;
  codec_->encode(open.request_id, open.key, std::move(reply), &frame);
  host_->send_to_client(number_, open.client, frame.substr(kFrameHeaderBytes));
  if (acknowledges) host_->moment(number_, Moment::kAnswered);
}

void SimNode::note_changes(uint16_t shard, const Shard& before) {
  std::map<ActorId, std::string> changed;
  shards_[shard].differences(before, [&](ActorId actor, std::string_view field, uint8_t index) {
    doors_[shard].telemetry.transition(actor.kind, index);
    changed[actor].append(" ").append(field);
  });
  for (const auto& [actor, fields] : changed) {
    host_->trace().comment(host_->now_us(), Voice::node(number_),
                           name_of(actor) + " changed:" + fields);
  }
}

void SimNode::plan_disk() {
  const uint64_t due_us = disk_.next_due_us();
  if (due_us >= disk_planned_us_) return;
  disk_planned_us_ = due_us;
  Event planned = event(EventKind::kDisk, 0, 0);
  planned.time_us = std::max(due_us, host_->now_us());
  host_->plan(planned);
}

void SimNode::plan_tick(uint16_t shard) {
  host_->plan(event(EventKind::kTick, shard,
                    kTickMs * 1000 + pace_of(shard).below(Decision::kTick, kTickJitterUsMax)));
}

// A turn ends at once or takes in what arrives a little later: both happen in production.
void SimNode::after_call(uint16_t shard) {
  if (!up_) return;
  if (turn_end_planned_[shard]) return plan_disk();
  if (pace_of(shard).chance(Decision::kTurnEndsAtOnce, 500'000)) return end_turn(shard);
  turn_end_planned_[shard] = true;
  host_->plan(event(EventKind::kEndTurn, shard,
                    1 + pace_of(shard).below(Decision::kTurnLength, kTurnUsMax)));
  plan_disk();
}

void SimNode::end_turn(uint16_t shard) {
  turn_end_planned_[shard] = false;
  const bool was_writing = disk_.writing();
  call(shard, [](Shard& of, Env& env) { of.end_turn(env); });
  if (!was_writing && disk_.writing()) host_->moment(number_, Moment::kCommitQueued);
  plan_disk();
}

void SimNode::device_due() {
  disk_planned_us_ = SimDiskImage::kNever;
  if (disk_.next_due_us() > host_->now_us()) return plan_disk();
  device_events_.clear();
  if (!disk_.advance(device_events_)) {
    host_->trace().note(host_->now_us(), Voice::node(number_), "a write failed: the process ends");
    return host_->died(number_);
  }
  for (SimDiskEvent& completed : device_events_) {
    const uint64_t delay_us =
        pace_of(completed.shard).below(Decision::kCompletionDelay, kCompletionUsMax);
    Event planned = event(EventKind::kCompletion, completed.shard,
                          in_order(last_completion_us_[completed.shard], delay_us));
    planned.digest = digest_of(completed.event);
    planned.payload = completions_.put(std::move(completed.event));
    host_->plan(planned);
  }
  plan_disk();
  if (!device_events_.empty()) host_->moment(number_, Moment::kDurable);
}

void SimNode::complete(uint16_t shard, DiskEvent event) {
  if (host_->trace().heard()) brought(text_of(event));
  call(shard, [&](Shard& of, Env& env) { of.on_disk(std::move(event), env); });
}

void SimNode::brought(const std::string& what) const {
  host_->trace().brought(host_->now_us(), number_, what);
}

void SimNode::take_request(uint16_t shard, uint64_t slot) {
  auto [client, bytes] = requests_.take(slot);
  uint32_t request_id = 0;
  ClientRequest request;
  std::optional<ClientError> error = codec_->decode(bytes, &request_id, &request);
  const ClientId id = next_client_++;
  open_[id] = {client, request_id, request.key};
  if (error.has_value()) {
    ClientReply refusal = ClientReply::failed(*std::move(error));
    refusal.operation = request.operation;
    return deliver_reply(id, std::move(refusal));
  }
  if (host_->trace().heard())
    brought(std::string(to_string(request.operation)) + " of client " + std::to_string(client));
  request.client = id;
  request.connection = client + 1;
  call(shard, [&](Shard& of, Env& env) { of.submit(std::move(request), env); });
}

void SimNode::tick(uint16_t shard) {
  call(shard, [](Shard& of, Env& env) { of.tick(env); });
  plan_tick(shard);
  uint64_t purged = 0;
  for (const Shard& one : shards_) purged += one.keys_purged();
  if (purged > purged_now_) host_->moment(number_, Moment::kPurging);
  purged_now_ = purged;
}

bool SimNode::idle() const {
  return std::all_of(shards_.begin(), shards_.end(),
                     [](const Shard& shard) { return shard.idle(); });
}

std::string SimNode::carries(const Event& planned) const {
  switch (planned.kind) {
    case EventKind::kLocalMessage: {
      const auto& [to, message] = local_.look_at(planned.payload);
      return text_of(to, message);
    }
    case EventKind::kCompletion:
      return text_of(completions_.look_at(planned.payload));
    case EventKind::kRequest:
      return "request of client " + std::to_string(requests_.look_at(planned.payload).first);
    default:
      return "";
  }
}

void SimNode::handle(const Event& event) {
  if (!up_ || event.life != life_) {
    // Of an earlier life: what it carried is dropped.
    if (event.kind == EventKind::kLocalMessage) local_.take(event.payload);
    if (event.kind == EventKind::kCompletion) completions_.take(event.payload);
    if (event.kind == EventKind::kRequest) requests_.take(event.payload);
    if (event.kind == EventKind::kPeerMessage) host_->take_peer_message(event);
    return;
  }
  if (host_->now_us() < paused_until_us_) {
    // Stopped: nothing runs, and everything that waits keeps its order.
    Event later = event;
    later.time_us = paused_until_us_;
    return host_->plan(later);
  }
  switch (event.kind) {
    case EventKind::kTick:
      tick(event.shard);
      break;
    case EventKind::kEndTurn:
      return end_turn(event.shard);
    case EventKind::kLocalMessage: {
      auto [to, message] = local_.take(event.payload);
      if (host_->trace().heard()) brought(text_of(to, message));
      call(event.shard, [&, actor = to, &carried = message](Shard& shard, Env& env) {
        shard.on_message(actor, std::move(carried), env);
      });
      break;
    }
    case EventKind::kPeerMessage:
      return take_peer_message(event);
    case EventKind::kDisk:
      return device_due();
    case EventKind::kCompletion:
      complete(event.shard, completions_.take(event.payload));
      break;
    case EventKind::kRequest:
      take_request(event.shard, event.payload);
      break;
    default:
      VORDB_ASSERT(false, "no event of a node");
  }
  after_call(event.shard);
}

}  // namespace vordb::sim
