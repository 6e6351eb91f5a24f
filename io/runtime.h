// A node in production: the store, one thread with its event loop for each shard, the connections
// to other nodes, and the listeners for clients and peers.
//
// A shard's thread runs its own connections, timers and node logic; between threads there are only
// posted messages. All that arrives in one round of a loop is handled first and then ends one turn,
// so it shares one group commit.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "core/node_options.h"
#include "io/descriptor_shares.h"

namespace spdlog {
class logger;
}

namespace vordb::io {

struct RuntimeOptions {
  NodeOptions node;  // shards included
  std::string host = "127.0.0.1";
  uint16_t http_port = 4001;
  uint16_t tcp_port = 5001;
  uint16_t cluster_port = 7001;

  std::string store_path;
  uint64_t write_buffer_mb = 4;  // of each column family
  uint64_t block_cache_mb = 512;
  uint64_t min_free_mb = 192;
  bool accept_log_loss = false;  // see RocksStoreOptions

  DescriptorShares descriptors;  // over all shards
  uint32_t max_frame_bytes = 16u << 20;
  uint64_t idle_timeout_ms = 60000;
  bool metrics_enabled = true;
};

class Runtime {
 public:
  Runtime(RuntimeOptions options, std::shared_ptr<spdlog::logger> logger);
  // Stops the threads, whatever is in flight, and closes the store.
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Opens the store, brings every shard to life and opens the ports. Once; after an error the
  // object can only be destroyed. The error says what is wrong with the disk or which port is
  // taken.
  absl::Status start();

  // Accepts no more and answers what is in flight. True when every client has its answer and
  // nothing is left to commit, false when `timeout_ms` ran out first.
  bool drain(uint64_t timeout_ms);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vordb::io
