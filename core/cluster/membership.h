// The actor that owns the configuration chain on this node, and what hangs on it: it proposes
// changes one at a time, makes what is chosen durable, tells every shard, and answers who asked
// once every shard uses it. It keeps in touch with the other members, joins and leaves, and sees
// moves to their end. Cut by concern:
//
//   membership.cc  changes and their way through the chain
//   peers.cc       heartbeats, news, silence
//   join.cc        becoming a member, admitting others
//   found.cc       founding a cluster with the listed members
//   progress.cc    moves, leaving, housekeeping
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/cluster/chain.h"
#include "core/cluster/configuration.h"
#include "core/cluster/founding.h"
#include "core/cluster/operations.h"
#include "core/env.h"
#include "core/fields.h"
#include "core/node_options.h"
#include "core/taker_state.h"

namespace vordb {
struct StartState;
}  // namespace vordb

namespace vordb::cluster {

struct Turn {
  Env& env;
  std::vector<Envelope>& outbox;
};

class Membership {
 public:
  Membership(const StartState& start, const NodeOptions& options);

  void step(BucketChange change, Turn& turn);
  void step(ConfigurationInUse in_use, Turn& turn);
  void step(ShardReport report, Turn& turn);
  void step(ClusterChange change, Turn& turn);
  void step(const pb::PeerMessage& message, Turn& turn);
  // How it stands to this message.
  TakerState state_for(const pb::PeerMessage& message) const;
  void step(const DiskEvent& event, Turn& turn);
  // A message of this member, sent under this epoch, reached the node.
  void heard(NodeNumber from, uint64_t epoch, Turn& turn);
  void tick(Turn& turn);
  // How far this node's wall clock was before that of each other member, in ms, when it last told.
  std::vector<std::pair<NodeNumber, int64_t>> clock_leads() const;

  // No commit is in flight, no client waits for a change of a bucket, no operator for a change that
  // this node can bring about by itself.
  bool idle() const;

 private:
  // A change on its way through the chain, and who waits for it.
  struct Task {
    enum class Asker : uint8_t { kNobody, kClient, kOperator, kJoiner };
    ChainOperation operation;
    Asker asker = Asker::kNobody;
    uint64_t request = 0;  // a client's op, an operator's request
    uint16_t shard = 0;    // a client's
    std::string address;   // a joiner's
    uint64_t deadline_us = 0;
    uint64_t proposed = 0;               // the epoch that it was first proposed for; 0: not yet
    uint64_t done_at = 0;                // the epoch that must be in use before the answer
    std::optional<ClientError> refusal;  // the answer, where it is no success
    VORDB_FIELDS(Task, operation, asker, request, shard, address, deadline_us, proposed, done_at,
                 refusal)
  };
  struct Peer {
    uint64_t epoch = 0;  // of its configuration, when last heard of
    uint64_t boot = 0;   // the highest seen
    uint64_t heard_us = 0;
    uint64_t news_us = 0;   // when it was last sent or asked for news
    bool outdated = false;  // its disk is older than one that it had: it is no acceptor
    // Its wall clock less this node's monotonic one, and when it told; 0: never.
    int64_t wall_offset_ms = 0;
    uint64_t wall_told_us = 0;
    int64_t clock_lead_ms = 0;  // this node's wall clock less that one's, then
    VORDB_FIELDS(Peer, epoch, boot, heard_us, news_us, outdated, wall_offset_ms, wall_told_us,
                 clock_lead_ms)
  };
  // What becomes durable, in order.
  struct Pending {
    enum class Kind : uint8_t { kVotes, kInstall, kRebirth, kFounding, kFounded };
    OpId op = 0;
    Kind kind = Kind::kVotes;
    std::vector<ClusterLetter> answers;  // may leave then
    NodeNumber node = 0;                 // that this node becomes
    VORDB_FIELDS(Pending, op, kind, answers, node)
  };
  // This node's way into a cluster.
  struct Join {
    enum class Phase : uint8_t { kPausing, kAsking, kStoring, kConfirming };
    Phase phase = Phase::kAsking;
    bool asked = false;  // an operator waits
    uint64_t request = 0;
    uint64_t deadline_us = 0;  // 0: none
    std::vector<std::string> seeds;
    std::string seed_name;
    size_t next_seed = 0;
    uint64_t again_us = 0;
    uint64_t nonce = 0;
    bool lost_disk = false;              // what the store holds does not count
    std::vector<uint8_t> clean_reports;  // by shard, since mutations are refused
    VORDB_FIELDS(Join, phase, asked, request, deadline_us, seeds, seed_name, next_seed, again_us,
                 nonce, lost_disk, clean_reports)
  };
  struct LeaveWait {
    NodeNumber node = 0;
    uint64_t request = 0;
    uint64_t deadline_us = 0;
    VORDB_FIELDS(LeaveWait, node, request, deadline_us)
  };

