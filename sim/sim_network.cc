#include "sim/sim_network.h"

#include <utility>

#include "proto/peer.pb.h"
#include "sim/node.h"

namespace vordb::sim {

void SimNetwork::send(NodeNumber to, const pb::PeerMessage& message) {
  node_.host_.send_to_node(node_.number_, to, message.SerializeAsString());
}

void SimNetwork::send_local(ActorId to, Message message) { node_.send_local(shard_, to, std::move(message)); }

void SimNetwork::reply(ClientId client, ClientReply reply) { node_.reply(client, std::move(reply)); }

}  // namespace vordb::sim
