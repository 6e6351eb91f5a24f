#include "core/cluster/membership.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "core/cluster/errors.h"
#include "core/codec.h"
#include "core/fingerprint.h"
#include "core/shard_start.h"
#include "core/vnode/record_keys.h"

namespace vordb::cluster {

namespace {

// How long a change may wait for its place in the chain.
constexpr uint64_t kBucketChangeUs = 8'000'000;
constexpr uint64_t kClusterChangeUs = 25'000'000;
// Between two words to the operator that the program is too old.
constexpr uint64_t kLackingAgainUs = 10'000'000;

const ClientError kNotAMember{ErrorCode::kNotReady, Outcome::kRejected,
                              "the node is in no cluster yet", ""};
const ClientError kIsJoining{ErrorCode::kNotReady, Outcome::kRejected,
                             "the node is joining another cluster", ""};
const ClientError kHasLeft{ErrorCode::kLeft, Outcome::kRejected, "the node has left its cluster",
                           ""};

}  // namespace

Membership::Membership(const StartState& start, const NodeOptions& options)
    : options_(options),
      self_(start.node),
      boot_(start.boot),
      nonce_(start.nonce),
      current_(start.configuration),
      in_use_(options.shards, start.configuration->epoch),
      founder_(start.founding.founder),
      reports_(options.shards) {
  if (current_->epoch != 0) {
    chain_.emplace(self_, boot_, current_, start.votes);
  } else if (!options_.initial_members.empty()) {
    founding_.emplace(options_, start.founding);
  } else {
    join_by_seeds();
  }
}

// ---- what is asked of this node

void Membership::step(BucketChange change, Turn& turn) {
  Task task;
  task.operation.kind =
      change.create ? ChainOperation::Kind::kCreateBucket : ChainOperation::Kind::kDeleteBucket;
  task.operation.bucket = std::move(change.config);
  task.asker = Task::Asker::kClient;
  task.request = change.op;
  task.shard = change.shard;
  task.deadline_us = turn.env.clock.monotonic_us() + kBucketChangeUs;
  enqueue(std::move(task), turn);
}

void Membership::step(ClusterChange change, Turn& turn) {
  using Kind = ClusterChange::Kind;
  if (change.kind == Kind::kJoin) return begin_join(change, turn);
  if (current_->epoch == 0) return reply_operator(change.request, kNotAMember, turn);
  if (change.kind == Kind::kForce) return force(change, turn);
  const Member* member = change.node.empty() && change.kind == Kind::kLeave
                             ? self()
                             : member_by_id(*current_, change.node);
  if (!member) {
    const ClientError unknown{ErrorCode::kBadRequest, Outcome::kRejected, "there is no such member",
                              ""};
    return reply_operator(change.request, unknown, turn);
  }
  Task task;
  task.operation.kind = change.kind == Kind::kLeave    ? ChainOperation::Kind::kLeave
                        : change.kind == Kind::kDown   ? ChainOperation::Kind::kDown
                        : change.kind == Kind::kRemove ? ChainOperation::Kind::kRemove
                                                       : ChainOperation::Kind::kReplace;
  task.operation.node = member->node;
  task.operation.accept_loss = change.accept_loss;
  task.asker = Task::Asker::kOperator;
  task.request = change.request;
  task.deadline_us = turn.env.clock.monotonic_us() + kClusterChangeUs;
  enqueue(std::move(task), turn);
}

void Membership::enqueue(Task task, Turn& turn) {
  if (current_->epoch == 0) return answer(task, kNotAMember, turn);
  if (!takes_part()) return answer(task, kHasLeft, turn);
  if (join_ && join_->phase != Join::Phase::kConfirming) {
    return answer(task, kIsJoining, turn);
  }
  task.operation.id = turn.env.random.next();
  queue_.push_back(std::move(task));
  pump(turn);
}

// ---- one change after another

void Membership::pump(Turn& turn) {
  while (takes_part() && !installing_ && !chain_->proposing() && !queue_.empty()) {
    Task& task = queue_.front();
    if (current_->applied(task.operation.id)) {
      conclude_first(absl::OkStatus(), turn);
      continue;
    }
    if (task.proposed != 0 && task.proposed + kRecentOperations <= current_->epoch) {
      // It may have been chosen then: nobody remembers.
      answer(task, out_of_time(false), turn);
      queue_.pop_front();
      continue;
    }
    absl::StatusOr<Configuration> next = apply(task.operation, *current_);
    if (!next.ok()) {
      conclude_first(next.status(), turn);
      continue;
    }
    if (task.proposed == 0) task.proposed = next->epoch;
    ChainEffects effects;
    chain_->propose(std::make_shared<const Configuration>(*std::move(next)),
                    {turn.env.clock.monotonic_us(), turn.env.random.next(), turn.env.knobs},
                    effects);
    perform(std::move(effects), turn);
    deliver_to_self(turn);
  }
}

void Membership::conclude_first(const absl::Status& status, Turn& turn) {
  Task over = std::move(queue_.front());
  queue_.pop_front();
  conclude(std::move(over), status, turn);
}

// A change of the members that was asked for twice, or that others have made, is done all the same.
// A refusal shows the configuration that it was judged by: like a success it is given when no shard
// works under an older one, so that no later call finds what the refusal denies.
void Membership::conclude(Task task, const absl::Status& status, Turn& turn) {
  const bool stands =
      task.operation.kind != ChainOperation::Kind::kCreateBucket && absl::IsAlreadyExists(status);
  if (!status.ok() && !stands) {
    if (task.asker == Task::Asker::kNobody) {
      turn.env.telemetry.log(LogLevel::kDebug, std::string(status.message()));
    }
    task.refusal = to_error(status, task.operation.kind);
  }
  if (task.asker == Task::Asker::kJoiner) return answer(task, task.refusal, turn);
  task.done_at = current_->epoch;
  done_.push_back(std::move(task));
  answer_in_use(turn);
}

uint64_t Membership::in_use() const { return *std::min_element(in_use_.begin(), in_use_.end()); }

void Membership::answer_in_use(Turn& turn) {
  std::vector<Task> ready;
  for (Task& task : done_) {
    if (task.done_at <= in_use()) ready.push_back(std::move(task));
  }
  std::erase_if(done_, [&](const Task& task) { return task.done_at <= in_use(); });
  for (const Task& task : ready) {
    const bool leaves = task.operation.kind == ChainOperation::Kind::kLeave;
    if (leaves && !task.refusal && task.asker == Task::Asker::kOperator) {
      leave_waits_.push_back({task.operation.node, task.request,
                              turn.env.clock.monotonic_us() + 20 * kClusterChangeUs});
    } else {
      answer(task, task.refusal, turn);
    }
  }
}

void Membership::answer(const Task& task, std::optional<ClientError> error, Turn& turn) {
  switch (task.asker) {
    case Task::Asker::kNobody:
      return;
    case Task::Asker::kClient:
      turn.outbox.push_back(Envelope{ActorId{ActorKind::kCoordinator, task.shard, {}},
                                     BucketChangeReply{task.request, std::move(error)}});
      return;
    case Task::Asker::kOperator:
      return reply_operator(task.request, std::move(error), turn);
    case Task::Asker::kJoiner:
      return reply_to_joiner(task.address, task.operation.joiner.nonce, error, turn);
  }
}

void Membership::reply_operator(uint64_t request, std::optional<ClientError> error, Turn& turn) {
  turn.env.network.reply_to_operator(ClusterChangeReply{request, std::move(error)});
}

// Without a majority nothing is chosen; what was proposed may be, later.
void Membership::expire(Turn& turn) {
  const uint64_t now_us = turn.env.clock.monotonic_us();
  for (size_t i = 0; i < queue_.size();) {
    if (now_us < queue_[i].deadline_us) {
      ++i;
      continue;
    }
    Task over = std::move(queue_[i]);
    queue_.erase(queue_.begin() + ptrdiff_t(i));
    if (i == 0 && chain_->proposing()) chain_->abandon();
    answer(over, out_of_time(over.proposed == 0), turn);
  }
  for (size_t i = 0; i < leave_waits_.size();) {
    if (now_us < leave_waits_[i].deadline_us) {
      ++i;
      continue;
    }
    reply_operator(leave_waits_[i].request, out_of_time(false), turn);
    leave_waits_.erase(leave_waits_.begin() + ptrdiff_t(i));
  }
}

// ---- what the chain asks for

OpId Membership::commit(Batch batch, Turn& turn) {
  turn.env.disk.commit(ActorId{ActorKind::kMembership, 0, {}}, ++last_op_, std::move(batch));
  return last_op_;
}

void Membership::perform(ChainEffects effects, Turn& turn) {
  for (ClusterLetter& letter : effects.requests) {
    if (turn.env.buggify(Site::kRequestsTwice))
      send(letter.to, pb::ClusterMessage(letter.message), turn);
    send(letter.to, std::move(letter.message), turn);
  }
  if (effects.votes_changed) {
    pb::AcceptorRecord record;
    to_pb(chain_->votes(), &record);
    const std::string key = vnode::acceptor_record_key();
    Batch batch;
    batch.put(kMetaFamily, key, seal_record(key, record));
    pending_.push_back(
        {commit(std::move(batch), turn), Pending::Kind::kVotes, std::move(effects.answers), 0});
  } else if (!pending_.empty()) {
    auto& waiting = pending_.back().answers;
    std::move(effects.answers.begin(), effects.answers.end(), std::back_inserter(waiting));
  } else {
    for (ClusterLetter& letter : effects.answers) {
      send(letter.to, std::move(letter.message), turn);
    }
  }
  if (effects.chosen) install(std::move(effects.chosen), true, turn);
}

// What this node tells itself as proposer and acceptor.
void Membership::deliver_to_self(Turn& turn) {
  while (!to_self_.empty()) {
    const pb::ClusterMessage message = std::move(to_self_.front());
    to_self_.pop_front();
    if (installing_ || !chain_) continue;
    ChainEffects effects;
    chain_->step(self_, message, effects);
    perform(std::move(effects), turn);
  }
}

// Chosen: durable first, then told to every shard. Until then this node neither votes nor proposes.
void Membership::install(std::shared_ptr<const Configuration> chosen, bool ours, Turn& turn) {
  if (installing_ || chosen->epoch <= current_->epoch) return;
  if (lacks_features(*chosen, turn)) return;
  installing_ = std::move(chosen);
  installing_ours_ = ours;
  chain_->abandon();
  Batch batch;
  put_configuration(*installing_, &batch);
  pending_.push_back({commit(std::move(batch), turn), Pending::Kind::kInstall, {}, 0});
}

// A program older than the one that this member last ran cannot follow what the cluster has
// switched on meanwhile. It goes on with what it knows, as one that hears no news.
bool Membership::lacks_features(const Configuration& chosen, Turn& turn) {
  const Member* own = chosen.member(self_);
  const Features lacks = lacking(chosen.features_on, options_.features);
  const bool stays = own && own->status != MemberStatus::kLeaving && chosen.is_member(self_);
  if (lacks.empty() || !stays) return false;
  const uint64_t now_us = turn.env.clock.monotonic_us();
  if (lacking_told_us_ == 0 || now_us >= lacking_told_us_ + kLackingAgainUs) {
    lacking_told_us_ = std::max<uint64_t>(now_us, 1);
    turn.env.telemetry.log(LogLevel::kError, switched_on_text(lacks));
  }
  return true;
}

void Membership::step(const DiskEvent& event, Turn& turn) {
  VORDB_ASSERT(event.kind == DiskEvent::Kind::kCommitted && !pending_.empty() &&
                   pending_.front().op == event.op,
               "commits become durable in order");
  Pending done = std::move(pending_.front());
  pending_.pop_front();
  if (done.kind == Pending::Kind::kInstall) installed(turn);
  if (done.kind == Pending::Kind::kRebirth) reborn(done.node, turn);
  if (done.kind == Pending::Kind::kFounding) founding_durable(turn);
  if (done.kind == Pending::Kind::kFounded) founded(done.node, turn);
  for (ClusterLetter& letter : done.answers) {
    if (turn.env.buggify(Site::kVotesTwice))
      send(letter.to, pb::ClusterMessage(letter.message), turn);
    send(letter.to, std::move(letter.message), turn);
  }
  deliver_to_self(turn);
  if (done.kind != Pending::Kind::kVotes) pump(turn);
}

void Membership::installed(Turn& turn) {
  current_ = std::exchange(installing_, nullptr);
  chain_->use(current_);
  tell_shards(ConfigurationChosen{current_}, turn);
  const bool first_done = !queue_.empty() && current_->applied(queue_.front().operation.id);
  if (installing_ours_) {
    for (const Member& m : current_->members) {
      if (m.node != self_ && m.status != MemberStatus::kRemoved) send_news(m.node, false, turn);
    }
  }
  if (first_done) conclude_first(absl::OkStatus(), turn);
  if (takes_part()) return;
  for (const Task& task : std::exchange(queue_, {})) answer(task, kHasLeft, turn);
}

void Membership::tell_shards(const Message& message, Turn& turn) {
  for (uint16_t shard = 0; shard < options_.shards; ++shard) {
    turn.outbox.push_back(Envelope{ActorId{ActorKind::kCoordinator, shard, {}}, message});
  }
}

void Membership::step(ConfigurationInUse in_use, Turn& turn) {
  VORDB_ASSERT(in_use.shard < in_use_.size(), "a shard of this node");
  in_use_[in_use.shard] = in_use.epoch;
  answer_in_use(turn);
}

// Rule 10: a majority of the acceptors is lost for good. A new generation with this node as its
// only member: other members are strangers to it from now on, and what only they hold is lost.
void Membership::force(const ClusterChange& change, Turn& turn) {
  if (!change.node.empty() && (!self() || self()->node_id != change.node)) {
    const ClientError other{ErrorCode::kBadRequest, Outcome::kRejected,
                            "only the node that is asked can go on alone", "ask that node itself"};
    return reply_operator(change.request, other, turn);
  }
  if (!change.accept_loss || installing_ || !takes_part()) {
    const ClientError refused{ErrorCode::kConflict, Outcome::kRejected,
                              "what only other members hold would be lost", "accept_loss"};
    return reply_operator(change.request, refused, turn);
  }
  std::string cluster_id = current_->cluster_id;
  const uint64_t generation = turn.env.random.next();
  for (size_t i = 0; i < 8 && i < cluster_id.size(); ++i) {
    cluster_id[i] = char(uint8_t(generation >> (8 * i)));
  }
  Task task;
  task.operation.kind = ChainOperation::Kind::kProgress;
  task.asker = Task::Asker::kOperator;
  task.request = change.request;
  task.done_at = current_->epoch + 1;
  done_.push_back(std::move(task));
  install(std::make_shared<const Configuration>(alone(*current_, self_, std::move(cluster_id))),
          false, turn);
}

void Membership::tick(Turn& turn) {
  const uint64_t now_us = turn.env.clock.monotonic_us();
  if (started_us_ == 0) started_us_ = std::max<uint64_t>(now_us, 1);
  if (join_) tick_join(turn);
  tick_founding(turn);
  if (current_->epoch == 0) return;
  send_heartbeats(turn);
  find_suspects(turn);
  judge_clock(turn);
  if (turn.env.buggify(Site::kGivesUpBallot)) chain_->abandon();
  if (chain_->proposing()) {
    ChainEffects effects;
    chain_->tick({now_us, turn.env.random.next(), turn.env.knobs}, effects);
    perform(std::move(effects), turn);
  }
  expire(turn);
  keep_house(turn);
  pump(turn);
  deliver_to_self(turn);
}

bool Membership::idle() const {
  const auto waits = [](const Task& task) { return task.asker == Task::Asker::kClient; };
  return pending_.empty() && std::none_of(queue_.begin(), queue_.end(), waits) &&
         std::none_of(done_.begin(), done_.end(), waits);
}

}  // namespace vordb::cluster