  // What a member last said of its vnodes.
  struct Evidence {
    uint64_t epoch = 0;                         // that it was seen under, at least
    std::vector<ShardReport::Counted> counted;  // in order of placement
    std::vector<uint16_t> drained;
    VORDB_FIELDS(Evidence, epoch, counted, drained)
  };

  // ---- membership.cc
  void enqueue(Task task, Turn& turn);
  void pump(Turn& turn);
  void conclude(Task task, const absl::Status& status, Turn& turn);
  void conclude_first(const absl::Status& status, Turn& turn);
  void answer(const Task& task, std::optional<ClientError> error, Turn& turn);
  void answer_in_use(Turn& turn);
  void expire(Turn& turn);
  void perform(ChainEffects effects, Turn& turn);
  void deliver_to_self(Turn& turn);
  void install(std::shared_ptr<const Configuration> chosen, bool ours, Turn& turn);
  bool lacks_features(const Configuration& chosen, Turn& turn);
  void installed(Turn& turn);
  void force(const ClusterChange& change, Turn& turn);
  void tell_shards(const Message& message, Turn& turn);
  void reply_operator(uint64_t request, std::optional<ClientError> error, Turn& turn);
  OpId commit(Batch batch, Turn& turn);
  const Member* self() const { return current_->member(self_); }
  bool has_status(MemberStatus status) const { return self() && self()->status == status; }
  bool takes_part() const { return current_->epoch != 0 && current_->is_member(self_); }
  uint64_t in_use() const;

  // ---- peers.cc
  TakerState standing() const;
  void send(NodeNumber to, pb::ClusterMessage body, Turn& turn);
  void send_to(const std::string& address, pb::ClusterMessage body, Turn& turn);
  pb::PeerMessage sealed(pb::ClusterMessage body) const;
  void send_news(NodeNumber to, bool ask, Turn& turn);
  bool may_send_news(NodeNumber to, Turn& turn);
  void receive_heartbeat(NodeNumber from, const pb::Heartbeat& heartbeat, Turn& turn);
  void receive_news(const pb::ConfigurationNews& news, uint64_t epoch, NodeNumber from, Turn& turn);
  void receive_vote(NodeNumber from, const pb::ClusterMessage& message, Turn& turn);
  pb::ClusterMessage heartbeat(Turn& turn) const;
  void send_heartbeats(Turn& turn);
  void find_suspects(Turn& turn);
  void judge_clock(Turn& turn);
  bool silent(NodeNumber node, const Turn& turn) const;
  uint64_t heartbeat_us() const { return options_.ring_gossip_interval_ms * 1000 / 5; }

