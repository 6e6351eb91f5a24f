// The door to other actors and to clients in production.
//
// Messages to another shard are collected and handed over once a turn, so that a turn costs the
// other shard one wake-up. Answers go at once to whoever serves the client on this thread. Messages
// to other nodes have no transport in a node that runs alone: they are counted and dropped, as a
// network may.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/env/network.h"

namespace vordb::io {

class ShardNetwork final : public Network {
 public:
  struct Routes {
    // Brings a shard its messages, in order and on its own thread.
    std::function<void(uint16_t shard, std::vector<Envelope> messages)> to_shard;
    // The answer to a client of this shard.
    std::function<void(ClientId client, ClientReply reply)> to_client;
  };

  ShardNetwork(uint16_t shards, Routes routes) : routes_(std::move(routes)), outboxes_(shards) {}

  void send(NodeNumber to, const pb::PeerMessage& message) override;
  void send_local(ActorId to, Message message) override;
  void reply(ClientId client, ClientReply reply) override;

  bool has_messages() const { return sent_; }
  // Ends a turn: what was sent to other shards goes off.
  void flush();

  // Messages to other nodes that were dropped.
  uint64_t dropped() const { return dropped_; }

 private:
  Routes routes_;
  std::vector<std::vector<Envelope>> outboxes_;  // by shard
  bool sent_ = false;
  uint64_t dropped_ = 0;
};

}  // namespace vordb::io
