#include "sim/sim_network.h"

#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "proto/peer.pb.h"
#include "sim/chooser.h"

namespace vordb::sim {

void SimNetwork::send(NodeNumber to, const pb::PeerMessage& message) {
  host_.deliver_remote(to, message.SerializeAsString());
}

void SimNetwork::send_local(ActorId to, Message message) {
  VORDB_ASSERT(to.shard < last_us_.size(), "messages go to shards of this node");
  uint64_t& last_us = last_us_[to.shard];
  last_us = std::max(last_us, host_.now_us() + 1 + host_.chooser().below(kLocalDelayUsMax));
  host_.deliver_local(to, std::move(message), last_us);
}

void SimNetwork::reply(ClientId client, ClientReply reply) {
  host_.deliver_reply(client, std::move(reply));
}

}  // namespace vordb::sim
