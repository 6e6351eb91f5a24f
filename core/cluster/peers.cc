// Keeping in touch: heartbeats, news of the configuration for whoever is behind, and noticing who
// is silent. Everything here may be lost and comes again.
#include <algorithm>
#include <utility>

#include "core/cluster/membership.h"

namespace vordb::cluster {

namespace {

// What a member's clock showed counts for so long.
constexpr uint64_t kWallMemoryUs = 10'000'000;

}  // namespace

pb::PeerMessage Membership::sealed(pb::ClusterMessage body) const {
  pb::PeerMessage message;
  message.set_from_node(self_);
  message.set_cluster(current_->cluster_hash());
  message.set_epoch(current_->epoch);
  *message.mutable_cluster_message() = std::move(body);
  return message;
}

// Members that were removed have no connection any more: they are told by their address.
void Membership::send(NodeNumber to, pb::ClusterMessage body, Turn& turn) {
  if (to == self_) {
    to_self_.push_back(std::move(body));
    return;
  }
  const Member* member = current_->member(to);
  if (member && member->status == MemberStatus::kRemoved) {
    return send_to(member->address, std::move(body), turn);
  }
  turn.env.network.send(to, sealed(std::move(body)));
}

void Membership::send_to(const std::string& address, pb::ClusterMessage body, Turn& turn) {
  if (!address.empty()) turn.env.network.send_to(address, sealed(std::move(body)));
}

void Membership::step(const pb::PeerMessage& message, Turn& turn) {
  using Body = pb::ClusterMessage::BodyCase;
  const pb::ClusterMessage& body = message.cluster_message();
  if (body.body_case() == Body::kJoin) return receive_join(body.join(), turn);
  if (body.body_case() == Body::kJoinReply) return receive_join_reply(body.join_reply(), turn);
  if (body.has_founding_hello() || body.has_founding_entry() || body.has_founding_stored() ||
      body.has_founding_refusal())
    return receive_founding(body, turn);
  const NodeNumber from = message.from_node();
  // Of no cluster, of another one, or of another generation of this one: strangers.
  if (current_->epoch == 0 || message.cluster() != current_->cluster_hash()) return;
  if (from == 0 || from == self_) return;
  if (!current_->member(from)) {
    // Of an entry that this node lacks: it may bring that, and nothing else.
    if (body.body_case() == Body::kNews) receive_news(body.news(), message.epoch(), from, turn);
    return;
  }
  if (body.body_case() == Body::kHeartbeat) receive_heartbeat(from, body.heartbeat(), turn);
  if (peers_[from].outdated) return;
  heard(from, message.epoch(), turn);
  if (body.body_case() == Body::kNews) {
    receive_news(body.news(), message.epoch(), from, turn);
  } else if (body.body_case() == Body::kMoves) {
    if (current_->is_member(from)) receive_moves(from, body.moves());
  } else {
    receive_vote(from, body, turn);
  }
  pump(turn);
  deliver_to_self(turn);
}

TakerState Membership::state_for(const pb::PeerMessage& message) const {
  const pb::ClusterMessage& body = message.cluster_message();
  const bool to_anybody = body.has_join() || body.has_join_reply() || body.has_founding_hello() ||
                          body.has_founding_entry() || body.has_founding_stored() ||
                          body.has_founding_refusal();
  if (to_anybody) return standing();
  const NodeNumber from = message.from_node();
  if (current_->epoch == 0) return TakerState::kNoCluster;
  if (message.cluster() != current_->cluster_hash()) return TakerState::kForeign;
  if (from == 0 || from == self_) return TakerState::kFromSelf;
  if (!current_->member(from)) return TakerState::kUnknownSender;
  const auto peer = peers_.find(from);
  const bool outdated = peer != peers_.end() && peer->second.outdated;
  return outdated ? TakerState::kOutdatedSender : standing();
}

TakerState Membership::standing() const {
  const bool joins = join_ && join_->phase != Join::Phase::kConfirming;
  if (installing_ && (current_->epoch == 0 || joins)) return TakerState::kStoring;
  if (current_->epoch == 0) return founds() ? TakerState::kFounding : TakerState::kSeeking;
  if (joins) return join_->lost_disk ? TakerState::kRenewing : TakerState::kMovingOver;
  const Member* me = self();
  if (!me) return TakerState::kRemoved;
  switch (me->status) {
    case MemberStatus::kJoining:
      return TakerState::kJoining;
    case MemberStatus::kUp:
      return TakerState::kUp;
    case MemberStatus::kLeaving:
      return TakerState::kLeaving;
    case MemberStatus::kDown:
      return TakerState::kDown;
    case MemberStatus::kRemoved:
      break;
  }
  return TakerState::kRemoved;
}

void Membership::heard(NodeNumber from, uint64_t epoch, Turn& turn) {
  if (current_->epoch == 0 || from == self_ || !current_->member(from)) return;
  Peer& peer = peers_[from];
  peer.heard_us = turn.env.clock.monotonic_us();
  peer.epoch = std::max(peer.epoch, epoch);
  if (epoch > current_->epoch) {
    if (!installing_ && may_send_news(from, turn)) send_news(from, true, turn);
  } else if (epoch < current_->epoch) {
    if (may_send_news(from, turn)) send_news(from, false, turn);
  } else if (!current_->is_member(from) && may_send_news(from, turn)) {
    // It knows that it was removed, and waits to hear that others do (rule 9).
    send(from, heartbeat(turn), turn);
  }
}

bool Membership::may_send_news(NodeNumber to, Turn& turn) {
  const uint64_t now_us = turn.env.clock.monotonic_us();
  Peer& peer = peers_[to];
  if (peer.news_us != 0 && now_us < peer.news_us + turn.env.knobs.news_us) return false;
  peer.news_us = std::max<uint64_t>(now_us, 1);
  return true;
}

void Membership::send_news(NodeNumber to, bool ask, Turn& turn) {
  pb::ClusterMessage body;
  pb::ConfigurationNews* news = body.mutable_news();
  news->set_ask(ask);
  if (!ask) to_pb(*current_, news->mutable_configuration());
  send(to, std::move(body), turn);
}

void Membership::receive_news(const pb::ConfigurationNews& news, uint64_t epoch, NodeNumber from,
                              Turn& turn) {
  if (news.seen_boot() > boot_ && current_->is_member(from)) return renew(turn);
  if (news.ask() && epoch < current_->epoch) send_news(from, false, turn);
  if (!news.has_configuration() || news.configuration().epoch() <= current_->epoch) return;
  absl::StatusOr<Configuration> told = vordb::from_pb(news.configuration());
  if (!told.ok() || told->cluster_id != current_->cluster_id || !told->member(self_) ||
      told->ring_size != current_->ring_size) {
    turn.env.telemetry.log(LogLevel::kWarning, "an ill-formed configuration was refused");
    return;
  }
  const bool forked =
      told->epoch == current_->epoch + 1 && told->previous_checksum != checksum(*current_);
  if (forked) {
    turn.env.telemetry.log(LogLevel::kError, "a configuration that does not follow ours");
    return;
  }
  install(std::make_shared<const Configuration>(*std::move(told)), false, turn);
}

// An acceptor that knows the outcome answers with it; one that is behind asks first (rule 5).
void Membership::receive_vote(NodeNumber from, const pb::ClusterMessage& message, Turn& turn) {
  uint64_t epoch = 0;
  if (message.has_prepare()) epoch = message.prepare().epoch();
  if (message.has_accept()) epoch = message.accept().epoch();
  const bool asks = epoch != 0;
  if (message.has_promise()) epoch = message.promise().epoch();
  if (message.has_accepted()) epoch = message.accepted().epoch();
  if (epoch == 0 || installing_ || (join_ && join_->lost_disk)) return;
  if (asks && epoch <= current_->epoch && may_send_news(from, turn)) {
    send_news(from, false, turn);
  }
  if (epoch != current_->epoch + 1 || !current_->is_member(from)) return;
  ChainEffects effects;
  chain_->step(from, message, effects);
  perform(std::move(effects), turn);
}

// A boot number that goes back is that of an older copy of the disk, or of one of two copies: what
// it promised since is forgotten there (rules 3 and 24).
void Membership::receive_heartbeat(NodeNumber from, const pb::Heartbeat& heartbeat, Turn& turn) {
  Peer& peer = peers_[from];
  peer.outdated = heartbeat.boot() < peer.boot;
  peer.boot = std::max(peer.boot, heartbeat.boot());
  const uint64_t now_us = turn.env.clock.monotonic_us();
  peer.wall_offset_ms = int64_t(heartbeat.wall_ms()) - int64_t(now_us / 1000);
  peer.wall_told_us = std::max<uint64_t>(now_us, 1);
  peer.clock_lead_ms = int64_t(turn.env.clock.wall_ms()) - int64_t(heartbeat.wall_ms());
  if (!peer.outdated || !may_send_news(from, turn)) return;
  pb::ClusterMessage body;
  body.mutable_news()->set_seen_boot(peer.boot);
  send(from, std::move(body), turn);
}

std::vector<std::pair<NodeNumber, int64_t>> Membership::clock_leads() const {
  std::vector<std::pair<NodeNumber, int64_t>> leads;
  for (const auto& [node, peer] : peers_) {
    if (peer.wall_told_us != 0 && current_->is_member(node))
      leads.emplace_back(node, peer.clock_lead_ms);
  }
  return leads;
}

pb::ClusterMessage Membership::heartbeat(Turn& turn) const {
  pb::ClusterMessage body;
  body.mutable_heartbeat()->set_wall_ms(turn.env.clock.wall_ms());
  body.mutable_heartbeat()->set_boot(boot_);
  return body;
}

void Membership::send_heartbeats(Turn& turn) {
  const uint64_t now_us = turn.env.clock.monotonic_us();
  if (now_us < heartbeat_at_us_) return;
  heartbeat_at_us_ = now_us + heartbeat_us();
  if (!takes_part() && leave_waits_.empty()) return;
  for (const Member& m : current_->members) {
    if (m.node == self_ || m.status == MemberStatus::kRemoved) continue;
    if (turn.env.buggify(Site::kTellsNews)) send_news(m.node, false, turn);
    if (turn.env.buggify(Site::kAsksForNews)) send_news(m.node, true, turn);
    if (!turn.env.buggify(Site::kSkipsHeartbeat)) send(m.node, heartbeat(turn), turn);
  }
}

bool Membership::silent(NodeNumber node, const Turn& turn) const {
  if (turn.env.buggify(Site::kSuspects)) return true;
  const auto peer = peers_.find(node);
  const uint64_t heard_us = peer == peers_.end() ? 0 : peer->second.heard_us;
  return turn.env.clock.monotonic_us() >
         std::max(heard_us, started_us_) + turn.env.knobs.silent_intervals * heartbeat_us();
}

void Membership::find_suspects(Turn& turn) {
  std::vector<NodeNumber> suspects;
  for (const Member& m : current_->members) {
    if (m.node == self_ || m.status == MemberStatus::kRemoved) continue;
    if (m.status == MemberStatus::kDown || silent(m.node, turn)) suspects.push_back(m.node);
  }
  if (suspects == suspected_) return;
  suspected_ = suspects;
  tell_shards(PeersSuspected{std::move(suspects)}, turn);
}

// What a node far ahead writes would beat all that is written elsewhere, until the others' clocks
// get there. Which clock is right is decided by the majority of those who were heard lately.
void Membership::judge_clock(Turn& turn) {
  const uint64_t now_us = turn.env.clock.monotonic_us();
  const int64_t own_ms = int64_t(turn.env.clock.wall_ms()) - int64_t(now_us / 1000);
  size_t heard = 0, behind = 0;
  for (const auto& [node, peer] : peers_) {
    const bool lately = peer.wall_told_us != 0 && now_us < peer.wall_told_us + kWallMemoryUs;
    if (!lately || !current_->is_member(node)) continue;
    ++heard;
    if (own_ms - peer.wall_offset_ms > int64_t(options_.max_clock_drift_ms)) ++behind;
  }
  const bool ahead = 2 * behind > heard;
  if (ahead == clock_ahead_) return;
  clock_ahead_ = ahead;
  turn.env.telemetry.log(
      LogLevel::kError,
      ahead ? "this node's clock is more than max_clock_drift_ms ahead of " +
                  std::to_string(behind) + " of " + std::to_string(heard) +
                  " other members heard: it takes no writes until the clock is set right"
            : "this node's clock is near those of the other members again: it takes writes");
  tell_shards(ClockJudged{ahead}, turn);
}

}  // namespace vordb::cluster
