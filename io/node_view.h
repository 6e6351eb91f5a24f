// What the admin routes tell of the node and its cluster (io/node_admin.h), read from the
// configuration that is durable on this node and from what its shards count.
#pragma once

#include <memory>
#include <vector>

#include "core/cluster/configuration.h"
#include "core/shard.h"
#include "io/metrics.h"
#include "io/node_admin.h"

namespace vordb::io {

class ShardLoop;

class NodeView final : public NodeAdmin {
 public:
  explicit NodeView(NodeOptions options) : options_(std::move(options)) {}

  // Before the first call. The shards outlive what was asked.
  void attach(std::vector<ShardLoop*> shards);

  void status(Answer<NodeStatus> done) override;
  void members(Answer<std::vector<MemberInfo>> done) override;
  void ring(Answer<RingInfo> done) override;
  void join(SeedNode seed, Answer<AdminOutcome> done) override;
  void leave(Answer<AdminOutcome> done) override;
  void full_sync(Answer<AdminOutcome> done) override;
  void metrics(Answer<std::string> done) override;

 private:
  // Calls `use` on shard 0's thread; null when the record cannot be read.
  void with_configuration(std::function<void(std::shared_ptr<const Configuration>)> use);
  std::shared_ptr<const Configuration> read_configuration();
  NodeFigures figures();

  NodeOptions options_;
  std::vector<ShardLoop*> shards_;
  std::unique_ptr<MetricsCollector> collector_;
};

}  // namespace vordb::io
