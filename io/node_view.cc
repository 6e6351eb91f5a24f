#include "io/node_view.h"

#include <algorithm>
#include <utility>

#include "core/host_port.h"
#include "io/cluster_plan.h"
#include "io/peer_links.h"
#include "io/shard_loop.h"

namespace vordb::io {
namespace {

// A change that was not answered by then is answered `unknown`; it may still come about. Reaching
// the seed of a join comes on top.
constexpr std::chrono::seconds kPatience{35};

std::string name_of(const Configuration& configuration, NodeNumber node) {
  const Member* member = configuration.member(node);
  return member ? member->node_id : "node " + std::to_string(node);
}

std::vector<std::string> names_of(const Configuration& configuration,
                                  const std::vector<NodeNumber>& nodes) {
  std::vector<std::string> names;
  for (const NodeNumber node : nodes) names.push_back(name_of(configuration, node));
  return names;
}

bool holds(const std::vector<NodeNumber>& nodes, NodeNumber node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

uint32_t partitions_of(const Configuration& configuration, NodeNumber node) {
  return uint32_t(
      std::count_if(configuration.partitions.begin(), configuration.partitions.end(),
                    [node](const Partition& partition) { return holds(partition.owners, node); }));
}

ClientError late() {
  return {ErrorCode::kUnavailable, Outcome::kUnknown, "the cluster has not decided yet",
          "it may still be done: see /admin/members"};
}

ClientError unreachable(const std::string& address, const std::string& why) {
  return {ErrorCode::kUnavailable, Outcome::kRejected, address + ": " + why,
          "is a node running there, and is this its cluster port?"};
}

}  // namespace

void NodeView::attach(std::vector<ShardLoop*> shards) {
  shards_ = std::move(shards);
  std::vector<MetricsCollector::Source> sources;
  // Shard 0 comes last: the collector ends, and asks for the node's figures, on the last source's
  // thread.
  for (auto shard = shards_.rbegin(); shard != shards_.rend(); ++shard) {
    sources.push_back({[loop = *shard](std::function<void()> task) { loop->post(std::move(task)); },
                       &(*shard)->metrics(), [loop = *shard] { return loop->figures(); },
                       &(*shard)->telemetry()});
  }
  collector_ = std::make_unique<MetricsCollector>(std::move(sources), [this] { return figures(); });
}

void NodeView::with_configuration(std::function<void(const Configuration&)> use) {
  shards_.front()->post([this, use = std::move(use)] { use(*shards_.front()->configuration()); });
}

// The newest member of this node's name; null before it has joined.
const Member* NodeView::self(const Configuration& configuration) const {
  const Member* newest = nullptr;
  for (const Member& member : configuration.members) {
    if (member.node_id == options_.node_id) newest = &member;
  }
  return newest;
}

NodeFigures NodeView::figures() {
  const std::shared_ptr<const Configuration> configuration = shards_.front()->configuration();
  NodeFigures figures;
  figures.ring_version = configuration->epoch;
  const Member* own = self(*configuration);
  if (own) figures.partitions_owned = partitions_of(*configuration, own->node);
  for (const Member& member : configuration->members) {
    if (&member == own || member.status == MemberStatus::kRemoved) continue;
    const LinkFigures link = peers_.figures(member.address);
    figures.others.push_back(
        {member.node, member.node_id, link.connected, link.queued_bytes, link.shed});
  }
  const HandoffInfo handoff = handoff_of(*configuration);
  figures.moving_partitions = handoff.moves.size();
  figures.draining_partitions = handoff.draining;
  figures.peers = &peers_.shared().counters;
  return figures;
}

NodeStatus NodeView::status_of(const Configuration& configuration) const {
  NodeStatus status;
  status.node_id = options_.node_id;
  status.ring_version = configuration.epoch;
  const Member* own = self(configuration);
  status.serving = false;
  if (configuration.epoch == 0 || !own || own->status == MemberStatus::kJoining) {
    const bool founds = configuration.epoch == 0 && !options_.initial_members.empty();
    status.state = founds ? "founding" : "joining";
  } else if (own->status == MemberStatus::kRemoved) {
    status.state = "left";
  } else {
    status.state = own->status == MemberStatus::kLeaving ? "leaving" : "running";
    status.serving = true;
  }
  // A vnode comes to life with the first key of its partition; the partition is this node's before.
  if (own) status.num_vnodes = partitions_of(configuration, own->node);
  return status;
}

void NodeView::status(Answer<NodeStatus> done) {
  collector_->gather([this, done = std::move(done)](std::vector<ShardSample> samples) {
    NodeStatus status = status_of(*shards_.front()->configuration());
    uint32_t vnodes = 0;
    for (const ShardSample& sample : samples) vnodes += sample.figures.vnodes;
    status.num_vnodes = std::max(status.num_vnodes, vnodes);
    done(std::move(status));
  });
}

void NodeView::members(Answer<std::vector<MemberInfo>> done) {
  with_configuration([this, done = std::move(done)](const Configuration& configuration) {
    std::vector<MemberInfo> members;
    for (const Member& member : configuration.members) {
      if (member.status == MemberStatus::kRemoved) continue;
      MemberInfo info;
      info.node_id = member.node_id;
      info.address = member.address;
      info.zone = member.zone;
      info.status = to_string(member.status);
      info.node = member.node;
      info.incarnation = member.admitted;
      info.partitions = partitions_of(configuration, member.node);
      info.connected = member.node_id == options_.node_id || peers_.is_connected(member.address);
      info.features = member.features;
      members.push_back(std::move(info));
    }
    done(std::move(members));
  });
}

void NodeView::ring(Answer<RingInfo> done) {
  with_configuration([this, done = std::move(done)](const Configuration& configuration) {
    RingInfo ring;
    ring.version = configuration.epoch;
    ring.features = configuration.features_on;
    const Member* own = self(configuration);
    if (own) ring.partitions_owned = partitions_of(configuration, own->node);
    for (const Partition& partition : configuration.partitions) {
      ring.partitions.push_back({partition.pv, names_of(configuration, partition.owners),
                                 names_of(configuration, partition.next)});
    }
    done(std::move(ring));
  });
}

HandoffInfo NodeView::handoff_of(const Configuration& configuration) const {
  HandoffInfo info;
  info.version = configuration.epoch;
  const Member* own = self(configuration);
  for (size_t p = 0; p < configuration.partitions.size(); ++p) {
    const Partition& partition = configuration.partitions[p];
    info.draining += partition.draining.empty() ? 0 : 1;
    info.draining_here += own && holds(partition.draining, own->node) ? 1 : 0;
    if (partition.move == 0) continue;
    info.moves.push_back({uint32_t(p), partition.move, names_of(configuration, partition.owners),
                          names_of(configuration, partition.next)});
  }
  return info;
}

void NodeView::handoff(Answer<HandoffInfo> done) {
  collector_->gather([this, done = std::move(done)](std::vector<ShardSample> samples) {
    HandoffInfo info = handoff_of(*shards_.front()->configuration());
    info.figures = handoff_figures(sum_of(samples));
    done(std::move(info));
  });
}

void NodeView::repair(Answer<RepairInfo> done) {
  collector_->gather([done = std::move(done)](std::vector<ShardSample> samples) {
    done({repair_figures(sum_of(samples))});
  });
}

void NodeView::plan(PlanQuestion question, Answer<PlanInfo> done) {
  with_configuration(
      [question = std::move(question), done = std::move(done)](const Configuration& configuration) {
        done(plan_change(configuration, question));
      });
}

// ---- the operator's commands

void NodeView::change(ClusterChange change, Answer<AdminOutcome> done) {
  if (change.kind == ClusterChange::Kind::kJoin)
    return join_through(std::move(change), std::move(done));
  if (change.node.empty()) change.node = options_.node_id;
  shards_.front()->post([this, change = std::move(change), done = std::move(done)]() mutable {
    change_now(std::move(change), std::move(done));
  });
}

void NodeView::join_through(ClusterChange change, Answer<AdminOutcome> done) {
  const std::optional<Seed> seed = parse_seed(change.node);
  if (!seed) return done({unreachable(change.node, "this is no address")});
  const std::string name = seed->name;
  const std::string address = seed->address;
  PeerLink* const link = peers_.link(address);
  if (!link) return done({unreachable(address, "this node is stopping")});
  link->meet([this, change = std::move(change), done = std::move(done), name, address](
                 const pb::PeerHello* peer, const std::string& why) mutable {
    if (!peer) return done({unreachable(address, why)});
    if (!name.empty() && peer->node_id() != name) {
      return done({ClientError{ErrorCode::kConflict, Outcome::kRejected,
                               "the node at " + address + " is not called " + name, ""}});
    }
    shards_.front()->post([this, change = std::move(change), done = std::move(done)]() mutable {
      change_now(std::move(change), std::move(done));
    });
  });
}

void NodeView::change_now(ClusterChange change, Answer<AdminOutcome> done) {
  change.request = ++last_request_;
  Waiting waiting;
  waiting.done = std::move(done);
  if (change.kind != ClusterChange::Kind::kLeave) {
    waiting.deadline = std::make_unique<boost::asio::steady_timer>(shards_.front()->loop());
    waiting.deadline->expires_after(kPatience);
    waiting.deadline->async_wait([this, request = change.request](boost::system::error_code error) {
      if (!error) answer_operator({request, late()});
    });
  }
  waiting_.emplace(change.request, std::move(waiting));
  shards_.front()->change_cluster(std::move(change));
}

void NodeView::answer_operator(ClusterChangeReply reply) {
  const auto found = waiting_.find(reply.request);
  if (found == waiting_.end()) return;  // it has been told that this takes too long
  const Answer<AdminOutcome> done = std::move(found->second.done);
  waiting_.erase(found);
  done({std::move(reply.error)});
}

void NodeView::full_sync(Answer<AdminOutcome> done) {
  for (ShardLoop* shard : shards_) {
    shard->post([shard] { shard->full_sync(); });
  }
  done({});
}

void NodeView::metrics(Answer<std::string> done) { collector_->scrape(std::move(done)); }

}  // namespace vordb::io
