// The door to other actors and to clients.
//
// One Network belongs to one shard and is called by its thread only. Messages to other nodes may be
// lost, delayed, doubled and reordered; between shards of one node they arrive once and in order.
// Nothing here blocks: what does not fit a full queue to a peer is dropped, and anti-entropy brings
// it again.
#pragma once

#include <string_view>

#include "core/ids.h"
#include "core/messages.h"

namespace vordb {

namespace pb {
class PeerMessage;
}

class Network {
 public:
  virtual ~Network() = default;

  // To another member. Dropped when no address of it is known.
  virtual void send(NodeNumber to, const pb::PeerMessage& message) = 0;

  // To whoever listens for peers at this host:port: a seed that is no member yet, a joiner.
  virtual void send_to(std::string_view address, const pb::PeerMessage& message) = 0;

  // Members and their addresses from now on.
  virtual void set_peers(const Configuration& configuration) = 0;

  // To an actor of this node that lives on another shard.
  virtual void send_local(ActorId to, Message message) = 0;

  // To the client that asked as `client`; exactly once for each request.
  virtual void reply(ClientId client, ClientReply reply) = 0;

  // To the operator who asked for a change of the cluster; exactly once for each, on shard 0.
  virtual void reply_to_operator(ClusterChangeReply reply) = 0;
};

}  // namespace vordb
