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

#include "absl/status/status.h"
#include "core/client_api.h"
#include "core/env.h"

namespace vordb {

// What a node is told by its operator. Times in milliseconds.
struct NodeOptions {
  std::string node_id = "node1";
  std::string address;  // host:port that peers are told
  std::string zone;
  uint32_t ring_size = 256;  // partitions; fixed when the cluster is created
  uint16_t column_families = 16;
  uint16_t shards = 1;
  uint8_t replication_n = 3;
  uint8_t default_write_quorum = 1;
  uint8_t default_read_quorum = 1;
  uint64_t default_ttl_seconds = 0;
  uint64_t write_quorum_timeout_ms = 5000;
  uint64_t read_quorum_timeout_ms = 3000;
  uint64_t sync_interval_ms = 1000;
  uint64_t ttl_sweep_interval_ms = 60000;
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
  uint64_t commits = 0;
  uint64_t corrupt_vnodes = 0;
  uint64_t waiting_operations = 0;
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
  void on_disk(DiskEvent event);
  void tick();
  void end_turn();

  // Something waits for end_turn(): a driver that is told so may skip empty turns.
  bool turn_has_work() const;

  // No request or commit is in flight: the node may stop without leaving a client unanswered.
  bool idle() const;

  ShardFigures figures() const;

  // 128 bits over every actor's state, equal for equal states on every platform.
  std::pair<uint64_t, uint64_t> fingerprint() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vordb
