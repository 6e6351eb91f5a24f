// What a shard reads and writes before it serves: the node's identity, the configuration, its
// votes.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "core/cluster/ballot.h"
#include "core/cluster/configuration.h"
#include "core/cluster/founding.h"
#include "core/env.h"
#include "core/env/batch.h"
#include "core/fields.h"
#include "core/node_options.h"
#include "proto/storage.pb.h"

namespace vordb {

struct StartState {
  // Epoch 0: the node has joined no cluster yet; then its number and incarnation are 0 too.
  std::shared_ptr<const Configuration> configuration;
  NodeNumber node = 0;
  uint64_t incarnation = 0;
  uint64_t boot = 0;
  uint64_t nonce = 0;  // names this disk to the cluster that it is to join
  uint16_t column_families = 0;
  cluster::Votes votes;
  cluster::FoundingRecord founding;  // of a node that was started with initial_members
  VORDB_FIELDS(StartState, configuration, node, incarnation, boot, nonce, column_families, votes,
               founding)
};

// What a node writes down about itself; its number is 0 until it is a member.
pb::NodeRecord node_record(const NodeOptions& options, uint64_t boot, uint64_t nonce);

// The records of the node and of the configuration that it uses.
void put_node(const pb::NodeRecord& node, Batch* batch);
void put_configuration(const Configuration& configuration, Batch* batch);

// On an empty disk shard 0 founds a cluster of one node, or, when there are seeds or initial
// members, writes down that the node is to join theirs, or to found one with them. Shard 0 raises
// the boot number, durably; the other shards, which start after it, read what it wrote.
// FailedPrecondition when the disk belongs to another node or ring; DataLoss when what it holds is
// damaged.
absl::StatusOr<StartState> start_node(uint16_t shard, const NodeOptions& options, Env& env);

}  // namespace vordb
