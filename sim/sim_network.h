// The twin of the production network, one a shard. Between shards of a node messages arrive once and in order; answers
// reach the client's connection; what goes to another node is encoded here and parsed there, and the world in between
// loses, doubles, delays and reorders it (sim/links.h).
#pragma once

#include <cstdint>

#include "core/env/network.h"

namespace vordb::sim {

class SimNode;

class SimNetwork : public Network {
 public:
  SimNetwork(SimNode& node, uint16_t shard) : node_(node), shard_(shard) {}

  void send(NodeNumber to, const pb::PeerMessage& message) override;
  void send_local(ActorId to, Message message) override;
  void reply(ClientId client, ClientReply reply) override;

 private:
  SimNode& node_;
  const uint16_t shard_;
};

}  // namespace vordb::sim
