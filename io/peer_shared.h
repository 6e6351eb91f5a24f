// What the connections between this node and its peers share: limits, who this node is, and what
// they count.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "core/features.h"
#include "core/ids.h"

namespace spdlog {
class logger;
}

namespace vordb::pb {
class PeerHello;
}

namespace vordb::io {

struct PeerOptions {
  uint64_t queue_bytes = 64ull << 20;        // that wait for one connected peer
  uint64_t unconnected_bytes = 1ull << 20;   // that wait while it is being connected to
  uint32_t max_connections = 256;            // that peers have made, of one shard
  uint64_t max_message_bytes = 64ull << 20;  // larger ones are neither sent nor taken
  uint64_t connect_timeout_ms = 3000;        // with the handshake
  uint64_t ping_interval_ms = 2000;
  uint64_t silence_ms = 10000;  // without a sign of life: the connection is dead
  uint64_t unused_ms = 300000;  // without a message: it is closed
  uint64_t retry_ms = 50;       // doubled after each failure up to
  uint64_t retry_ms_max = 2000;
  Features features = {};  // of this program
};

// Who this node says it is.
struct PeerIdentity {
  uint64_t cluster = 0;  // hash of the cluster's id; 0: it has joined none
  uint64_t epoch = 0;
  NodeNumber node = 0;
  uint64_t incarnation = 0;
  std::string node_id;
};

// Written by any thread.
struct PeerCounters {
  std::atomic<uint64_t> bytes_sent{0};
  std::atomic<uint64_t> bytes_received{0};
  std::atomic<uint64_t> messages_sent{0};
  std::atomic<uint64_t> messages_received{0};
  std::atomic<uint64_t> batches_sent{0};
  std::atomic<uint64_t> dropped_unreachable{0};  // no address, or no connection
  std::atomic<uint64_t> dropped_full{0};         // the queue was full
  std::atomic<uint64_t> dropped_arrived{0};  // ill-formed, for another node, or too much at once
  std::atomic<uint64_t> connections_made{0};
  std::atomic<uint64_t> connections_lost{0};
  std::atomic<uint64_t> connections_refused{0};  // by either side
  std::atomic<uint64_t> garbage{0};              // connections closed for what they carried
};

class PeerShared {
 public:
  PeerShared(PeerOptions with, std::string node_id, std::shared_ptr<spdlog::logger> log)
      : options(with), logger(std::move(log)) {
    identity_.node_id = std::move(node_id);
  }

  const PeerOptions options;
  const std::shared_ptr<spdlog::logger> logger;
  PeerCounters counters;

  PeerIdentity identity() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return identity_;
  }
  NodeNumber own_node() const { return own_node_.load(std::memory_order_relaxed); }
  void set_identity(PeerIdentity identity) {
    const std::lock_guard<std::mutex> lock(mutex_);
    own_node_.store(identity.node, std::memory_order_relaxed);
    identity_ = std::move(identity);
  }

  void say_hello(pb::PeerHello* hello) const;

 private:
  mutable std::mutex mutex_;
  PeerIdentity identity_;
  std::atomic<NodeNumber> own_node_{0};
};

// "node2 (member 3)", for logs; the name is cut and cleaned.
std::string peer_name(const pb::PeerHello& hello);

// The version that both sides speak, or 0.
uint32_t common_version(const pb::PeerHello& hello);

}  // namespace vordb::io
