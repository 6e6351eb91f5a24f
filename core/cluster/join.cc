// Becoming a member: of a first start that has seeds, of a running node that an operator tells to
// join, and of one whose disk turned out to be an older copy; and admitting others.
//
// A node gives up its store only for the configuration that holds it as a member, in one batch with
// it. Before that nothing has happened to it; after that it confirms that it is there, and only
// then it votes and owns.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/cluster/errors.h"
#include "core/cluster/membership.h"
#include "core/codec.h"
#include "core/host_port.h"
#include "core/shard_start.h"
#include "core/vnode/record_keys.h"

namespace vordb::cluster {

namespace {

constexpr uint64_t kJoinUs = 28'000'000;
constexpr uint64_t kAdmitUs = 12'000'000;

ClientError conflict(std::string message) {
  return ClientError{ErrorCode::kConflict, Outcome::kRejected, std::move(message), ""};
}

ClientError not_empty(std::string message) {
  return ClientError{ErrorCode::kNotEmpty, Outcome::kRejected, std::move(message),
                     "join with an empty node"};
}

}  // namespace

// ---- the joiner

// The seeds that the node was started with, until one of them admits it.
void Membership::join_by_seeds() {
  Join join;
  join.nonce = nonce_;
  for (const std::string& text : options_.seed_nodes) {
    const std::optional<Seed> seed = parse_seed(text);
    if (seed && seed->address != options_.address) join.seeds.push_back(text);
  }
  join_ = std::move(join);
}

void Membership::begin_join(const ClusterChange& change, Turn& turn) {
  Join join;
  const auto refuse = [&](ClientError error) {
    reply_operator(change.request, std::move(error), turn);
  };
  if (join_ && (join_->asked || join_->phase >= Join::Phase::kStoring)) {
    return refuse(conflict("the node is joining already"));
  }
  const std::optional<Seed> seed = parse_seed(change.node);
  if (!seed) {
    return refuse(ClientError{ErrorCode::kBadRequest, Outcome::kRejected,
                              "a seed is host:port or name@host[:port]", ""});
  }
  join.seed_name = seed->name;
  const std::string& address = seed->address;
  if (address == options_.address) return refuse(conflict("a node cannot be its own seed"));
  join.asked = true;
  join.request = change.request;
  join.deadline_us = turn.env.clock.monotonic_us() + kJoinUs;
  join.seeds = {address};
  if (current_->epoch == 0) {
    if (installing_ || (founding_ && founding_->record().entry)) {
      return refuse(conflict("the node founds a cluster"));
    }
    join.nonce = nonce_;
    join_ = std::move(join);
    return;
  }
  for (const Member& m : current_->members) {
    if (m.node == self_ || m.status == MemberStatus::kRemoved || !takes_part()) continue;
    if (m.address == address) return reply_operator(change.request, std::nullopt, turn);
    return refuse(not_empty("the node is a member of a cluster with others"));
  }
  if (takes_part() && current_->buckets.size() > 3) {
    return refuse(not_empty("the node has buckets of its own"));
  }
  if (installing_ || !queue_.empty() || !done_.empty()) {
    return refuse(conflict("a change of the cluster is under way"));
  }
  join.nonce = turn.env.random.next() | 1;
  join.phase = Join::Phase::kPausing;
  join.clean_reports.assign(options_.shards, 0);
  join_ = std::move(join);
  tell_shards(ServingPaused{true}, turn);
}

// This disk is an older copy: what it lacks, others have counted on. It returns as another member.
void Membership::renew(Turn& turn) {
  if (join_ || !takes_part()) return;
  Join join;
  for (const Member& m : current_->members) {
    if (m.node != self_ && m.status != MemberStatus::kRemoved) join.seeds.push_back(m.address);
  }
  if (join.seeds.empty()) return;
  turn.env.telemetry.log(LogLevel::kError,
                         "this disk is an older copy of one that the cluster has seen: its data "
                         "is given up and fetched anew");
  join.nonce = turn.env.random.next() | 1;
  join.lost_disk = true;
  join_ = std::move(join);
  tell_shards(ServingPaused{true}, turn);
}

// Two reports after mutations were refused: nothing was under way and nothing is there.
void Membership::see_whether_empty(const ShardReport& report, Turn& turn) {
  if (!join_ || join_->phase != Join::Phase::kPausing || !report.paused) return;
  if (report.has_data) return end_join(not_empty("the node holds data"), turn);
  const uint64_t needed = turn.env.knobs.join_clean_reports;
  uint8_t& clean = join_->clean_reports[report.shard];
  if (clean < needed) ++clean;
  if (turn.env.buggify(Site::kForgetsCleanReports)) clean = 0;
  const bool all = std::all_of(join_->clean_reports.begin(), join_->clean_reports.end(),
                               [&](uint8_t reports) { return reports >= needed; });
  if (all) join_->phase = Join::Phase::kAsking;
}

void Membership::tick_join(Turn& turn) {
  const uint64_t now_us = turn.env.clock.monotonic_us();
  if (join_->phase == Join::Phase::kConfirming) {
    if (has_status(MemberStatus::kUp) && in_use() == current_->epoch) {
      return end_join(std::nullopt, turn);
    }
    if (!takes_part()) return end_join(conflict("the node was removed again"), turn);
  }
  const bool may_give_up = join_->phase != Join::Phase::kStoring;
  if (join_->deadline_us != 0 && now_us >= join_->deadline_us && may_give_up) {
    return end_join(
        ClientError{ErrorCode::kUnavailable,
                    join_->phase == Join::Phase::kPausing ? Outcome::kRejected : Outcome::kUnknown,
                    "the seed did not answer in time", ""},
        turn);
  }
  if (join_->phase == Join::Phase::kAsking && now_us >= join_->again_us) ask_to_join(turn);
}

void Membership::ask_to_join(Turn& turn) {
  const uint64_t wait_us = turn.env.knobs.join_again_us;
  join_->again_us = turn.env.clock.monotonic_us() + wait_us + turn.env.random.next() % wait_us;
  if (join_->seeds.empty()) return;
  const std::optional<Seed> seed =
      parse_seed(join_->seeds[join_->next_seed++ % join_->seeds.size()]);
  if (!seed) return;
  pb::ClusterMessage body;
  pb::JoinRequest* request = body.mutable_join();
  request->set_node_id(options_.node_id);
  request->set_address(options_.address);
  request->set_zone(options_.zone);
  request->set_ring_size(options_.ring_size);
  request->set_nonce(join_->nonce);
  request->set_reply_address(options_.address);
  request->mutable_features()->Assign(options_.features.begin(), options_.features.end());
  request->set_seed(seed->name.empty() ? join_->seed_name : seed->name);
  send_to(seed->address, std::move(body), turn);
}

void Membership::receive_join_reply(const pb::JoinReply& reply, Turn& turn) {
  if (!join_ || join_->phase != Join::Phase::kAsking || reply.nonce() != join_->nonce) return;
  if (reply.failed()) {
    turn.env.telemetry.log(LogLevel::kWarning,
                           absl::StrCat("not admitted: ", reply.error().message()));
    const ErrorCode code =
        ErrorCode(std::min<uint32_t>(reply.error().code(), uint32_t(ErrorCode::kUndecodable)));
    const bool for_now = code == ErrorCode::kUnavailable || code == ErrorCode::kNotReady;
    if (!join_->asked || for_now) return;
    return end_join(ClientError{code, Outcome::kRejected, reply.error().message(), ""}, turn);
  }
  absl::StatusOr<Configuration> configuration = vordb::from_pb(reply.configuration());
  if (!configuration.ok() || configuration->ring_size != options_.ring_size) return;
  for (const Member& m : configuration->members) {
    const bool is_this = m.nonce == join_->nonce && m.node_id == options_.node_id;
    if (!is_this || m.status == MemberStatus::kRemoved) continue;
    return store_rebirth(*configuration, m.node, turn);
  }
}

// One batch: nothing of before, and the new identity with the configuration that admits it.
void Membership::store_rebirth(const Configuration& configuration, NodeNumber node, Turn& turn) {
  // What waits here waits for an identity that ends.
  if (installing_) return;
  join_->phase = Join::Phase::kStoring;
  if (chain_) chain_->abandon();
  Batch batch;
  for (Family family = 1; family <= options_.column_families; ++family) {
    batch.erase_range(family, std::string(1, '\0'), "\xff");
  }
  batch.erase_range(kMetaFamily, vnode::vnode_states_begin(), vnode::vnode_states_end());
  batch.erase(kMetaFamily, vnode::acceptor_record_key());
  pb::NodeRecord record = node_record(options_, boot_, join_->nonce);
  record.set_node(node);
  put_node(record, &batch);
  put_configuration(configuration, &batch);
  installing_ = std::make_shared<const Configuration>(configuration);
  pending_.push_back({commit(std::move(batch), turn), Pending::Kind::kRebirth, {}, node});
}

void Membership::reborn(NodeNumber node, Turn& turn) {
  const auto give_up = [&](const auto& tasks, Outcome outcome) {
    for (const Task& task : tasks) {
      answer(task, ClientError{ErrorCode::kNotReady, outcome, "the node has joined anew", ""},
             turn);
    }
  };
  give_up(std::exchange(queue_, {}), Outcome::kUnknown);
  give_up(std::exchange(done_, {}), Outcome::kUnknown);
  for (const LeaveWait& wait : std::exchange(leave_waits_, {})) {
    reply_operator(wait.request, conflict("the node has joined anew"), turn);
  }
  nonce_ = join_->nonce;
  founding_.reset();
  founder_.clear();
  become(node, turn);
  join_->phase = Join::Phase::kConfirming;
  join_->lost_disk = false;
}

// What was chosen is durable, and with it this node's number there.
void Membership::become(NodeNumber node, Turn& turn) {
  current_ = std::exchange(installing_, nullptr);
  self_ = node;
  chain_.emplace(self_, boot_, current_, Votes{});
  to_self_.clear();
  peers_.clear();
  suspected_.clear();
  clock_ahead_ = false;
  evidence_.clear();
  countable_since_.clear();
  reports_.assign(options_.shards, {});
  in_use_.assign(options_.shards, 0);
  started_us_ = turn.env.clock.monotonic_us();
  tell_shards(NodeReborn{current_, node}, turn);
  tell_shards(PeersSuspected{}, turn);
  tell_shards(ClockJudged{}, turn);
  tell_shards(ServingPaused{false}, turn);
}

void Membership::end_join(std::optional<ClientError> error, Turn& turn) {
  Join over = std::move(*join_);
  join_.reset();
  const bool was_paused = over.phase == Join::Phase::kPausing || over.phase == Join::Phase::kAsking;
  if (was_paused && current_->epoch != 0) tell_shards(ServingPaused{false}, turn);
  if (over.asked) reply_operator(over.request, std::move(error), turn);
  if (current_->epoch == 0 && !founding_) join_by_seeds();
}

// ---- who admits

void Membership::receive_join(const pb::JoinRequest& request, Turn& turn) {
  const uint64_t now_us = turn.env.clock.monotonic_us();
  const auto refuse = [&](ErrorCode code, std::string message) {
    reply_to_joiner(request.reply_address(), request.nonce(),
                    ClientError{code, Outcome::kRejected, std::move(message), ""}, turn);
  };
  if (!takes_part() || has_status(MemberStatus::kJoining) || join_) {
    return refuse(ErrorCode::kNotReady, "the seed is no member of a cluster yet, or any more");
  }
  if (!request.seed().empty() && request.seed() != options_.node_id) {
    return refuse(ErrorCode::kConflict,
                  absl::StrCat("the seed is ", options_.node_id, ", not ", request.seed()));
  }
  const Member* namesake = member_by_id(*current_, request.node_id());
  if (namesake && namesake->nonce == request.nonce()) {
    return reply_to_joiner(request.reply_address(), request.nonce(), std::nullopt, turn);
  }
  if (namesake && namesake->address != request.address() &&
      (namesake->node == self_ || !silent(namesake->node, turn))) {
    return refuse(ErrorCode::kUnavailable,
                  absl::StrCat("a member of this name is alive at ", namesake->address));
  }
  for (const Task& task : queue_) {
    if (task.asker == Task::Asker::kJoiner && task.operation.joiner.nonce == request.nonce()) {
      return;
    }
  }
  Task task;
  task.operation.kind = ChainOperation::Kind::kAdmit;
  task.operation.joiner = {
      request.node_id(), request.address(),
      request.zone(),    request.ring_size(),
      request.nonce(),   Features(request.features().begin(), request.features().end())};
  task.asker = Task::Asker::kJoiner;
  task.address = request.reply_address();
  task.deadline_us = now_us + kAdmitUs;
  enqueue(std::move(task), turn);
  deliver_to_self(turn);
}

void Membership::reply_to_joiner(const std::string& address, uint64_t nonce,
                                 const std::optional<ClientError>& error, Turn& turn) {
  pb::ClusterMessage body;
  pb::JoinReply* reply = body.mutable_join_reply();
  reply->set_nonce(nonce);
  if (error) {
    reply->set_failed(true);
    reply->mutable_error()->set_code(uint32_t(error->code));
    reply->mutable_error()->set_outcome(uint32_t(error->outcome));
    reply->mutable_error()->set_message(error->message);
  } else {
    to_pb(*current_, reply->mutable_configuration());
  }
  send_to(address, std::move(body), turn);
}

}  // namespace vordb::cluster
