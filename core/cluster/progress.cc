// What moves have reached, told to one member that proposes the next entry; leaving; and what a
// member sees to by itself. Reports are whole and come again: any member may propose, and when the
// one that is told does nothing, the next one is told.
#include <algorithm>
#include <utility>

#include "core/cluster/errors.h"
#include "core/cluster/membership.h"
#include "core/cluster/moves.h"

namespace vordb::cluster {

namespace {

constexpr uint64_t kOwnChangeUs = 10'000'000;

bool contains(const std::vector<NodeNumber>& nodes, NodeNumber node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

}  // namespace

void Membership::step(ShardReport report, Turn& turn) {
  see_whether_empty(report, turn);
  if (report.shard < reports_.size()) reports_[report.shard] = std::move(report);
}

Membership::Evidence Membership::own_evidence() const {
  Evidence evidence;
  evidence.epoch = UINT64_MAX;
  for (const ShardReport& report : reports_) {
    evidence.epoch = std::min(evidence.epoch, report.epoch);
    evidence.counted.insert(evidence.counted.end(), report.counted.begin(), report.counted.end());
    evidence.drained.insert(evidence.drained.end(), report.drained.begin(), report.drained.end());
  }
  std::sort(evidence.counted.begin(), evidence.counted.end(),
            [](const auto& a, const auto& b) { return a.placement < b.placement; });
  return evidence;
}

void Membership::receive_moves(NodeNumber from, const pb::MoveReport& report) {
  Evidence evidence;
  evidence.epoch = report.epoch();
  for (const pb::MoveReport::Counted& c : report.counted()) {
    if (c.replication_n() > kReplicationMax || c.partition() >= current_->ring_size) continue;
    evidence.counted.push_back({{uint8_t(c.replication_n()), uint16_t(c.partition())}, c.move()});
  }
  std::sort(evidence.counted.begin(), evidence.counted.end(),
            [](const auto& a, const auto& b) { return a.placement < b.placement; });
  for (const uint32_t p : report.drained()) {
    if (p < current_->ring_size) evidence.drained.push_back(uint16_t(p));
  }
  evidence_[from] = std::move(evidence);
}

// The first member that is not silent; after each while since then without effect the next one.
NodeNumber Membership::one_of_all(uint64_t since_us, const Turn& turn) const {
  std::vector<NodeNumber> candidates;
  for (const Member& m : current_->members) {
    if (m.status != MemberStatus::kUp && m.status != MemberStatus::kLeaving) continue;
    if (m.node == self_ || !silent(m.node, turn)) candidates.push_back(m.node);
  }
  if (candidates.empty()) return self_;
  const uint64_t waited_us = turn.env.clock.monotonic_us() - since_us;
  uint64_t place = waited_us / turn.env.knobs.move_next_one_us;
  if (turn.env.buggify(Site::kMovesToNext)) ++place;
  return candidates[place % candidates.size()];
}

void Membership::send_moves(Turn& turn) {
  const uint64_t now_us = turn.env.clock.monotonic_us();
  if (now_us < moves_sent_us_ + turn.env.knobs.move_report_us &&
      !turn.env.buggify(Site::kReportsMoves))
    return;
  Evidence evidence = own_evidence();
  if (evidence.counted.empty() && evidence.drained.empty()) {
    progress_seen_us_ = now_us;
    evidence_.erase(self_);
    return;
  }
  moves_sent_us_ = now_us;
  const auto before = evidence_.find(self_);
  if (before == evidence_.end() || before->second.epoch != evidence.epoch ||
      before->second.counted != evidence.counted || before->second.drained != evidence.drained) {
    progress_seen_us_ = now_us;
  }
  const NodeNumber to = one_of_all(progress_seen_us_, turn);
  if (to != self_) {
    pb::ClusterMessage body;
    pb::MoveReport* report = body.mutable_moves();
    report->set_epoch(evidence.epoch);
    for (const ShardReport::Counted& c : evidence.counted) {
      pb::MoveReport::Counted* out = report->add_counted();
      out->set_partition(c.placement.partition);
      out->set_replication_n(c.placement.n);
      out->set_move(c.move);
    }
    report->mutable_drained()->Assign(evidence.drained.begin(), evidence.drained.end());
    send(to, std::move(body), turn);
  }
  evidence_[self_] = std::move(evidence);
}

bool Membership::counts(NodeNumber node, PlacementId placement, uint64_t move) const {
  const auto known = evidence_.find(node);
  if (known == evidence_.end()) return false;
  const auto& counted = known->second.counted;
  const auto at = std::lower_bound(
      counted.begin(), counted.end(), placement,
      [](const ShardReport::Counted& c, PlacementId id) { return c.placement < id; });
  return at != counted.end() && at->placement == placement && at->move == move;
}

// Rule 20, for every placement of the partition that has buckets. When enough count, the others get
// a while: a copy more is worth the wait.
bool Membership::may_cut_over(uint16_t partition, const Turn& turn) {
  const uint64_t now_us = turn.env.clock.monotonic_us();
  const Partition& p = current_->partitions[partition];
  bool all = true;
  for (uint8_t n = 1; n <= kReplicationMax; ++n) {
    if (current_->replication_since[n - 1] == 0) continue;
    const PlacementId placement{n, partition};
    const auto next = current_->next_owners(placement);
    size_t counted = 0;
    std::vector<NodeNumber> living;
    for (const NodeNumber node : next) {
      if (!current_->is_member(node)) continue;
      living.push_back(node);
      const bool does = counts(node, placement, p.move);
      counted += does;
      all = all && (does || contains(suspected_, node));
    }
    // A member that is alone with the placement has nobody to learn from.
    const auto owners = current_->owners(placement);
    const bool alone = living.size() == 1 && p.draining.empty() &&
                       std::all_of(owners.begin(), owners.end(), [&](NodeNumber node) {
                         return node == living[0] || !current_->is_member(node);
                       });
    if (alone) continue;
    if (counted < owners_to_count(*current_, placement)) return false;
  }
  const auto [since, fresh] = countable_since_.try_emplace(partition, p.move, now_us);
  if (since->second.first != p.move) since->second = {p.move, now_us};
  return all || now_us >= since->second.second + turn.env.knobs.move_laggards_us;
}

void Membership::propose_progress(Turn& turn) {
  const uint64_t now_us = turn.env.clock.monotonic_us();
  const bool soon = now_us < progress_us_ + turn.env.knobs.move_propose_us &&
                    !turn.env.buggify(Site::kProposesAtOnce);
  if (soon || queued(ChainOperation::Kind::kProgress, 0)) return;
  progress_us_ = now_us;
  ChainOperation operation;
  operation.kind = ChainOperation::Kind::kProgress;
  for (uint32_t p = 0; p < current_->ring_size; ++p) {
    const Partition& partition = current_->partitions[p];
    if (partition.move != 0 && may_cut_over(uint16_t(p), turn)) {
      operation.ended.push_back({uint16_t(p), partition.move});
    }
  }
  for (const auto& [node, evidence] : evidence_) {
    for (const uint16_t p : evidence.drained) {
      const Partition& partition = current_->partitions[p];
      if (partition.pv > evidence.epoch || !contains(partition.draining, node)) continue;
      operation.drained.push_back({node, p, evidence.epoch});
    }
  }
  if (operation.ended.empty() && operation.drained.empty()) return;
  enqueue_own(std::move(operation), turn);
}

bool Membership::queued(ChainOperation::Kind kind, NodeNumber node) const {
  return std::any_of(queue_.begin(), queue_.end(), [&](const Task& task) {
    return task.operation.kind == kind && task.operation.node == node &&
           task.asker == Task::Asker::kNobody;
  });
}

void Membership::enqueue_own(ChainOperation operation, Turn& turn) {
  if (queued(operation.kind, operation.node)) return;
  Task task;
  task.operation = std::move(operation);
  task.deadline_us = turn.env.clock.monotonic_us() + kOwnChangeUs;
  enqueue(std::move(task), turn);
}

// What this node sees to without being asked.
void Membership::keep_house(Turn& turn) {
  finish_leaves(turn);
  if (!takes_part() || turn.env.buggify(Site::kHousekeepsLater)) return;
  ChainOperation operation;
  operation.node = self_;
  if (has_status(MemberStatus::kJoining)) {
    operation.kind = ChainOperation::Kind::kConfirm;
    operation.nonce = self()->nonce;
    return enqueue_own(std::move(operation), turn);
  }
  send_moves(turn);
  propose_progress(turn);
  for (const Member& m : std::vector<Member>(current_->members)) {
    const bool sees_to_it = m.node == self_ || contains(suspected_, m.node);
    if (m.status != MemberStatus::kLeaving || !sees_to_it) continue;
    if (has_part_in_ring(*current_, m.node)) continue;
    operation.kind = ChainOperation::Kind::kFinishLeave;
    operation.node = m.node;
    enqueue_own(operation, turn);
  }
  if (!takes_part()) return;
  operation.node = self_;
  // It is here, so it is not away, and where it is the others must know.
  if (has_status(MemberStatus::kDown)) {
    operation.kind = ChainOperation::Kind::kUp;
    enqueue_own(operation, turn);
  }
  if (!options_.address.empty() && self()->address != options_.address) {
    operation.kind = ChainOperation::Kind::kSetAddress;
    operation.address = options_.address;
    enqueue_own(operation, turn);
  }
  if (self()->features != options_.features) {
    operation.kind = ChainOperation::Kind::kSetFeatures;
    operation.features = options_.features;
    enqueue_own(operation, turn);
  }
  propose_features(turn);
}

// One member proposes it, as with moves; after each while without effect the next one.
void Membership::propose_features(Turn& turn) {
  const uint64_t now_us = turn.env.clock.monotonic_us();
  ChainOperation operation;
  operation.kind = ChainOperation::Kind::kSwitchOn;
  operation.features = to_switch_on(*current_);
  if (operation.features.empty()) {
    features_seen_us_ = now_us;
  } else if (one_of_all(features_seen_us_, turn) == self_) {
    enqueue_own(std::move(operation), turn);
  }
}

// Rule 9 a: a majority of those who decide from now on know that they do.
bool Membership::majority_holds_current() const {
  const std::vector<NodeNumber> deciders = acceptors(*current_);
  const auto holds = std::count_if(deciders.begin(), deciders.end(), [&](NodeNumber node) {
    const auto peer = peers_.find(node);
    return node == self_ || (peer != peers_.end() && peer->second.epoch >= current_->epoch);
  });
  return size_t(holds) * 2 > deciders.size();
}

void Membership::finish_leaves(Turn& turn) {
  for (size_t i = 0; i < leave_waits_.size();) {
    if (current_->is_member(leave_waits_[i].node) || !majority_holds_current() ||
        in_use() < current_->epoch) {
      ++i;
      continue;
    }
    reply_operator(leave_waits_[i].request, std::nullopt, turn);
    leave_waits_.erase(leave_waits_.begin() + ptrdiff_t(i));
  }
}

}  // namespace vordb::cluster
