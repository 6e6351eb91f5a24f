#include "io/shard_network.h"

#include <utility>

namespace vordb::io {

void ShardNetwork::send(NodeNumber, const pb::PeerMessage&) { ++dropped_; }

void ShardNetwork::send_local(ActorId to, Message message) {
  outboxes_[to.shard].push_back({to, std::move(message)});
  sent_ = true;
}

void ShardNetwork::reply(ClientId client, ClientReply reply) {
  routes_.to_client(client, std::move(reply));
}

void ShardNetwork::flush() {
  if (!sent_) return;
  sent_ = false;
  for (size_t shard = 0; shard < outboxes_.size(); ++shard) {
    if (!outboxes_[shard].empty())
      routes_.to_shard(uint16_t(shard), std::exchange(outboxes_[shard], {}));
  }
}

}  // namespace vordb::io
