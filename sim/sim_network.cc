#include "sim/sim_network.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "core/cluster/configuration.h"
#include "proto/peer.pb.h"
#include "sim/chooser.h"

namespace vordb::sim {

void SimNetwork::send(NodeNumber to, const pb::PeerMessage& message) {
  host_->sends(message);
  const auto found = addresses_.find(to);
  if (found != addresses_.end())
    host_->deliver_remote(found->second, to, message.SerializeAsString());
}

void SimNetwork::send_to(std::string_view address, const pb::PeerMessage& message) {
  host_->sends(message);
  host_->deliver_remote(std::string(address), 0, message.SerializeAsString());
}

// Removed members stay: they must hear that they are.
void SimNetwork::set_peers(const Configuration& configuration) {
  addresses_.clear();
  for (const Member& member : configuration.members) addresses_[member.node] = member.address;
}

void SimNetwork::send_local(ActorId to, Message message) {
  VORDB_ASSERT(to.shard < last_us_.size(), "messages go to shards of this node");
  uint64_t& last_us = last_us_[to.shard];
  const uint64_t delay_us = 1 + host_->chooser()
                                    .stream(StreamKind::kShard, stream_)
                                    .below(Decision::kLocalDelay, kLocalDelayUsMax);
  last_us = std::max(last_us, host_->now_us() + delay_us);
  host_->deliver_local(to, std::move(message), last_us);
}

void SimNetwork::reply(ClientId client, ClientReply reply) {
  host_->deliver_reply(client, std::move(reply));
}

void SimNetwork::reply_to_operator(ClusterChangeReply reply) {
  host_->deliver_operator_reply(std::move(reply));
}

}  // namespace vordb::sim
