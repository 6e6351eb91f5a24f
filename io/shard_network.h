// The door to other actors, other nodes and clients in production.
//
// Messages to another shard, and those to another node, are collected and handed over once a turn:
// a turn costs the other side one wake-up and one write, however much it brings. Answers go at once
// to whoever serves the client on this thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/env/network.h"

namespace vordb::io {

class PeerLink;
class PeerLinks;

class ShardNetwork final : public Network {
 public:
  struct Routes {
    // Brings a shard its messages, in order and on its own thread.
    std::function<void(uint16_t shard, std::vector<Envelope> messages)> to_shard;
    // The answer to a client of this shard.
    std::function<void(ClientId client, ClientReply reply)> to_client;
    // The answer to an operator; of shard 0.
    std::function<void(ClusterChangeReply reply)> to_operator = {};
    // The connections to other nodes; null: there are none, and what goes there is dropped.
    PeerLinks* peers = nullptr;
  };

  ShardNetwork(uint16_t shards, Routes routes) : routes_(std::move(routes)), outboxes_(shards) {}

  void send(NodeNumber to, const pb::PeerMessage& message) override;
  void send_to(std::string_view address, const pb::PeerMessage& message) override;
  void set_peers(const Configuration& configuration) override;
  void send_local(ActorId to, Message message) override;
  void reply(ClientId client, ClientReply reply) override;
  void reply_to_operator(ClusterChangeReply reply) override;

  bool has_messages() const { return sent_ || !unsent_.empty(); }
  // Ends a turn: what was sent to other shards and nodes goes off.
  void flush();

 private:
  // What goes to one member, or to one address.
  struct Peer {
    std::string address;
    NodeNumber node = 0;
    PeerLink* link = nullptr;  // made when it is first needed
    std::string payload;
    uint32_t messages = 0;
  };

  void append(Peer& peer, const pb::PeerMessage& message);
  void hand_over(Peer& peer);

  Routes routes_;
  std::vector<std::vector<Envelope>> outboxes_;  // by shard
  bool sent_ = false;
  std::map<NodeNumber, Peer> members_;
  std::map<std::string, Peer, std::less<>> strangers_;  // by address
  std::vector<Peer*> unsent_;
};

}  // namespace vordb::io
