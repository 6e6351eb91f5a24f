// What the admin routes tell of the node and its cluster (io/node_admin.h), read from the
// configuration in use on shard 0 and from what the shards count; and the operator's commands on
// their way to membership and back.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/cluster/configuration.h"
#include "core/node_options.h"
#include "io/asio.h"
#include "io/metrics.h"
#include "io/node_admin.h"

namespace vordb::io {

class PeerLinks;
class ShardLoop;

class NodeView final : public NodeAdmin {
 public:
  NodeView(NodeOptions options, PeerLinks& peers) : options_(std::move(options)), peers_(peers) {}

  // Before the first call. The shards outlive what was asked.
  void attach(std::vector<ShardLoop*> shards);

  // Before the shards go: whoever still waits is not told any more.
  void detach() { waiting_.clear(); }

  // Of Network::reply_to_operator: on shard 0's thread.
  void answer_operator(ClusterChangeReply reply);

  void status(Answer<NodeStatus> done) override;
  void members(Answer<std::vector<MemberInfo>> done) override;
  void ring(Answer<RingInfo> done) override;
  void handoff(Answer<HandoffInfo> done) override;
  void repair(Answer<RepairInfo> done) override;
  void plan(PlanQuestion question, Answer<PlanInfo> done) override;
  void change(ClusterChange change, Answer<AdminOutcome> done) override;
  void full_sync(Answer<AdminOutcome> done) override;
  void metrics(Answer<std::string> done) override;

 private:
  // A command that membership has not answered yet.
  struct Waiting {
    Answer<AdminOutcome> done;
    std::unique_ptr<boost::asio::steady_timer> deadline;  // null: it may take as long as it takes
  };
  using Figures = std::vector<std::pair<std::string, uint64_t>>;

  // On shard 0's thread.
  void change_now(ClusterChange change, Answer<AdminOutcome> done);
  // Refuses at once a seed that cannot be reached or is another node than the operator meant.
  void join_through(ClusterChange change, Answer<AdminOutcome> done);

  // Calls `use` on shard 0's thread.
  void with_configuration(std::function<void(const Configuration&)> use);
  const Member* self(const Configuration& configuration) const;
  NodeFigures figures();
  NodeStatus status_of(const Configuration& configuration) const;
  HandoffInfo handoff_of(const Configuration& configuration) const;

  NodeOptions options_;
  PeerLinks& peers_;
  std::vector<ShardLoop*> shards_;
  std::unique_ptr<MetricsCollector> collector_;
  // On shard 0's thread.
  std::map<uint64_t, Waiting> waiting_;
  uint64_t last_request_ = 0;
};

}  // namespace vordb::io
