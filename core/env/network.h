// The door to other actors and to clients.
//
// One Network belongs to one shard and is called by its thread only. Messages to other nodes may be
// lost, delayed, doubled and reordered; between shards of one node they arrive once and in order.
// Nothing here blocks: what does not fit a full queue to a peer is dropped, and anti-entropy brings
// it again.
#pragma once

#include "core/ids.h"
#include "core/messages.h"

namespace vordb {

namespace pb {
class PeerMessage;
}

class Network {
 public:
  virtual ~Network() = default;

  // To the vnode of the same placement on another node.
  virtual void send(NodeNumber to, const pb::PeerMessage& message) = 0;

  // To an actor of this node that lives on another shard.
  virtual void send_local(ActorId to, Message message) = 0;

  // To the client that asked as `client`; exactly once for each request.
  virtual void reply(ClientId client, ClientReply reply) = 0;
};

}  // namespace vordb
