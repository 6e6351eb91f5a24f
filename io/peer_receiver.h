// The connections that other nodes have made to this shard's loop. Each is greeted, its batches are
// checked and taken apart, and each message is handed to the shard that it is for. What is garbage
// costs its own connection and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "io/peer_shared.h"

namespace vordb::pb {
class PeerMessage;
}

namespace vordb::io {

class PeerReceiver {
 public:
  struct Routes {
    uint16_t shards = 1;
    // A message for a shard of this node, which may take it over. On the loop's thread.
    std::function<void(uint16_t shard, pb::PeerMessage& message)> to_shard;
    // All messages that were read together have been handed over.
    std::function<void()> end_of_batch;
  };

  // `loop` outlives the receiver. Destroyed after the loop has stopped, or on its thread.
  PeerReceiver(boost::asio::io_context& loop, std::shared_ptr<PeerShared> shared, Routes routes);
  ~PeerReceiver();
  PeerReceiver(const PeerReceiver&) = delete;
  PeerReceiver& operator=(const PeerReceiver&) = delete;

  // Serves an accepted socket of this loop (io/listener.h).
  void adopt(boost::asio::ip::tcp::socket socket);

  size_t connections() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vordb::io
