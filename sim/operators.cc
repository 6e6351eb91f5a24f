#include "sim/operators.h"

#include <algorithm>
#include <utility>

#include "core/cluster/configuration.h"

namespace vordb::sim {

namespace {

constexpr uint64_t kAskAgainUs = 700'000;
constexpr size_t kJobsMax = 2;

std::string name_of(uint32_t machine) { return "n" + std::to_string(machine); }

}  // namespace

Operators::Operators(const Scenario& scenario, Chooser& chooser, Findings& findings,
                     OperatorHost& host)
    : scenario_(scenario),
      chooser_(chooser),
      findings_(findings),
      host_(host),
      machines_(scenario.nodes.count + scenario.nodes.spare) {
  for (uint32_t machine = 0; machine < scenario.nodes.count; ++machine)
    machines_[machine].duty = Duty::kServing;
}

std::vector<uint32_t> Operators::of_duty(Duty duty) const {
  std::vector<uint32_t> found;
  for (uint32_t machine = 0; machine < machines_.size(); ++machine) {
    if (machines_[machine].duty == duty) found.push_back(machine);
  }
  return found;
}

std::vector<uint32_t> Operators::in_service() const {
  std::vector<uint32_t> found;
  for (uint32_t machine = 0; machine < machines_.size(); ++machine) {
    const Duty duty = machines_[machine].duty;
    if (duty == Duty::kServing || duty == Duty::kLeaving) found.push_back(machine);
  }
  return found;
}

bool Operators::open_to_clients(uint32_t machine) const {
  return std::none_of(jobs_.begin(), jobs_.end(), [&](const Job& job) {
    return job.kind == FaultKind::kJoin && job.subject == machine;
  });
}

std::vector<std::string> Operators::addresses_but(uint32_t machine) const {
  std::vector<std::string> addresses;
  for (const uint32_t one : of_duty(Duty::kServing)) {
    if (one != machine) addresses.push_back(address_of(one));
  }
  return addresses;
}

std::string Operators::pending() const {
  std::string text;
  for (const Job& job : jobs_)
    text += std::string(text.empty() ? "" : ", ") + to_string(job.kind) + " of " +
            name_of(job.subject) + " (step " + std::to_string(job.step) + ")";
  return text;
}

// ---- what is begun

bool Operators::begin(FaultKind kind) {
  if (jobs_.size() >= kJobsMax) return false;
  switch (kind) {
    case FaultKind::kJoin:
      return begin_join();
    case FaultKind::kLeave:
      return begin_leave();
    case FaultKind::kRemove:
    case FaultKind::kReplace:
      return begin_removal(kind);
    case FaultKind::kWipe:
    case FaultKind::kRestore:
      return begin_disk_loss(kind);
    default:
      return false;
  }
}

bool Operators::begin_join() {
  const std::vector<uint32_t> spares = of_duty(Duty::kSpare);
  if (spares.empty()) return false;
  const uint32_t machine = pick(FaultKind::kJoin, spares);
  const bool by_seeds = choices_of(FaultKind::kJoin).chance(Decision::kBySeeds, 500'000);
  host_->machine(machine).set_seeds(by_seeds ? addresses_but(machine) : std::vector<std::string>{});
  host_->plan_boot(machine, 1 + choices_of(FaultKind::kJoin).below(Decision::kStartWait, 50'000));
  machines_[machine].duty = Duty::kServing;
  host_->note_operator(name_of(machine) + (by_seeds ? " joins by its seeds" : " is told to join"));
  if (!by_seeds) jobs_.push_back({FaultKind::kJoin, machine});
  return true;
}

bool Operators::begin_leave() {
  const std::vector<uint32_t> serving = of_duty(Duty::kServing);
  if (serving.size() <= scenario_.nodes.least) return false;
  const uint32_t machine = pick(FaultKind::kLeave, serving);
  if (!host_->machine(machine).up()) return false;
  machines_[machine].duty = Duty::kLeaving;
  host_->note_operator(name_of(machine) + " is told to leave");
  jobs_.push_back({FaultKind::kLeave, machine});
  return true;
}

bool Operators::begin_removal(FaultKind kind) {
  const std::vector<uint32_t> serving = of_duty(Duty::kServing);
  const std::vector<uint32_t> spares = of_duty(Duty::kSpare);
  const bool replaced = kind == FaultKind::kReplace;
  const size_t least = replaced ? 2 : std::max<size_t>(scenario_.nodes.least + 1, 2);
  if (serving.size() < least || (replaced && spares.empty()) || !jobs_.empty() || !host_->at_rest())
    return false;
  const uint32_t machine = pick(kind, serving);
  machines_[machine].duty = Duty::kDead;
  host_->note_operator(name_of(machine) + " dies for good");
  host_->crash(machine, SimDiskImage::Crash::kKill, "dead");
  host_->change_disk(machine, nullptr, true);
  jobs_.push_back({kind, machine});
  jobs_.back().not_before_us =
      host_->now_us() + choices_of(kind).below(Decision::kOperatorWait, 1'000'000);
  if (!replaced) return true;
  const uint32_t spare = pick(kind, spares);
  host_->machine(spare).set_seeds(addresses_but(spare));
  host_->plan_boot(spare, 1 + choices_of(kind).below(Decision::kStartWait, 500'000));
  machines_[spare].duty = Duty::kServing;
  host_->note_operator(name_of(spare) + " takes its place");
  return true;
}

bool Operators::begin_disk_loss(FaultKind kind) {
  const std::vector<uint32_t> serving = of_duty(Duty::kServing);
  if (serving.size() < 2 || !jobs_.empty() || !host_->at_rest()) return false;
  const uint32_t machine = pick(kind, serving);
  std::optional<SimRecords>& backup = machines_[machine].backup;
  if (kind == FaultKind::kRestore &&
      (!backup.has_value() || choices_of(kind).chance(Decision::kTakesBackup, 300'000))) {
    backup = host_->machine(machine).disk().copy();
    host_->note_operator("the disk of " + name_of(machine) + " is copied");
    return false;
  }
  host_->crash(machine, SimDiskImage::Crash::kKill, "its disk is replaced");
  if (kind == FaultKind::kWipe) {
    host_->note_operator(name_of(machine) + " comes back empty");
    host_->machine(machine).set_seeds(addresses_but(machine));
    host_->change_disk(machine, nullptr, true);
    backup.reset();
  } else {
    host_->note_operator(name_of(machine) + " comes back as it was some time ago");
    host_->change_disk(machine, &*backup, true);
  }
  return true;
}

// ---- what is under way

bool Operators::is_member(const SimNode& looks, const SimNode& subject) const {
  const auto configuration = looks.shards()[0].configuration();
  return std::any_of(configuration->members.begin(), configuration->members.end(),
                     [&](const Member& member) {
                       return member.node_id == subject.options().node_id &&
                              member.status != MemberStatus::kRemoved;
                     });
}

// As far as the nodes themselves say.
bool Operators::done(const Job& job) const {
  SimNode& subject = host_->machine(job.subject);
  if (job.kind == FaultKind::kJoin) {
    if (!subject.up()) return false;
    const auto configuration = subject.shards()[0].configuration();
    return configuration->members.size() > 1 && is_member(subject, subject);
  }
  if (job.kind == FaultKind::kLeave)
    return subject.up() && subject.shards()[0].configuration()->epoch != 0 &&
           !is_member(subject, subject);
  const std::vector<uint32_t> serving = of_duty(Duty::kServing);
  return std::any_of(serving.begin(), serving.end(), [&](uint32_t machine) {
    const SimNode& node = host_->machine(machine);
    return open_to_clients(machine) && node.up() && node.shards()[0].configuration()->epoch != 0 &&
           is_member(node, node) && !is_member(node, subject);
  });
}

void Operators::ask(Job& job) {
  ClusterChange change;
  change.node = host_->machine(job.subject).options().node_id;
  const std::vector<uint32_t> serving = of_duty(Duty::kServing);
  switch (job.kind) {
    case FaultKind::kJoin: {
      const std::vector<std::string> seeds = addresses_but(job.subject);
      if (seeds.empty()) return;
      change.kind = ClusterChange::Kind::kJoin;
      change.node = seeds[size_t(choices_of(job.kind).below(Decision::kMachine, seeds.size()))];
      job.asked = job.subject;
      break;
    }
    case FaultKind::kLeave:
      change.kind = ClusterChange::Kind::kLeave;
      job.asked = job.subject;
      break;
    default:
      change.kind = job.step == 0                     ? ClusterChange::Kind::kDown
                    : job.kind == FaultKind::kReplace ? ClusterChange::Kind::kReplace
                                                      : ClusterChange::Kind::kRemove;
      change.accept_loss = job.accept_loss;
      job.asked = pick(job.kind, serving);
  }
  change.request = ++last_request_;
  job.not_before_us = host_->now_us() + kAskAgainUs;
  job.request = change.request;
  if (!host_->machine(job.asked).change_cluster(std::move(change))) {
    job.request = 0;
    return;
  }
  ++figures_.asked;
}

void Operators::look() {
  for (size_t i = 0; i < jobs_.size();) {
    Job& job = jobs_[i];
    if (job.request == 0 && job.not_before_us <= host_->now_us()) {
      if (done(job)) {
        const Job over = job;
        jobs_.erase(jobs_.begin() + ptrdiff_t(i));
        finish(over);
        continue;
      }
      ask(job);
    }
    ++i;
  }
}

void Operators::finish(const Job& job) {
  ++figures_.done;
  host_->note_operator(std::string(to_string(job.kind)) + " of " + name_of(job.subject) +
                       " is done");
  if (job.kind == FaultKind::kJoin) return;
  // What left or was removed is switched off at once and given a new disk.
  machines_[job.subject].duty = Duty::kSpare;
  machines_[job.subject].backup.reset();
  // Whoever wanted something else of it finds it gone.
  std::erase_if(jobs_, [&](const Job& other) { return other.subject == job.subject; });
  host_->crash(job.subject, SimDiskImage::Crash::kKill, "switched off");
  if (job.kind == FaultKind::kLeave) host_->change_disk(job.subject, nullptr, false);
}

void Operators::answered(uint32_t machine, const ClusterChangeReply& reply) {
  findings_->evaluated(Property::kOperatorAnswered, true);
  const auto found = std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& job) {
    return job.request == reply.request && job.request != 0;
  });
  if (found == jobs_.end() || found->asked != machine) {
    findings_->violated(Property::kOperatorAnswered, "request " + std::to_string(reply.request) +
                                                         " was answered at " + name_of(machine) +
                                                         ", where none waits");
    return;
  }
  found->request = 0;
  const std::string what = std::string(to_string(found->kind)) + " of " + name_of(found->subject);
  if (reply.error.has_value()) {
    ++figures_.refused;
    host_->note_operator(what + " was refused: " + reply.error->message);
    // An operator who was told what would be lost, and wants it so.
    if (found->step == 1) found->accept_loss = true;
    return;
  }
  host_->note_operator(what + ", step " + std::to_string(found->step) + ": ok");
  const bool two_steps = found->kind == FaultKind::kRemove || found->kind == FaultKind::kReplace;
  if (two_steps && found->step == 0) {
    found->step = 1;
    found->not_before_us = host_->now_us();
    return;
  }
  const Job job = *found;
  jobs_.erase(found);
  if (!done(job))
    findings_->violated(Property::kOperatorAnswered, what + " was answered ok and is not done");
  finish(job);
}

void Operators::crashed(uint32_t machine) {
  for (Job& job : jobs_) {
    if (job.asked != machine || job.request == 0) continue;
    job.request = 0;
    ++figures_.unknown;
  }
}

}  // namespace vordb::sim
