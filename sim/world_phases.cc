// The parts of a run, and when one may follow another.
#include <algorithm>
#include <utility>

#include "core/vnode/scrub.h"
#include "sim/convergence.h"
#include "sim/world.h"

namespace vordb::sim {

namespace {

constexpr uint64_t kCheckEveryUs = 250'000;
constexpr uint64_t kFormFaultsUsMax = 8'000'000;
constexpr uint64_t kPhaseUsMax = 60'000'000;  // without faults, each part ends within this

const char* name_of(int phase) {
  static constexpr const char* kNames[] = {"form", "setup", "load", "settle", "audit", "done"};
  return kNames[phase];
}

}  // namespace

bool World::clients_done() const {
  return std::all_of(clients_.begin(), clients_.end(),
                     [](const SimClient& client) { return client.done(); });
}

void World::update_horizon() {
  Step oldest = step();
  for (const SimClient& client : clients_) oldest = std::min(oldest, client.oldest_open());
  oracles_->forget_before(oldest);
}

std::vector<const SimNode*> World::serving() const {
  std::vector<const SimNode*> found;
  for (uint32_t machine = 0; machine < machines_.size(); ++machine) {
    if (operators_->duty(machine) == Duty::kServing) found.push_back(&*machines_[machine].node);
  }
  return found;
}

// Deals the calls out to the clients.
void World::give_scripts(std::vector<Call> calls) {
  std::vector<std::vector<Call>> scripts(clients_.size());
  for (size_t i = 0; i < calls.size(); ++i)
    scripts[i % scripts.size()].push_back(std::move(calls[i]));
  for (uint32_t client = 0; client < clients_.size(); ++client)
    clients_[client].give_script(std::move(scripts[client]));
}

const char* World::phase() const { return name_of(int(phase_)); }

std::string World::where() const {
  std::string text = std::to_string(now_us_) + " us, " + name_of(int(phase_));
  if (!waits_for_.empty()) text += " (at the last look: " + waits_for_ + ")";
  for (const Machine& machine : machines_)
    text += ", n" + std::to_string(machine.node->number()) + (machine.node->up() ? " up" : " down");
  return text;
}

void World::enter(Phase phase) {
  phase_ = phase;
  phase_since_us_ = now_us_;
  trace_.note(now_us_, {Voice::Kind::kRun, 0, "phase"}, name_of(int(phase)));
  SimClient::Mode mode = SimClient::Mode::kSilent;
  std::vector<Call> calls;
  if (phase == Phase::kForm && scenario_.nodes.founding == Scenario::Founding::kMembers) {
    form_faults_until_us_ =
        now_us_ +
        chooser_.stream(StreamKind::kWorld).below(Decision::kFormFaultsEnd, kFormFaultsUsMax);
    faults_->start(now_us_);
  } else if (phase == Phase::kSetup) {
    mode = SimClient::Mode::kScript;
    for (uint32_t bucket = 0; bucket < catalogue_->buckets().size(); ++bucket) {
      if (catalogue_->bucket(bucket).is_default) continue;
      Call call;
      call.bucket = bucket;
      call.operation = Operation::kCreateBucket;
      calls.push_back(std::move(call));
    }
  } else if (phase == Phase::kLoad) {
    mode = SimClient::Mode::kLoad;
    faults_->start(now_us_);
  } else if (phase == Phase::kSettle) {
    faults_->stop(now_us_);
    for (Machine& machine : machines_) machine.node->set_knobs(kDefaultKnobs);
    if (scenario_.canary) look_at_canary();
    quiet_from_us_ = std::max(links_->last_arrival_us(), faults_->stalled_until_us());
    // What may be forgotten at some time is forgotten by the slowest clock.
    const NowBounds now = now_bounds();
    settle_us_max_ = (scenario_.converge_ms + now.high_ms - now.low_ms) * 1000;
  } else if (phase == Phase::kAudit) {
    mode = SimClient::Mode::kScript;
    oracles_->all_known(step());
    std::vector<uint32_t> nodes;
    for (const SimNode* node : serving()) nodes.push_back(node->number());
    calls = workload_.audit(nodes);
  }
  for (SimClient& client : clients_) client.set_mode(mode);
  if (mode == SimClient::Mode::kScript) give_scripts(std::move(calls));
  if (mode == SimClient::Mode::kSilent) return;
  for (uint32_t client = 0; client < clients_.size(); ++client)
    think_later(client,
                chooser_.stream(StreamKind::kClient, client).below(Decision::kFirstThought, 1000));
}

std::string World::why_not_at_rest() const {
  if (alone()) return "";
  const std::string pending = operators_->pending();
  std::vector<const SimNode*> nodes;
  for (const uint32_t machine : operators_->in_service())
    nodes.push_back(&*machines_[machine].node);
  const std::string why = why_not_settled(nodes);
  return pending.empty() || why.empty() ? pending + why : pending + ": " + why;
}

// Looks again only when some disk has changed.
std::string World::why_not_converged_now() {
  if (alone()) return "";
  const std::vector<const SimNode*> nodes = serving();
  std::vector<std::pair<uint64_t, uint64_t>> disks;
  for (const SimNode* node : nodes) disks.push_back(node->disk().records().digest());
  if (disks == unconverged_disks_ && !unconverged_.empty()) return unconverged_;
  unconverged_ = why_not_converged(nodes, *nodes[0]->shards()[0].configuration());
  unconverged_disks_ = std::move(disks);
  return unconverged_;
}

// Why the run cannot go on to the audit yet.
std::string World::why_not_done() const {
  if (!clients_done()) return "clients wait for answers";
  if (alone()) return machines_[0].node->up() ? "" : "the node is down";
  if (const std::string why = why_not_at_rest(); !why.empty()) return why;
  for (const SimNode* node : serving()) {
    if (!node->idle()) return "n" + std::to_string(node->number()) + " still has work";
  }
  return "";
}

void World::advance_phase() {
  const uint64_t lasted_us = now_us_ - phase_since_us_;
  Property property = Property::kAnsweredInTime;
  std::string why;
  uint64_t limit_us = kPhaseUsMax;
  switch (phase_) {
    case Phase::kForm:
      if (now_us_ < form_faults_until_us_) return;
      if (faults_->running()) {
        faults_->stop(now_us_);
        phase_since_us_ = now_us_;
        return;
      }
      why = why_not_at_rest();
      property = Property::kClusterSettles;
      if (why.empty()) return enter(Phase::kSetup);
      break;
    case Phase::kSetup:
      why = why_not_done();
      if (why.empty()) return enter(Phase::kLoad);
      break;
    case Phase::kLoad:
      if (lasted_us >= scenario_.duration_ms * 1000) enter(Phase::kSettle);
      return;
    case Phase::kSettle: {
      limit_us = settle_us_max_;
      const uint64_t waits_us =
          (scenario_.node.write_quorum_timeout_ms + scenario_.node.read_quorum_timeout_ms) * 1000;
      const uint64_t quiet_us = alone() ? 0 : quiet_from_us_ + waits_us;
      if (lasted_us < scenario_.settle_ms * 1000 || now_us_ < quiet_us) return;
      why = why_not_done();
      if (!clients_done()) break;
      property = Property::kClusterSettles;
      if (!why.empty()) break;
      findings_.evaluated(Property::kClusterSettles, !alone());
      property = Property::kConverged;
      why = why_not_converged_now();
      if (!why.empty()) break;
      findings_.evaluated(Property::kConverged, !alone());
      for (SimClient& client : clients_) client.settled();
      return enter(Phase::kAudit);
    }
    case Phase::kAudit:
      if (clients_done()) phase_ = Phase::kDone;
      why = "clients wait for answers";
      break;
    case Phase::kDone:
      return;
  }
  if (why != waits_for_) trace_.comment(now_us_, {Voice::Kind::kRun, 0, "waits"}, waits_for_ = why);
  if (phase_ != Phase::kDone && lasted_us > limit_us)
    findings_.violated(property, std::string("without faults, after ") +
                                     std::to_string(lasted_us / 1'000'000) + " s of " +
                                     name_of(int(phase_)) + ": " + why);
}

// Since the last look: were all nodes up and heard, and did nobody join or leave?
void World::look_at_calm() {
  if (alone()) return oracles_->time_passed(step(), now_us_, true);
  for (const uint32_t machine : operators_->in_service()) {
    if (!machines_[machine].node->up()) unwell_us_ = now_us_;
  }
  if (!at_rest()) restless_us_ = now_us_;
  const uint64_t since_us = now_us_ - std::min(now_us_, kCheckEveryUs);
  oracles_->time_passed(
      step(), now_us_,
      unwell_us_ <= since_us && restless_us_ <= since_us && !faults_->disturbed_since(since_us));
}

// Whoever serves is in one cluster: of those who are to found it together, and those who join it.
void World::look_for_two_clusters() {
  if (scenario_.nodes.founding != Scenario::Founding::kMembers) return;
  std::string cluster;
  for (const SimNode* node : serving()) {
    if (!node->up() || !operators_->open_to_clients(node->number())) continue;
    const std::string& own = node->shards()[0].configuration()->cluster_id;
    if (own.empty()) continue;
    if (cluster.empty()) cluster = own;
    if (own != cluster)
      findings_.violated(Property::kClusterSettles,
                         "n" + std::to_string(node->number()) + " is in a cluster of its own");
  }
}

void World::check() {
  for (uint32_t index = 0; index < machines_.size(); ++index) {
    Machine& machine = machines_[index];
    const SimDiskImage& disk = machine.node->disk();
    if (std::exchange(machine.looked_at, disk.records().digest()) != disk.records().digest())
      disk_oracle_.look(index, disk);
  }
  operators_->look();
  look_at_calm();
  look_for_two_clusters();
  look_at_scrubs();
  const uint64_t patience_us = scenario_.workload.patience_ms * 1000;
  for (uint32_t client = 0; client < clients_.size(); ++client) {
    clients_[client].look_at_clock();
    const auto since_us = clients_[client].waiting_since_us();
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

void World::look_at_scrubs() {
  for (const Machine& machine : machines_) {
    for (const Shard& shard : machine.node->shards()) {
      const vnode::ScrubFigures scrubbed = shard.scrubbed();
      findings_.evaluated(Property::kScrubAgrees, scrubbed.ranges > 0);
      if (scrubbed.differences == 0) continue;
      findings_.violated(Property::kScrubAgrees,
                         machine.node->options().node_id +
                             " found that another owner holds something else with an equal clock");
    }
  }
}

// A failure that is known to be there: who does not hear of it hears of no other either.
void World::look_at_canary() {
  findings_.evaluated(Property::kCanary, true);
  if (canary_dies_)
    findings_.violated(Property::kCanary, "this run is one of those that must fail");
}

RunResult World::result() {
  for (const Violation& violation : findings_.violations())
    trace_.note(violation.time_us, {Voice::Kind::kProperty, 0, to_string(violation.property)},
                violation.text);
  RunResult result;
  result.hash = trace_.hash();
  result.events = trace_.events();
  result.draws = chooser_.draws();
  result.simulated_us = now_us_;
  result.nodes = nodes();
  result.buffered = buffered_;
  result.node_lost = node_lost_;
  result.clients = client_figures_;
  result.faults = faults_->figures(now_us_);
  result.sites = sites_.figures();
  result.network = links_->figures();
  result.operators = operators_->figures();
  for (const Machine& machine : machines_) {
    result.boots += machine.node->boots();
    result.disk.add(machine.node->disk().counts());
    result.messages.add(machine.node->messages());
  }
  result.findings = findings_;
  judge(scenario_, result);
  return result;
}

}  // namespace vordb::sim
