// The actor that owns the configuration chain on this node, and what hangs on it: it proposes
// changes one at a time, makes what is chosen durable, tells every shard, and answers who asked
// once every shard uses it. It keeps in touch with the other members, joins and leaves, and sees
// moves to their end. Cut by concern:
//
//   membership.cc  changes and their way through the chain
//   peers.cc       heartbeats, news, silence
//   join.cc        becoming a member, admitting others
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
#include "core/cluster/operations.h"
#include "core/env.h"
#include "core/node_options.h"

namespace vordb {
class Fingerprint;
struct StartState;
}  // namespace vordb

namespace vordb::cluster {

struct Context {
  Env& env;
  std::vector<Envelope>& outbox;
};

class Membership {
 public:
  Membership(const StartState& start, const NodeOptions& options);

  void step(BucketChange change, Context& context);
  void step(ConfigurationInUse in_use, Context& context);
  void step(ShardReport report, Context& context);
  void step(ClusterChange change, Context& context);
  void step(const pb::PeerMessage& message, Context& context);
  void step(const DiskEvent& event, Context& context);
  // A message of this member, sent under this epoch, reached the node.
  void heard(NodeNumber from, uint64_t epoch, Context& context);
  void tick(Context& context);

  // No commit is in flight, no client waits for a change of a bucket, no operator for a change that
  // this node can bring about by itself.
  bool idle() const;
  void add_to(Fingerprint& fingerprint) const;

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
    uint64_t proposed = 0;  // the epoch that it was first proposed for; 0: not yet
    uint64_t done_at = 0;   // the epoch that must be in use before the answer
  };
  struct Peer {
    uint64_t epoch = 0;  // of its configuration, when last heard of
    uint64_t boot = 0;   // the highest seen
    uint64_t heard_us = 0;
    uint64_t news_us = 0;   // when it was last sent or asked for news
    bool outdated = false;  // its disk is older than one that it had: it is no acceptor
  };
  // What becomes durable, in order.
  struct Pending {
    enum class Kind : uint8_t { kVotes, kInstall, kRebirth };
    OpId op = 0;
    Kind kind = Kind::kVotes;
    std::vector<ClusterLetter> answers;  // may leave then
    NodeNumber node = 0;                 // of a rebirth
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
  };
  struct LeaveWait {
    NodeNumber node = 0;
    uint64_t request = 0;
    uint64_t deadline_us = 0;
  };

  // What a member last said of its vnodes.
  struct Evidence {
    uint64_t epoch = 0;                         // that it was seen under, at least
    std::vector<ShardReport::Counted> counted;  // in order of placement
    std::vector<uint16_t> drained;
  };

  // ---- membership.cc
  void enqueue(Task task, Context& context);
  void pump(Context& context);
  void conclude(Task task, const absl::Status& status, Context& context);
  void conclude_first(const absl::Status& status, Context& context);
  void answer(const Task& task, std::optional<ClientError> error, Context& context);
  void answer_in_use(Context& context);
  void expire(Context& context);
  void perform(ChainEffects effects, Context& context);
  void deliver_to_self(Context& context);
  void install(std::shared_ptr<const Configuration> chosen, bool ours, Context& context);
  void installed(Context& context);
  void force(const ClusterChange& change, Context& context);
  void tell_shards(const Message& message, Context& context);
  void reply_operator(uint64_t request, std::optional<ClientError> error, Context& context);
  OpId commit(Batch batch, Context& context);
  const Member* self() const { return current_->member(self_); }
  bool has_status(MemberStatus status) const { return self() && self()->status == status; }
  bool takes_part() const { return current_->epoch != 0 && current_->is_member(self_); }
  uint64_t in_use() const;

  // ---- peers.cc
  void send(NodeNumber to, pb::ClusterMessage body, Context& context);
  void send_to(const std::string& address, pb::ClusterMessage body, Context& context);
  pb::PeerMessage sealed(pb::ClusterMessage body) const;
  void send_news(NodeNumber to, bool ask, Context& context);
  bool may_send_news(NodeNumber to, Context& context);
  void receive_heartbeat(NodeNumber from, const pb::Heartbeat& heartbeat, Context& context);
  void receive_news(const pb::ConfigurationNews& news, uint64_t epoch, NodeNumber from,
                    Context& context);
  void receive_vote(NodeNumber from, const pb::ClusterMessage& message, Context& context);
  pb::ClusterMessage heartbeat(Context& context) const;
  void send_heartbeats(Context& context);
  void find_suspects(Context& context);
  bool silent(NodeNumber node, uint64_t now_us) const;
  uint64_t heartbeat_us() const { return options_.ring_gossip_interval_ms * 1000 / 5; }

  // ---- join.cc
  void join_by_seeds();
  void begin_join(const ClusterChange& change, Context& context);
  void renew(Context& context);
  void tick_join(Context& context);
  void see_whether_empty(const ShardReport& report, Context& context);
  void ask_to_join(Context& context);
  void receive_join(const pb::JoinRequest& request, Context& context);
  void receive_join_reply(const pb::JoinReply& reply, Context& context);
  void reply_to_joiner(const std::string& address, uint64_t nonce,
                       const std::optional<ClientError>& error, Context& context);
  void store_rebirth(const Configuration& configuration, NodeNumber node, Context& context);
  void reborn(NodeNumber node, Context& context);
  void end_join(std::optional<ClientError> error, Context& context);

  // ---- progress.cc
  void receive_moves(NodeNumber from, const pb::MoveReport& report);
  Evidence own_evidence() const;
  void send_moves(Context& context);
  NodeNumber moves_receiver(uint64_t now_us) const;
  void propose_progress(Context& context);
  bool may_cut_over(uint16_t partition, uint64_t now_us);
  bool counts(NodeNumber node, PlacementId placement, uint64_t move) const;
  void keep_house(Context& context);
  void finish_leaves(Context& context);
  bool majority_holds_current() const;
  bool queued(ChainOperation::Kind kind, NodeNumber node) const;
  void enqueue_own(ChainOperation operation, Context& context);

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
  uint64_t started_us_ = 0;
  uint64_t heartbeat_at_us_ = 0;

  std::optional<Join> join_;
  std::vector<LeaveWait> leave_waits_;

  std::vector<ShardReport> reports_;  // by shard: the last
  std::map<NodeNumber, Evidence> evidence_;
  std::map<uint16_t, std::pair<uint64_t, uint64_t>> countable_since_;  // partition: move, when
  uint64_t moves_sent_us_ = 0;
  uint64_t progress_us_ = 0;       // when progress was last proposed
  uint64_t progress_seen_us_ = 0;  // when this node's reports last had an effect
};

}  // namespace vordb::cluster
