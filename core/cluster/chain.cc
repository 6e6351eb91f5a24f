#include "core/cluster/chain.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "core/fingerprint.h"

namespace vordb::cluster {

std::vector<NodeNumber> acceptors(const Configuration& configuration) {
  std::vector<NodeNumber> nodes;
  const Member* latest = nullptr;
  for (const Member& m : configuration.members) {
    if (m.status == MemberStatus::kJoining || m.status == MemberStatus::kRemoved) continue;
    nodes.push_back(m.node);
    if (!latest || m.admitted > latest->admitted) latest = &m;
  }
  if (nodes.size() % 2 == 0 && latest) std::erase(nodes, latest->node);
  return nodes;
}

Chain::Chain(NodeNumber self, uint64_t boot, std::shared_ptr<const Configuration> current,
             Votes votes)
    : self_(self), boot_(boot), votes_(std::move(votes)) {
  Votes kept = votes_;
  use(std::move(current));
  if (kept.epoch == epoch()) votes_ = std::move(kept);
  highest_round_ = votes_.promised.round;
}

void Chain::use(std::shared_ptr<const Configuration> current) {
  current_ = std::move(current);
  acceptors_ = acceptors(*current_);
  checksum_ = checksum(*current_);
  proposal_ = {};
  votes_ = {};
  votes_.epoch = epoch();
  highest_round_ = 0;
}

bool Chain::is_acceptor(NodeNumber node) const {
  return std::binary_search(acceptors_.begin(), acceptors_.end(), node);
}

bool Chain::follows_current(const Configuration& value) const {
  return value.epoch == epoch() && value.previous_checksum == checksum_ &&
         value.cluster_id == current_->cluster_id && value.ring_size == current_->ring_size &&
         value.member(self_) != nullptr;
}

// ---- the acceptor

void Chain::step(NodeNumber from, const pb::ClusterMessage& message, ChainEffects& effects) {
  using Body = pb::ClusterMessage::BodyCase;
  switch (message.body_case()) {
    case Body::kPrepare:
      return prepare(message.prepare(), from, effects);
    case Body::kPromise:
      return promised(message.promise(), from, effects);
    case Body::kAccept:
      return accept(message.accept(), from, effects);
    case Body::kAccepted:
      return accepted(message.accepted(), from, effects);
    default:
      return;
  }
}

void Chain::prepare(const pb::Prepare& prepare, NodeNumber from, ChainEffects& effects) {
  if (prepare.epoch() != epoch() || !is_acceptor(self_)) return;
  const Ballot ballot = from_pb(prepare.ballot());
  highest_round_ = std::max(highest_round_, ballot.round);
  if (ballot > votes_.promised) {
    votes_.promised = ballot;
    effects.votes_changed = true;
  }
  ClusterLetter& letter = effects.answers.emplace_back();
  letter.to = from;
  pb::Promise* promise = letter.message.mutable_promise();
  promise->set_epoch(epoch());
  *promise->mutable_ballot() = prepare.ballot();
  to_pb(votes_.promised, promise->mutable_promised());
  if (!votes_.value || ballot < votes_.promised) return;
  to_pb(votes_.accepted, promise->mutable_accepted());
  to_pb(*votes_.value, promise->mutable_value());
}

void Chain::accept(const pb::Accept& accept, NodeNumber from, ChainEffects& effects) {
  if (accept.epoch() != epoch() || !is_acceptor(self_)) return;
  const Ballot ballot = from_pb(accept.ballot());
  highest_round_ = std::max(highest_round_, ballot.round);
  if (ballot >= votes_.promised && ballot != votes_.accepted) {
    absl::StatusOr<Configuration> value = vordb::from_pb(accept.value());
    if (!value.ok() || !follows_current(*value)) return;
    votes_.promised = votes_.accepted = ballot;
    votes_.value = std::make_shared<const Configuration>(*std::move(value));
    effects.votes_changed = true;
  }
  ClusterLetter& letter = effects.answers.emplace_back();
  letter.to = from;
  pb::Accepted* out = letter.message.mutable_accepted();
  out->set_epoch(epoch());
  *out->mutable_ballot() = accept.ballot();
  to_pb(votes_.promised, out->mutable_promised());
}

// ---- the proposer

void Chain::propose(std::shared_ptr<const Configuration> value, const Now& now,
                    ChainEffects& effects) {
  VORDB_ASSERT(!proposing() && follows_current(*value), "a successor of what is in use");
  // The only acceptor decides by writing down what is chosen; what it has accepted already is.
  if (acceptors_.size() == 1 && acceptors_[0] == self_) {
    effects.chosen = votes_.value ? votes_.value : std::move(value);
    return;
  }
  proposal_.own = std::move(value);
  begin_ballot(now, effects);
}

void Chain::begin_ballot(const Now& now, ChainEffects& effects) {
  proposal_.phase = Phase::kPreparing;
  proposal_.value = nullptr;
  proposal_.accepted = {};
  proposal_.answered.clear();
  proposal_.ballot = {++highest_round_, self_, boot_};
  proposal_.since_us = now.us;
  proposal_.again_us = now.us + now.knobs.chain_resend_us;
  proposal_.patience_us = now.knobs.chain_patience_us + now.random % now.knobs.chain_patience_us;
  send(effects);
}

// To the acceptors that have not answered this phase.
void Chain::send(ChainEffects& effects) {
  for (const NodeNumber acceptor : acceptors_) {
    if (proposal_.answered.contains(acceptor)) continue;
    ClusterLetter& letter = effects.requests.emplace_back();
    letter.to = acceptor;
    if (proposal_.phase == Phase::kPreparing) {
      letter.message.mutable_prepare()->set_epoch(epoch());
      to_pb(proposal_.ballot, letter.message.mutable_prepare()->mutable_ballot());
    } else {
      letter.message.mutable_accept()->set_epoch(epoch());
      to_pb(proposal_.ballot, letter.message.mutable_accept()->mutable_ballot());
      to_pb(*proposal_.value, letter.message.mutable_accept()->mutable_value());
    }
  }
}

void Chain::refused(const Ballot& by) {
  highest_round_ = std::max(highest_round_, by.round);
  proposal_.phase = Phase::kWaiting;
  proposal_.again_us = 0;  // the next tick says until when
}

void Chain::promised(const pb::Promise& promise, NodeNumber from, ChainEffects& effects) {
  const Ballot ballot = from_pb(promise.ballot());
  if (proposal_.phase != Phase::kPreparing || promise.epoch() != epoch() ||
      ballot != proposal_.ballot || !is_acceptor(from))
    return;
  const Ballot highest = from_pb(promise.promised());
  if (highest > ballot) return refused(highest);
  if (promise.has_value() && from_pb(promise.accepted()) > proposal_.accepted) {
    absl::StatusOr<Configuration> value = vordb::from_pb(promise.value());
    if (!value.ok() || !follows_current(*value)) return;
    proposal_.accepted = from_pb(promise.accepted());
    proposal_.value = std::make_shared<const Configuration>(*std::move(value));
  }
  proposal_.answered.insert(from);
  if (proposal_.answered.size() * 2 <= acceptors_.size()) return;
  if (!proposal_.value) proposal_.value = proposal_.own;
  proposal_.phase = Phase::kAccepting;
  proposal_.answered.clear();
  send(effects);
}

void Chain::accepted(const pb::Accepted& accepted, NodeNumber from, ChainEffects& effects) {
  const Ballot ballot = from_pb(accepted.ballot());
  if (proposal_.phase != Phase::kAccepting || accepted.epoch() != epoch() ||
      ballot != proposal_.ballot || !is_acceptor(from))
    return;
  const Ballot highest = from_pb(accepted.promised());
  if (highest > ballot) return refused(highest);
  proposal_.answered.insert(from);
  if (proposal_.answered.size() * 2 <= acceptors_.size()) return;
  effects.chosen = proposal_.value;
  proposal_ = {};
}

void Chain::tick(const Now& now, ChainEffects& effects) {
  switch (proposal_.phase) {
    case Phase::kNone:
      return;
    case Phase::kWaiting:
      if (proposal_.again_us == 0) {
        proposal_.again_us =
            now.us + now.knobs.chain_back_off_us + now.random % (now.knobs.chain_back_off_us * 4);
      } else if (now.us >= proposal_.again_us) {
        begin_ballot(now, effects);
      }
      return;
    default:
      if (now.us >= proposal_.since_us + proposal_.patience_us) {
        begin_ballot(now, effects);
      } else if (now.us >= proposal_.again_us) {
        proposal_.again_us = now.us + now.knobs.chain_resend_us;
        send(effects);
      }
  }
}

}  // namespace vordb::cluster
