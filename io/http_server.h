// HTTP/1.1 on one shard: data operations, buckets, administration, health and metrics, as docs/
// describes them.
//
// Promises: the requests of one connection take effect and are answered in their order; no client
// input is taken for anything but what it is (io/http_head.h) or ends the process; slow and stuck
// clients cost bounded memory and delay nobody. Everything but the constructor is called by the
// loop's thread only.
#pragma once

#include <cstdint>
#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "io/backend.h"
#include "io/metrics.h"
#include "io/node_admin.h"

namespace vordb::io {

struct HttpServerOptions {
  uint32_t max_connections = 4096;
  uint32_t max_head_bytes = 64u << 10;  // request line and headers
  uint32_t max_body_bytes = 1000000;
  uint64_t idle_timeout_ms = 60000;     // between requests; 0 = never
  uint64_t request_timeout_ms = 60000;  // from a request's first byte to its last; 0 = never
  bool metrics_enabled = true;
};

class HttpServer {
 public:
  // All references outlive the server. Destroyed after the loop has stopped, or on its thread.
  HttpServer(boost::asio::io_context& loop, Backend& backend, NodeAdmin& admin,
             HttpServerOptions options, ShardMetrics& metrics);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Serves an accepted socket of this loop (io/listener.h). Over max_connections it gets a 503 and
  // is closed.
  void adopt(boost::asio::ip::tcp::socket socket);

  // The answer to a request. False if no request of this server waits under this id.
  bool deliver(ClientId client, ClientReply reply);

  // Reads no more; each connection closes when its current request is answered.
  void stop();

  size_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vordb::io
