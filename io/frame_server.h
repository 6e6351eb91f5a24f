// The client protocol of proto/client.proto on one shard: frames of a 4-byte big-endian length and
// a Request, answered by frames of Response in the order of the requests.
//
// Promises: requests of one connection are submitted in their order and their answers written in
// that order; a client that claims much, sends slowly or does not read costs bounded memory and
// delays nobody; one that closes its sending side gets every answer first. Everything but the
// constructor is called by the loop's thread only.
#pragma once

#include <cstdint>
#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "io/backend.h"
#include "io/metrics.h"

namespace vordb::io {

struct FrameServerOptions {
  uint32_t max_connections = 1000;
  uint32_t max_frame_bytes = 16u << 20;
  uint64_t idle_timeout_ms =
      60000;  // without a byte in either direction and nothing to wait for; 0 = never
  uint32_t max_unanswered = 1000;  // requests of one connection; it is not read from meanwhile
  uint64_t max_unsent_bytes = 1u << 20;  // answers of one connection; likewise
  uint64_t max_held_bytes =
      256ull << 20;  // of all connections: incomplete frames, and requests or answers in flight
};

class FrameServer {
 public:
  // `loop`, `backend` and `metrics` outlive the server. Destroyed after the loop has stopped, or on
  // its thread.
  FrameServer(boost::asio::io_context& loop, Backend& backend, FrameServerOptions options,
              ShardMetrics& metrics);
  ~FrameServer();
  FrameServer(const FrameServer&) = delete;
  FrameServer& operator=(const FrameServer&) = delete;

  // Serves an accepted socket of this loop (io/listener.h). Over max_connections it is told so and
  // closed.
  void adopt(boost::asio::ip::tcp::socket socket);

  // The answer to a request. False if no request of this server waits under this id.
  bool deliver(ClientId client, ClientReply reply);

  // Reads no more; each connection closes when what it has asked is answered and sent.
  void stop();

  size_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vordb::io
