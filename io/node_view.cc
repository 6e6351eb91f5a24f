#include "io/node_view.h"

#include <algorithm>
#include <utility>

#include "core/codec.h"
#include "core/vnode/record_keys.h"
#include "io/shard_loop.h"
#include "proto/storage.pb.h"

namespace vordb::io {
namespace {

std::string name_of(const Configuration& configuration, NodeNumber node) {
  const Member* member = configuration.member(node);
  return member ? member->node_id : "node " + std::to_string(node);
}

// What the operator's commands answer in a node that runs alone.
AdminOutcome refused(int http_status, std::string error, std::string hint) {
  return {http_status, std::move(error), std::move(hint), false};
}

}  // namespace

void NodeView::attach(std::vector<ShardLoop*> shards) {
  shards_ = std::move(shards);
  std::vector<MetricsCollector::Source> sources;
  // Shard 0 comes last: the collector ends, and asks for the node's figures, on the last source's
  // thread.
  for (auto shard = shards_.rbegin(); shard != shards_.rend(); ++shard) {
    sources.push_back({[loop = *shard](std::function<void()> task) { loop->post(std::move(task)); },
                       &(*shard)->metrics(), [loop = *shard] { return loop->figures(); }});
  }
  collector_ = std::make_unique<MetricsCollector>(std::move(sources), [this] { return figures(); });
}

std::shared_ptr<const Configuration> NodeView::read_configuration() {
  const std::string key = vnode::configuration_record_key();
  const ReadResult result =
      shards_.front()->disk().read_at_start({.family = kMetaFamily, .begin = key});
  if (!result.status.ok() || result.records.empty()) return nullptr;
  pb::Configuration record;
  if (!open_record(key, result.records.front().value, &record).ok()) return nullptr;
  absl::StatusOr<Configuration> configuration = from_pb(record);
  if (!configuration.ok()) return nullptr;
  return std::make_shared<const Configuration>(*std::move(configuration));
}

void NodeView::with_configuration(std::function<void(std::shared_ptr<const Configuration>)> use) {
  shards_.front()->post([this, use = std::move(use)] { use(read_configuration()); });
}

NodeFigures NodeView::figures() {
  NodeFigures figures;
  if (const auto configuration = read_configuration()) {
    figures.ring_version = configuration->epoch;
    figures.partitions_owned = configuration->ring_size;
  }
  return figures;
}

void NodeView::status(Answer<NodeStatus> done) {
  collector_->gather([this, done = std::move(done)](std::vector<ShardSample> samples) {
    NodeStatus status;
    status.node_id = options_.node_id;
    for (const ShardSample& sample : samples) status.num_vnodes += sample.figures.vnodes;
    if (const auto configuration = read_configuration()) {
      status.ring_version = configuration->epoch;
      // A vnode comes to life with the first key of its partition; the partition is this node's
      // before.
      status.num_vnodes = std::max(status.num_vnodes, configuration->ring_size);
    }
    done(std::move(status));
  });
}

void NodeView::members(Answer<std::vector<MemberInfo>> done) {
  with_configuration([done = std::move(done)](std::shared_ptr<const Configuration> configuration) {
    std::vector<MemberInfo> members;
    if (configuration) {
      for (const Member& member : configuration->members) {
        members.push_back({member.node_id, member.address, member.zone, member.status, member.node,
                           member.incarnation});
      }
    }
    done(std::move(members));
  });
}

void NodeView::ring(Answer<RingInfo> done) {
  with_configuration([this,
                      done = std::move(done)](std::shared_ptr<const Configuration> configuration) {
    RingInfo ring;
    if (configuration) {
      ring.version = configuration->epoch;
      for (uint32_t partition = 0; partition < configuration->ring_size; ++partition) {
        std::vector<std::string> owners;
        for (const NodeNumber node :
             configuration->owners({options_.replication_n, uint16_t(partition)})) {
          owners.push_back(name_of(*configuration, node));
        }
        const bool own = std::find(owners.begin(), owners.end(), options_.node_id) != owners.end();
        ring.partitions_owned += own ? 1 : 0;
        ring.owners.push_back(std::move(owners));
      }
    }
    done(std::move(ring));
  });
}

void NodeView::join(SeedNode, Answer<AdminOutcome> done) {
  done(refused(501, "not_supported", "this version runs as a cluster of one node"));
}

void NodeView::leave(Answer<AdminOutcome> done) {
  done(refused(409, "last_member",
               "there is no other member to hand the data to; stop the process instead"));
}

// The only owner of everything has nobody to compare with: it is in step.
void NodeView::full_sync(Answer<AdminOutcome> done) { done({}); }

void NodeView::metrics(Answer<std::string> done) { collector_->scrape(std::move(done)); }

}  // namespace vordb::io
