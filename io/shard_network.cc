#include "io/shard_network.h"

#include <utility>

#include "core/cluster/configuration.h"
#include "io/peer_frames.h"
#include "io/peer_links.h"
#include "proto/peer.pb.h"

namespace vordb::io {
namespace {

// More than this goes off before the turn ends.
constexpr size_t kHandOverBytes = 256u << 10;
// Addresses outside of the cluster that are remembered.
constexpr size_t kStrangersMax = 64;

// The newest member of this name: a node that came back with another disk is another member.
const Member* newest_member(const Configuration& configuration, const std::string& node_id) {
  const Member* newest = nullptr;
  for (const Member& member : configuration.members) {
    if (member.node_id == node_id && member.status != MemberStatus::kRemoved) newest = &member;
  }
  return newest;
}

}  // namespace

void ShardNetwork::send(NodeNumber to, const pb::PeerMessage& message) {
  const auto found = members_.find(to);
  if (found != members_.end()) return append(found->second, message);
  if (routes_.peers) ++routes_.peers->shared().counters.dropped_unreachable;
}

void ShardNetwork::send_to(std::string_view address, const pb::PeerMessage& message) {
  auto found = strangers_.find(address);
  if (found == strangers_.end()) {
    if (strangers_.size() >= kStrangersMax) {
      flush();
      strangers_.clear();
    }
    found = strangers_.emplace(std::string(address), Peer{}).first;
    found->second.address = std::string(address);
  }
  append(found->second, message);
}

void ShardNetwork::append(Peer& peer, const pb::PeerMessage& message) {
  if (!routes_.peers) return;
  if (!peer.link) peer.link = routes_.peers->link(peer.address);
  if (!peer.link) return;
  PeerShared& shared = routes_.peers->shared();
  const size_t bytes = message.ByteSizeLong();
  if (bytes > shared.options.max_message_bytes ||
      !peer.link->has_room(peer.payload.size() + bytes)) {
    ++shared.counters.dropped_full;
    peer.link->count_shed();
    return;
  }
  if (peer.messages == 0) unsent_.push_back(&peer);
  append_message(message, &peer.payload);
  ++peer.messages;
  if (peer.payload.size() >= kHandOverBytes) {
    hand_over(peer);
    std::erase(unsent_, &peer);
  }
}

void ShardNetwork::hand_over(Peer& peer) {
  peer.link->send(peer.node, std::exchange(peer.payload, {}), std::exchange(peer.messages, 0));
}

void ShardNetwork::set_peers(const Configuration& configuration) {
  if (!routes_.peers) return;
  flush();
  members_.clear();
  // Removed members are told so, and may still have data for others.
  for (const Member& member : configuration.members) {
    Peer& peer = members_[member.node];
    peer.address = member.address;
    peer.node = member.node;
  }
  PeerIdentity identity = routes_.peers->shared().identity();
  const Member* own = newest_member(configuration, identity.node_id);
  identity.cluster = configuration.epoch == 0 ? 0 : configuration.cluster_hash();
  identity.epoch = configuration.epoch;
  identity.node = own ? own->node : 0;
  identity.incarnation = own ? own->admitted : 0;
  routes_.peers->shared().set_identity(std::move(identity));
}

void ShardNetwork::send_local(ActorId to, Message message) {
  outboxes_[to.shard].push_back({to, std::move(message)});
  sent_ = true;
}

void ShardNetwork::reply(ClientId client, ClientReply reply) {
  routes_.to_client(client, std::move(reply));
}

void ShardNetwork::reply_to_operator(ClusterChangeReply reply) {
  routes_.to_operator(std::move(reply));
}

void ShardNetwork::flush() {
  for (Peer* peer : unsent_) hand_over(*peer);
  unsent_.clear();
  if (!sent_) return;
  sent_ = false;
  for (size_t shard = 0; shard < outboxes_.size(); ++shard) {
    if (!outboxes_[shard].empty())
      routes_.to_shard(uint16_t(shard), std::exchange(outboxes_[shard], {}));
  }
}

}  // namespace vordb::io
