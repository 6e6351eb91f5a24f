#include "sim/world.h"

#include <algorithm>
#include <utility>

#include "core/cluster/configuration.h"

namespace vordb::sim {

namespace {

constexpr uint64_t kCheckEveryUs = 250'000;
// A node stamps no time further ahead of what it has seen than its lease, which it writes this far
// ahead.
constexpr uint64_t kLeaseMs = 2'500;
constexpr uint64_t kStartingUs = 2'000'000;   // a node may answer that it is not ready for so long
constexpr uint64_t kSpaceLagUs = 1'000'000;   // a node may learn so late that there is space again
constexpr uint64_t kHorizonEvery = 64;        // events
constexpr uint64_t kPhaseUsMax = 60'000'000;  // faults over, everything must end within this

NodeOptions node_options(const Scenario& scenario, bool buffered) {
  NodeOptions options = scenario.node;
  options.durability_buffered = buffered;
  return options;
}

}  // namespace

World::World(const Scenario& scenario, uint64_t seed, Trace::Sink sink)
    : scenario_(scenario),
      chooser_(seed),
      trace_(std::move(sink)),
      catalogue_(scenario.workload.buckets),
      workload_(scenario_.workload, catalogue_, chooser_),
      oracles_(catalogue_, findings_),
      disk_oracle_(findings_) {
  buffered_ = scenario.durability == Scenario::Durability::kBuffered ||
              (scenario.durability == Scenario::Durability::kEither && chooser_.chance(500'000));
  node_ = std::make_unique<SimNode>(0, node_options(scenario, buffered_), *this);
  faults_ = std::make_unique<FaultInjector>(scenario.faults, buffered_, scenario.duration_ms,
                                            chooser_, *this);
  for (uint32_t client = 0; client < scenario.workload.clients; ++client) {
    clients_.push_back(std::make_unique<SimClient>(client, scenario_.workload, catalogue_,
                                                   workload_, chooser_, oracles_, client_figures_,
                                                   *this));
  }
  last_reply_us_.resize(clients_.size(), 0);
}

World::~World() = default;

RunResult World::run() {
  plan_boot(0);
  Event first_check;
  first_check.kind = EventKind::kCheck;
  first_check.time_us = kCheckEveryUs;
  queue_.push(first_check);
  enter(Phase::kSetup);
  while (phase_ != Phase::kDone && findings_.clean() && !node_lost_) {
    const Event event = queue_.pop();
    now_us_ = event.time_us;
    trace_.event(event, chooser_.draws());
    findings_.at(trace_.events(), now_us_);
    handle(event);
    if (trace_.events() % kHorizonEvery == 0) update_horizon();
  }
  for (const Violation& violation : findings_.violations())
    trace_.note(violation.time_us, to_string(violation.property), violation.text);
  RunResult result;
  result.hash = trace_.hash();
  result.events = trace_.events();
  result.draws = chooser_.draws();
  result.simulated_us = now_us_;
  result.boots = node_->boots();
  result.buffered = buffered_;
  result.node_lost = node_lost_;
  result.clients = client_figures_;
  result.faults = faults_->figures();
  result.disk = node_->disk().counts();
  result.findings = findings_;
  judge(scenario_, result);
  return result;
}

void World::handle(const Event& event) {
  switch (event.kind) {
    case EventKind::kBoot:
      return boot();
    case EventKind::kReply:
      clients_[event.actor]->answer(replies_.take(event.payload), event.life != node_->life());
      return;
    case EventKind::kDisconnect:
      return clients_[event.actor]->disconnected();
    case EventKind::kThink:
      return clients_[event.actor]->think();
    case EventKind::kFault:
      return faults_->due(FaultKind(event.payload & 0xff), (event.payload >> 8) == 1, now_us_);
    case EventKind::kCheck:
      return check();
    default:
      return node_->handle(event);
  }
}

// ---- the node's life

void World::plan_boot(uint64_t in_us) {
  Event event;
  event.kind = EventKind::kBoot;
  event.time_us = now_us_ + in_us;
  queue_.push(event);
}

void World::boot() {
  if (node_->up()) return;
  highest_lease_ms_ = std::max(highest_lease_ms_, node_->time().highest_wall_ms()) + kLeaseMs;
  last_boot_us_ = now_us_;
  const uint32_t failed = failed_boots_;
  node_->boot();
  if (node_->up()) {
    failed_boots_ = 0;
    findings_.evaluated(Property::kRestarts, node_->boots() > 1);
  } else if (failed_boots_ == failed) {
    ++failed_boots_;
  }
}

void World::died(uint32_t) {
  if (node_->up()) return crash_victim(SimDiskImage::Crash::kKill, "died");
  // It did not start.
  ++failed_boots_;
  node_->crash(SimDiskImage::Crash::kKill);
  if (faults_->damaged()) {
    node_lost_ = true;
  } else if (faults_->no_space()) {
    plan_boot(200'000);
  } else {
    findings_.violated(Property::kRestarts,
                       "the node did not start again, and nothing is wrong with its disk");
  }
}

void World::crash_victim(SimDiskImage::Crash kind, const char* why) {
  if (!node_->up()) return;
  trace_.note(now_us_, "node 0", why);
  node_->crash(kind);
  disk_oracle_.look(node_->disk());
  oracles_.crashed(step());
  for (uint32_t client = 0; client < clients_.size(); ++client) {
    clients_[client]->node_crashed();
    Event event;
    event.kind = EventKind::kDisconnect;
    event.actor = client;
    event.time_us = now_us_ + 1 + chooser_.below(2'000);
    queue_.push(event);
  }
  // Mostly soon, sometimes after what has a time to live is gone.
  plan_boot(1'000 + chooser_.below(chooser_.chance(150'000) ? 2'500'000 : 200'000));
}

void World::moment(uint32_t, Moment moment) { faults_->moment(moment); }

void World::plan_fault(FaultKind kind, uint64_t in_us, bool ends) {
  Event event;
  event.kind = EventKind::kFault;
  event.time_us = now_us_ + in_us;
  event.payload = uint64_t(kind) | (ends ? 0x100 : 0);
  event.digest = event.payload;
  queue_.push(event);
}

void World::note_fault(FaultKind kind, const std::string& what) {
  trace_.note(now_us_, to_string(kind), what);
}

// ---- clients and the node

bool World::send_request(uint32_t client, std::string bytes) {
  return node_->request(client, std::move(bytes));
}

void World::send_to_client(uint32_t client, std::string bytes) {
  last_reply_us_[client] = std::max(last_reply_us_[client], now_us_ + 5 + chooser_.below(100));
  Event event;
  event.kind = EventKind::kReply;
  event.actor = client;
  event.time_us = last_reply_us_[client];
  event.life = node_->life();
  event.digest = digest_of(bytes);
  event.payload = replies_.put(std::move(bytes));
  queue_.push(event);
}

void World::send_to_node(uint32_t, NodeNumber to, std::string bytes) {
  // A node alone has no peers; what it sends to itself would be a mistake of its own.
  findings_.violated(Property::kAnsweredOnce, "a node without peers sent " +
                                                  std::to_string(bytes.size()) + " bytes to node " +
                                                  std::to_string(to));
}

void World::think_later(uint32_t client, uint64_t delay_us) {
  Event event;
  event.kind = EventKind::kThink;
  event.actor = client;
  event.time_us = now_us_ + delay_us;
  queue_.push(event);
}

NowBounds World::now_bounds() const {
  const NodeTime& time = node_->time();
  return {time.wall_ms(), std::max(highest_lease_ms_, time.highest_wall_ms() + 1)};
}

ErrorCauses World::causes(uint64_t since_us) const {
  ErrorCauses causes;
  causes.starting = last_boot_us_ + kStartingUs >= since_us;
  causes.no_space = faults_->no_space_since(since_us - std::min(since_us, kSpaceLagUs));
  causes.damaged = faults_->damaged();
  causes.clock_stepped = node_->time().steps() > 0;
  return causes;
}

void World::note(uint32_t client, const std::string& text) {
  trace_.comment(now_us_, "client " + std::to_string(client), text);
}

void World::acknowledged(const Call& call, const ClientReply& reply) {
  const BucketPlan& plan = catalogue_.bucket(call.bucket);
  const bool plain =
      plan.is_default && plan.config.type == BucketType::kLww && plan.config.ttl_seconds == 0;
  if (call.operation != Operation::kPut || !plain || !oracles_.surely_there(call.bucket, call.key))
    return;
  disk_oracle_.acknowledged(node_->disk(), kDefaultLww, Catalogue::key_name(call.key),
                            catalogue_.value_of(call.bucket, call.key, call.id),
                            reply.timestamp_ms);
}

void World::late_answer(uint32_t client, const std::string& text) {
  findings_.violated(Property::kAnsweredOnce, "client " + std::to_string(client) + " got " + text);
}

// ---- the parts of a run

bool World::clients_done() const {
  return std::all_of(clients_.begin(), clients_.end(),
                     [](const auto& client) { return client->done(); });
}

void World::update_horizon() {
  Step oldest = step();
  for (const auto& client : clients_) oldest = std::min(oldest, client->oldest_open());
  oracles_.forget_before(oldest);
}

void World::enter(Phase phase) {
  phase_ = phase;
  phase_since_us_ = now_us_;
  trace_.note(now_us_, "phase", std::to_string(int(phase)));
  std::vector<std::vector<Call>> scripts(clients_.size());
  SimClient::Mode mode = SimClient::Mode::kSilent;
  if (phase == Phase::kSetup) {
    mode = SimClient::Mode::kScript;
    for (uint32_t bucket = 0; bucket < catalogue_.buckets().size(); ++bucket) {
      if (catalogue_.bucket(bucket).is_default) continue;
      Call call;
      call.bucket = bucket;
      call.operation = Operation::kCreateBucket;
      scripts[bucket % scripts.size()].push_back(call);
    }
  } else if (phase == Phase::kLoad) {
    mode = SimClient::Mode::kLoad;
    faults_->start();
  } else if (phase == Phase::kSettle) {
    faults_->stop(now_us_);
  } else if (phase == Phase::kAudit) {
    mode = SimClient::Mode::kScript;
    std::vector<Call> calls = workload_.audit();
    for (size_t i = 0; i < calls.size(); ++i)
      scripts[i % scripts.size()].push_back(std::move(calls[i]));
  }
  for (uint32_t client = 0; client < clients_.size(); ++client) {
    clients_[client]->set_mode(mode);
    if (mode == SimClient::Mode::kScript) clients_[client]->give_script(std::move(scripts[client]));
    if (mode != SimClient::Mode::kSilent) think_later(client, chooser_.below(1000));
  }
}

void World::advance_phase() {
  const uint64_t lasted_us = now_us_ - phase_since_us_;
  switch (phase_) {
    case Phase::kSetup:
      if (clients_done()) enter(Phase::kLoad);
      break;
    case Phase::kLoad:
      if (lasted_us >= scenario_.duration_ms * 1000) enter(Phase::kSettle);
      return;
    case Phase::kSettle:
      if (clients_done() && node_->up() && lasted_us >= scenario_.settle_ms * 1000)
        enter(Phase::kAudit);
      break;
    case Phase::kAudit:
      if (clients_done()) phase_ = Phase::kDone;
      break;
    case Phase::kDone:
      return;
  }
  if (lasted_us > kPhaseUsMax)
    findings_.violated(Property::kAnsweredInTime,
                       "without faults, the clients did not come to an end in 60 s");
}

void World::check() {
  disk_oracle_.look(node_->disk());
  const uint64_t patience_us = scenario_.workload.patience_ms * 1000;
  for (uint32_t client = 0; client < clients_.size(); ++client) {
    const auto since_us = clients_[client]->waiting_since_us();
    if (!since_us.has_value()) continue;
    findings_.evaluated(Property::kAnsweredInTime, true);
    if (now_us_ <= std::max(*since_us, faults_->stalled_until_us()) + patience_us) continue;
    findings_.violated(Property::kAnsweredInTime, "client " + std::to_string(client) +
                                                      " waits for an answer since " +
                                                      std::to_string(*since_us));
  }
  Event next;
  next.kind = EventKind::kCheck;
  next.time_us = now_us_ + kCheckEveryUs;
  queue_.push(next);
  advance_phase();
}

}  // namespace vordb::sim
