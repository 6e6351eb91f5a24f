// One shard of a node: a coordinator, the vnodes of its partitions and, on shard 0, the membership;
// the dispatch layer that brings them their events; and the cache of hot keys. The drivers (io/ and
// sim/) own shards and call them from one thread each; two shards of a node share nothing but their
// disk and the messages of Network::send_local.
//
// A driver calls start() once, then submit(), on_message(), on_peer_message() and on_disk() as
// things happen, tick() every kTickMs, and end_turn() after each group of calls. Nothing here
// throws or blocks (but start()).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/client_api.h"
#include "core/env.h"

namespace vordb {

// What a node is told by its operator. Times in milliseconds.
struct NodeOptions {
  std::string node_id = "node1";
  std::string address;  // host:port that peers are told
  std::string zone;
  std::vector<std::string> seed_nodes;  // of a first start: joined through one of them
  uint32_t ring_size = 256;             // partitions; fixed when the cluster is created
  uint16_t column_families = 16;
  uint16_t shards = 1;
  uint8_t replication_n = 3;
  uint8_t default_write_quorum = 1;
  uint8_t default_read_quorum = 1;
  uint64_t default_ttl_seconds = 0;
  uint64_t write_quorum_timeout_ms = 5000;
  uint64_t read_quorum_timeout_ms = 3000;
  uint64_t sync_interval_ms = 1000;
  uint64_t ring_gossip_interval_ms = 5000;
  uint64_t ttl_sweep_interval_ms = 60000;
  uint64_t handoff_bytes_per_s = 32u << 20;  // 0: as fast as it goes
  uint64_t max_clock_drift_ms = 60000;
  uint64_t cache_bytes = 256ull << 20;     // of this shard's key cache
  uint64_t max_reply_bytes = 16ull << 20;  // larger answers are refused with a hint to page
  bool durability_buffered = false;
};

// Read by metrics and /status; a copy made on the shard's thread.
struct ShardFigures {
  uint32_t vnodes = 0;
  uint64_t cache_hits = 0;
  uint64_t cache_misses = 0;
  uint64_t cache_bytes = 0;
  uint64_t keys_purged = 0;
  uint64_t contexts_withheld = 0;  // causal contexts too large to be given to a client
  uint64_t commits = 0;
  uint64_t corrupt_vnodes = 0;
  uint64_t waiting_operations = 0;
  uint64_t moving_vnodes = 0;     // of placements that move, owned here before or after
  uint64_t receiving_vnodes = 0;  // of those: owners to be
  uint64_t counting_vnodes = 0;   // and of those: hold enough to count for the move
  uint64_t draining_vnodes = 0;   // that still hand over what they hold
  uint64_t delta_messages = 0;    // sent, since the start
  uint64_t delta_keys = 0;
  uint64_t gossip_keys = 0;
  uint64_t fetching_vnodes = 0;         // that receive a snapshot now
  uint64_t handoff_received_bytes = 0;  // in snapshots, since the start
  uint64_t handoff_sent_bytes = 0;
  uint64_t handoff_received_entries = 0;
  uint64_t unacknowledged_dots = 0;  // that some other owner has not said to hold
  uint64_t stable_lag_ms = 0;        // how far the oldest stable time lies behind the clock
};

class Shard {
 public:
  static constexpr uint64_t kTickMs = 50;

  // `env` outlives the shard.
  Shard(uint16_t index, NodeOptions options, Env env);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // Reads what is durable and brings every vnode to life. Shard 0 first: on an empty disk it writes
  // the founding configuration, and it raises the boot number. An error says what is wrong with the
  // disk and the node must not serve.
  absl::Status start();

  void submit(ClientRequest request);
  void on_message(ActorId to, Message message);
  void on_peer_message(const pb::PeerMessage& message);
  // Shard 0 only; answered through Network::reply_to_operator.
  void change_cluster(ClusterChange change);
  void on_disk(DiskEvent event);
  void tick();
  void end_turn();
  // Every vnode announces itself to its peers at once, which brings each side what it lacks.
  void full_sync();

  // Something waits for end_turn(): a driver that is told so may skip empty turns.
  bool turn_has_work() const;

  // No request or commit is in flight: the node may stop without leaving a client unanswered.
  bool idle() const;

  ShardFigures figures() const;
  // In use on this shard; epoch 0 while the node has joined no cluster.
  std::shared_ptr<const Configuration> configuration() const;

  // 128 bits over every actor's state, equal for equal states on every platform.
  std::pair<uint64_t, uint64_t> fingerprint() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vordb
