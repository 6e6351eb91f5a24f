// Who talks to whom in a simulated world. The machines' lives are in sim/world_machines.cc, the
// parts of a run in sim/world_phases.cc.
#include "sim/world.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "core/cluster/configuration.h"
#include "core/fingerprint.h"

namespace vordb::sim {

namespace {

constexpr uint64_t kStartingUs = 2'000'000;  // a node may answer that it is not ready for so long
constexpr uint64_t kStallLagUs = 1'000'000;  // what was late when a node went on is told so late
constexpr uint64_t kSpaceLagUs = 1'000'000;  // a node may learn so late that there is space again
constexpr uint64_t kFeltUs = 5'000'000;      // what is over in a cluster may be felt for so long
constexpr uint64_t kHorizonEvery = 64;       // events
constexpr uint32_t kCanaryPerMillion = 10'000;
// A node alone is set off by so much: a request token lives for ten minutes of its time.
constexpr int64_t kClockOffsetMsMax = 4 * 60'000;
constexpr int64_t kClockMarginMs = 5'000;

NodeOptions options_of(const Scenario& scenario, uint32_t machine, bool buffered) {
  NodeOptions options = scenario.node;
  // Machines that are there from the beginning are to be upgraded, where any is.
  const bool former = scenario.faults.every_ms[size_t(FaultKind::kUpgrade)] > 0;
  options.features =
      former && machine < scenario.nodes.count ? former_features() : program_features();
  options.durability_buffered = buffered;
  options.node_id = "n" + std::to_string(machine);
  options.address = address_of(machine);
  if (scenario.nodes.zones > 0) options.zone = "z" + std::to_string(machine % scenario.nodes.zones);
  const bool founds = scenario.nodes.founding == Scenario::Founding::kMembers;
  if (founds && machine < scenario.nodes.count) {
    for (uint32_t one = 0; one < scenario.nodes.count; ++one)
      options.initial_members.push_back("n" + std::to_string(one) + "=" + address_of(one));
  } else if (machine > 0) {
    options.seed_nodes = {address_of(0)};
  }
  return options;
}

// Two clocks that are each off by this much are not too far apart for one another.
int64_t clock_offset_ms(const Scenario& scenario, uint32_t machines) {
  if (machines == 1) return kClockOffsetMsMax;
  const int64_t tolerated_ms = int64_t(scenario.node.max_clock_drift_ms) / 2 - kClockMarginMs;
  return std::clamp<int64_t>(tolerated_ms, 0, kClockOffsetMsMax);
}

bool has_odd_knobs(const FaultPlan& plan, Chooser& chooser) {
  if (plan.odd_knobs_max == 0) return false;
  return !plan.swarm || chooser.stream(StreamKind::kKnobs).chance(Decision::kKnobsAreOdd, 500'000);
}

}  // namespace

WorldState::WorldState(const Scenario& scenario, Chooser chooser, Trace::Sink sink)
    : scenario_(scenario),
      chooser_(std::move(chooser)),
      trace_(std::move(sink)),
      catalogue_(std::make_shared<const Catalogue>(scenario.workload.buckets)),
      workload_(scenario_.workload, *catalogue_),
      disk_oracle_(findings_),
      configuration_oracle_(findings_),
      // Of a chooser of its own: the run is the same with and without it.
      canary_dies_(Chooser(~chooser_.seed()).chance(kCanaryPerMillion)),
      sites_(scenario.faults, chooser_),
      odd_knobs_(has_odd_knobs(scenario.faults, chooser_)) {}

World::World(const Scenario& scenario, uint64_t seed, Trace::Sink sink)
    : World(scenario, Chooser(seed), std::move(sink)) {}

World::World(const Scenario& scenario, Chooser chooser, Trace::Sink sink)
    : WorldState(scenario, std::move(chooser), std::move(sink)) {
  buffered_ = scenario.durability == Scenario::Durability::kBuffered ||
              (scenario.durability == Scenario::Durability::kEither &&
               chooser_.stream(StreamKind::kWorld).chance(Decision::kBuffered, 500'000));
  machines_.resize(scenario.nodes.count + scenario.nodes.spare);
  for (uint32_t machine = 0; machine < machines_.size(); ++machine) {
    machines_[machine].node =
        Box<SimNode>(SimNode(machine, options_of(scenario, machine, buffered_), *this));
  }
  links_ = Box<Links>(Links(nodes(), chooser_, now_us_));
  operators_ = Box<Operators>(Operators(scenario, chooser_, findings_, *this));
  const FaultInjector::Limits limits{buffered_, scenario.duration_ms, nodes(),
                                     clock_offset_ms(scenario, nodes())};
  faults_ = Box<FaultInjector>(FaultInjector(scenario.faults, limits, chooser_, *this));
  ClusterShape shape;
  shape.nodes = nodes();
  for (int kind = 0; kind < kFaultKinds; ++kind) {
    const bool takes_disks = is_of_membership(FaultKind(kind)) ||
                             FaultKind(kind) == FaultKind::kReadError ||
                             FaultKind(kind) == FaultKind::kBitRot;
    if (takes_disks && faults_->on(FaultKind(kind))) shape.stable = false;
  }
  oracles_ = Box<Oracles>(Oracles(*catalogue_, findings_, shape));
  for (uint32_t client = 0; client < scenario.workload.clients; ++client) {
    clients_.emplace_back(client, scenario_.workload, *catalogue_, workload_, chooser_, *oracles_,
                          client_figures_, *this);
  }
  last_reply_us_.resize(clients_.size(), 0);
  attach();
}

World::World(const World& other)
    : ClientHost(), NodeHost(), FaultHost(), OperatorHost(), WorldState(other) {
  trace_.set_sink(nullptr);
  trace_.set_listener(nullptr);
  chooser_.record_to(nullptr);
  attach();
}

// What each part needs of the others.
void World::attach() {
  disk_oracle_.attach(findings_);
  configuration_oracle_.attach(findings_);
  for (Machine& machine : machines_) machine.node->attach(*this);
  links_->attach(chooser_, now_us_);
  operators_->attach(chooser_, findings_, *this);
  faults_->attach(chooser_, *this);
  oracles_->attach(findings_);
  for (SimClient& client : clients_) {
    client.attach(workload_, chooser_, *oracles_, client_figures_, *this);
  }
}

World::~World() = default;

RunResult World::run() {
  start();
  while (advance()) {
  }
  return result();
}

void World::start() {
  plan_boot(0, 0);
  for (uint32_t machine = 1; machine < scenario_.nodes.count; ++machine)
    plan_boot(machine, chooser_.stream(StreamKind::kWorld).below(Decision::kFirstStart, 200'000));
  check();
  enter(alone() ? Phase::kSetup : Phase::kForm);
}

bool World::advance() {
  if (phase_ == Phase::kDone || !findings_.clean() || node_lost_) return false;
  const Event event = last_event_ = queue_.pop();
  now_us_ = event.time_us;
  trace_.event(event, chooser_.draws());
  queue_.during(trace_.events());
  chooser_.at_event(trace_.events(), now_us_);
  findings_.at(trace_.events(), now_us_);
  handle(event);
  if (trace_.events() % kHorizonEvery == 0) update_horizon();
  return true;
}

std::string World::carries(const Event& planned) const {
  switch (planned.kind) {
    case EventKind::kPeerMessage: {
      const UnderWay& message = under_way_.look_at(planned.payload);
      return name_of_message(message.message.bytes) + " of n" + std::to_string(message.from);
    }
    case EventKind::kFault:
      return to_string(FaultKind(planned.payload & 0xff));
    case EventKind::kReply:
      return "answer of n" + std::to_string(planned.shard);
    default:
      return is_of_client(planned.kind) ? "" : machines_[planned.actor].node->carries(planned);
  }
}

std::pair<uint64_t, uint64_t> World::fingerprint() const {
  Fingerprint fingerprint;
  for (const Machine& machine : machines_) {
    const auto [high, low] = machine.node->disk().fingerprint();
    fingerprint.add(high);
    fingerprint.add(low);
    for (const Shard& shard : machine.node->shards()) {
      const auto [shard_high, shard_low] = shard.fingerprint();
      fingerprint.add(shard_high);
      fingerprint.add(shard_low);
    }
  }
  return fingerprint.digest();
}

void World::handle(const Event& event) {
  switch (event.kind) {
    case EventKind::kBoot:
      return boot(event.actor);
    case EventKind::kReply:
      return clients_[event.actor].answer(replies_.take(event.payload),
                                          event.life != machines_[event.shard].node->life());
    case EventKind::kDisconnect:
      return clients_[event.actor].disconnected();
    case EventKind::kThink:
      return clients_[event.actor].think();
    case EventKind::kFault:
      // What was planned before faults were stopped is over.
      if ((event.payload >> 16) != faults_->period()) return;
      return faults_->due(FaultKind(event.payload & 0xff), event.actor,
                          ((event.payload >> 8) & 1) == 1, now_us_);
    case EventKind::kCheck:
      return check();
    case EventKind::kOperator: {
      const ClusterChangeReply reply = operator_replies_.take(event.payload);
      if (event.life == machines_[event.actor].node->life())
        operators_->answered(event.actor, reply);
      return;
    }
    default:
      return machines_[event.actor].node->handle(event);
  }
}

// ---- faults and operators

void World::plan_fault(FaultKind kind, uint32_t machine, uint64_t in_us, bool ends) {
  Event event;
  event.kind = EventKind::kFault;
  event.actor = machine;
  event.time_us = now_us_ + in_us;
  event.payload = uint64_t(kind) | (ends ? 0x100 : 0) | faults_->period() << 16;
  event.digest = event.payload;
  queue_.push(event);
}

void World::note_fault(FaultKind kind, const std::string& what, uint64_t lasts_us) {
  trace_.note(now_us_, {Voice::Kind::kFault, 0, to_string(kind)}, what, lasts_us);
}

void World::note_operator(const std::string& text) {
  trace_.note(now_us_, {Voice::Kind::kOperator, 0, "operator"}, text);
}

// ---- between nodes

void World::send_to_peer(uint32_t from, const std::string& address, NodeNumber to,
                         std::string bytes) {
  uint32_t machine = 0;
  while (machine < machines_.size() && machines_[machine].node->options().address != address)
    ++machine;
  if (machine == machines_.size()) {
    ++links_->figures().nobody;
    return;
  }
  const Links::Sending sending = links_->send(from, machine, bytes.size());
  if (sending.copies == 0 && trace_.heard())
    trace_.passage(now_us_, {from, machine, sending.fate, bytes});
  for (uint32_t copy = 0; copy < sending.copies; ++copy) {
    Event event;
    event.kind = EventKind::kPeerMessage;
    event.actor = machine;
    event.time_us = sending.at_us[copy];
    event.digest = digest_of(bytes);
    // The connection ends with the process at its end, and with it what was on its way there.
    event.life = machines_[machine].node->life();
    UnderWay under_way{from, machines_[from].node->life(), sending.connection, {to, {}}};
    if (copy + 1 < sending.copies) {
      under_way.message.bytes = bytes;
    } else {
      under_way.message.bytes = std::move(bytes);
    }
    event.payload = under_way_.put(std::move(under_way));
    queue_.push(event);
  }
}

std::optional<PeerBytes> World::take_peer_message(const Event& event) {
  UnderWay arrived = under_way_.take(event.payload);
  NetworkFigures& figures = links_->figures();
  const SimNode& receiver = *machines_[event.actor].node;
  const bool listens = receiver.up() && receiver.life() == event.life;
  const Fate fate = links_->arrived(arrived.from, event.actor, arrived.connection);
  const bool came = fate == Fate::kArrived;
  if (trace_.heard())
    trace_.passage(now_us_, {arrived.from, event.actor, came && !listens ? Fate::kNobody : fate,
                             arrived.message.bytes});
  if (!came) return std::nullopt;
  ++(listens ? figures.arrived : figures.nobody);
  if (arrived.life != machines_[arrived.from].node->life()) ++figures.orphans;
  return std::move(arrived.message);
}

void World::operator_answered(uint32_t node, ClusterChangeReply reply) {
  Event event;
  event.kind = EventKind::kOperator;
  event.actor = node;
  event.life = machines_[node].node->life();
  event.time_us = now_us_ + 1 +
                  chooser_.stream(StreamKind::kMachine, node).below(Decision::kOperatorDelay, 100);
  event.digest = reply.request * 2 + reply.error.has_value();
  event.payload = operator_replies_.put(std::move(reply));
  queue_.push(event);
}

// ---- clients and nodes

bool World::send_request(uint32_t client, uint32_t node, std::string bytes) {
  if (!operators_->open_to_clients(node)) return false;
  return machines_[node].node->request(client, std::move(bytes));
}

void World::send_to_client(uint32_t node, uint32_t client, std::string bytes) {
  if (clients_[client].takes_at_once(bytes)) return clients_[client].answer(bytes, false);
  const uint64_t delay_us =
      5 + chooser_.stream(StreamKind::kConnection, client).below(Decision::kReplyDelay, 100);
  last_reply_us_[client] = std::max(last_reply_us_[client], now_us_ + delay_us);
  Event event;
  event.kind = EventKind::kReply;
  event.actor = client;
  event.shard = uint16_t(node);
  event.time_us = last_reply_us_[client];
  event.life = machines_[node].node->life();
  event.digest = digest_of(bytes);
  event.payload = replies_.put(std::move(bytes));
  queue_.push(event);
}

void World::think_later(uint32_t client, uint64_t delay_us) {
  Event event;
  event.kind = EventKind::kThink;
  event.actor = client;
  event.time_us = now_us_ + delay_us;
  queue_.push(event);
}

void World::note_lead(int64_t lead_ms) { highest_lead_ms_ = std::max(highest_lead_ms_, lead_ms); }

// Where nodes stamp times ahead of the true one, because some wall clock was, those flow no faster
// than it does: they get no further ahead.
NowBounds World::now_bounds() const {
  NowBounds bounds{UINT64_MAX, 0};
  int64_t lead_ms = highest_lead_ms_;
  for (uint32_t machine = 0; machine < machines_.size(); ++machine) {
    if (operators_->duty(machine) == Duty::kSpare) continue;
    const NodeTime& time = machines_[machine].node->time();
    bounds.low_ms = std::min(bounds.low_ms, time.wall_ms());
    lead_ms = std::max(lead_ms, time.highest_lead_ms());
  }
  bounds.high_ms = uint64_t(int64_t(NodeTime::true_ms(now_us_)) + lead_ms) + 1;
  return bounds;
}

uint32_t World::clock_steps() const {
  uint32_t steps = 0;
  for (const Machine& machine : machines_) steps += machine.node->time().steps();
  return steps;
}

ErrorCauses World::causes(uint32_t node, uint64_t since_us) const {
  const uint64_t felt_us = since_us - std::min(since_us, kFeltUs);
  ErrorCauses causes;
  causes.starting = machines_[node].last_boot_us + kStartingUs >= since_us;
  causes.no_space = faults_->no_space_since(since_us - std::min(since_us, kSpaceLagUs));
  causes.damaged = faults_->any_damaged();
  causes.clock_stepped = clock_steps() > 0;
  causes.stalled = faults_->stalled_long_since(since_us - std::min(since_us, kStallLagUs));
  if (alone()) return causes;
  causes.unreachable = unwell_us_ >= felt_us || faults_->disturbed_since(felt_us);
  causes.changing = restless_us_ >= felt_us;
  causes.outside = operators_->duty(node) != Duty::kServing || causes.changing;
  return causes;
}

uint64_t World::carried_out_before_us() const {
  if (alone()) return machines_[0].last_crash_us;
  // Held on the way, at a node that stands still, at a coordinator, on the way again.
  const uint64_t longest_us =
      (scenario_.node.write_quorum_timeout_ms + scenario_.node.read_quorum_timeout_ms) * 1000 +
      kPauseUsMax + 2 * (kNetworkFaultUsMax + kSlowLinkUsMax);
  return now_us_ - std::min(now_us_, longest_us);
}

void World::note(uint32_t client, const std::string& text) {
  trace_.comment(now_us_, Voice::client(client), text);
}

void World::acknowledged(const Call& call, const ClientReply& reply) {
  const BucketPlan& plan = catalogue_->bucket(call.bucket);
  const bool plain =
      plan.is_default && plan.config.type == BucketType::kLww && plan.config.ttl_seconds == 0;
  if (call.operation != Operation::kPut || !plain || !oracles_->surely_there(call.bucket, call.key))
    return;
  // What was acknowledged on a disk that is gone by now cannot be counted any more.
  if (disk_changed_us_ != 0 && disk_changed_us_ + kFeltUs >= now_us_) return;
  std::vector<const SimDiskImage*> disks;
  for (const Machine& machine : machines_) disks.push_back(&machine.node->disk());
  disk_oracle_.acknowledged(
      disks, plan.config.write_quorum, kDefaultLww, Catalogue::key_name(call.key),
      catalogue_->value_of(call.bucket, call.key, call.id), reply.timestamp_ms);
}

void World::late_answer(uint32_t client, const std::string& text) {
  findings_.violated(Property::kAnsweredOnce, "client " + std::to_string(client) + " got " + text);
}

}  // namespace vordb::sim