  // ---- join.cc
  void join_by_seeds();
  void begin_join(const ClusterChange& change, Turn& turn);
  void renew(Turn& turn);
  void tick_join(Turn& turn);
  void see_whether_empty(const ShardReport& report, Turn& turn);
  void ask_to_join(Turn& turn);
  void receive_join(const pb::JoinRequest& request, Turn& turn);
  void receive_join_reply(const pb::JoinReply& reply, Turn& turn);
  void reply_to_joiner(const std::string& address, uint64_t nonce,
                       const std::optional<ClientError>& error, Turn& turn);
  void store_rebirth(const Configuration& configuration, NodeNumber node, Turn& turn);
  void reborn(NodeNumber node, Turn& turn);
  void become(NodeNumber node, Turn& turn);
  void end_join(std::optional<ClientError> error, Turn& turn);

  // ---- found.cc
  bool founds() const;
  void tick_founding(Turn& turn);
  void receive_founding(const pb::ClusterMessage& message, Turn& turn);
  void answer_founding(const pb::ClusterMessage& message, Turn& turn);
  void perform(FoundingEffects effects, Turn& turn);
  void put_founding_record(Batch& batch, NodeNumber node) const;
  void store_founding(std::shared_ptr<const Configuration> chosen, Turn& turn);
  void founding_durable(Turn& turn);
  void founded(NodeNumber node, Turn& turn);

  // ---- progress.cc
  void receive_moves(NodeNumber from, const pb::MoveReport& report);
  Evidence own_evidence() const;
  void send_moves(Turn& turn);
  NodeNumber one_of_all(uint64_t since_us, const Turn& turn) const;
  void propose_progress(Turn& turn);
  bool may_cut_over(uint16_t partition, const Turn& turn);
  bool counts(NodeNumber node, PlacementId placement, uint64_t move) const;
  void keep_house(Turn& turn);
  void propose_features(Turn& turn);
  void finish_leaves(Turn& turn);
  bool majority_holds_current() const;
  bool queued(ChainOperation::Kind kind, NodeNumber node) const;
  void enqueue_own(ChainOperation operation, Turn& turn);

  NodeOptions options_;
  NodeNumber self_ = 0;
  uint64_t boot_ = 0;
  uint64_t nonce_ = 0;
  std::shared_ptr<const Configuration> current_;  // durable
  std::optional<Chain> chain_;                    // none while the node is in no cluster

  std::deque<Task> queue_;  // the first is being proposed
  std::vector<Task> done_;  // answered once in use
  std::shared_ptr<const Configuration> installing_;
  bool installing_ours_ = false;
  std::deque<Pending> pending_;
  OpId last_op_ = 0;
  std::vector<uint64_t> in_use_;  // by shard
  std::deque<pb::ClusterMessage> to_self_;

  std::map<NodeNumber, Peer> peers_;
  std::vector<NodeNumber> suspected_;
  bool clock_ahead_ = false;
  uint64_t started_us_ = 0;
  uint64_t heartbeat_at_us_ = 0;

  std::optional<Join> join_;
  std::optional<Founding> founding_;  // until this node holds the entry
  std::string founder_;               // the disk that founded its cluster with the listed members
  std::vector<LeaveWait> leave_waits_;

  std::vector<ShardReport> reports_;  // by shard: the last
  std::map<NodeNumber, Evidence> evidence_;
  std::map<uint16_t, std::pair<uint64_t, uint64_t>> countable_since_;  // partition: move, when
  uint64_t moves_sent_us_ = 0;
  uint64_t progress_us_ = 0;       // when progress was last proposed
  uint64_t progress_seen_us_ = 0;  // when this node's reports last had an effect
  uint64_t features_seen_us_ = 0;  // when there was last no feature to switch on
  uint64_t lacking_told_us_ = 0;   // when it was last told that this program is too old
  VORDB_FIELDS(Membership, options_, self_, boot_, nonce_, current_, chain_, queue_, done_,
               installing_, installing_ours_, pending_, last_op_, in_use_, to_self_, peers_,
               suspected_, clock_ahead_, started_us_, heartbeat_at_us_, join_, founding_, founder_,
               leave_waits_, reports_, evidence_, countable_since_, moves_sent_us_, progress_us_,
               progress_seen_us_, features_seen_us_, lacking_told_us_)
};

}  // namespace vordb::cluster
