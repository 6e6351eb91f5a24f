// How one node is set up, as its operator says.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/features.h"
#include "core/fields.h"

namespace vordb {

// What a node is told by its operator. Times in milliseconds.
struct NodeOptions {
  std::string node_id = "node1";
  std::string address;  // host:port that peers are told
  std::string zone;
  Features features;                    // of the program, ascending; none: of the first version
  std::vector<std::string> seed_nodes;  // of a first start: joined through one of them
  // Of a first start, instead: these, with this node, found one cluster (core/cluster/founding.h).
  std::vector<std::string> initial_members;
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
  uint64_t ring_gossip_interval_ms = 5000;
  uint64_t ttl_sweep_interval_ms = 60000;
  uint64_t scrub_interval_ms = 86'400'000;   // of a placement with its other owners; 0: when asked
  uint64_t handoff_bytes_per_s = 32u << 20;  // 0: as fast as it goes
  uint64_t max_clock_drift_ms = 60000;
  uint64_t cache_bytes = 256ull << 20;     // of this shard's key cache
  uint64_t max_reply_bytes = 16ull << 20;  // larger answers are refused with a hint to page
  bool durability_buffered = false;
  VORDB_FIELDS(NodeOptions, node_id, address, zone, features, seed_nodes, initial_members,
               ring_size, column_families, shards, replication_n, default_write_quorum,
               default_read_quorum, default_ttl_seconds, write_quorum_timeout_ms,
               read_quorum_timeout_ms, sync_interval_ms, ring_gossip_interval_ms,
               ttl_sweep_interval_ms, scrub_interval_ms, handoff_bytes_per_s, max_clock_drift_ms,
               cache_bytes, max_reply_bytes, durability_buffered)
};

}  // namespace vordb
