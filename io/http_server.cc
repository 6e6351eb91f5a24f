#include "io/http_server.h"

#include <utility>

#include "io/asio.h"
#include "io/http_connection.h"
#include "io/steady_time.h"

namespace vordb::io {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

// How often slow and idle connections are looked for, at most.
constexpr uint64_t kSweepMs = 1000;

}  // namespace

struct HttpServer::Impl {
  explicit Impl(std::shared_ptr<HttpShared> with) : shared(std::move(with)), sweep(shared->loop) {
    sweep_later();
  }

  void sweep_later() {
    const HttpServerOptions& options = shared->options;
    uint64_t shortest_ms = 4 * kSweepMs;
    for (const uint64_t timeout_ms : {options.idle_timeout_ms, options.request_timeout_ms}) {
      if (timeout_ms != 0) shortest_ms = std::min(shortest_ms, timeout_ms);
    }
    sweep.expires_after(std::chrono::milliseconds(shortest_ms / 4 + 1));
    sweep.async_wait([this, alive = shared](error_code error) {
      if (error || alive->stopped) return;
      const uint64_t now_us = steady_us();
      alive->table.for_each([&](HttpConnection& connection) { connection.check_time(now_us); });
      sweep_later();
    });
  }

  // A best effort: the answer fits any socket's buffer, so this does not wait.
  void turn_away(tcp::socket socket) {
    shared->metrics.connection_refused(Protocol::kHttp);
    std::string bytes;
    append_response(http_error(503, "unavailable", "too many connections"), false, false, &bytes);
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(boost::asio::buffer(bytes), ignored);
    shared->closer.close(std::move(socket));
  }

  std::shared_ptr<HttpShared> shared;
  boost::asio::steady_timer sweep;
  bool finishing = false;
};

HttpServer::HttpServer(boost::asio::io_context& loop, Backend& backend, NodeAdmin& admin,
                       HttpServerOptions options, ShardMetrics& metrics)
    : impl_(std::make_unique<Impl>(
          std::make_shared<HttpShared>(loop, backend, admin, options, metrics))) {}

HttpServer::~HttpServer() {
  impl_->shared->stopped = true;
  impl_->shared->table.for_each([](HttpConnection& connection) { connection.close(); });
  impl_->shared->table.drop_all();
}

void HttpServer::adopt(tcp::socket socket) {
  HttpShared& shared = *impl_->shared;
  ConnectionTable<HttpConnection>::Place place;
  if (impl_->finishing || shared.table.count() >= shared.options.max_connections ||
      !shared.table.reserve(&place)) {
    return impl_->turn_away(std::move(socket));
  }
  auto connection = std::make_shared<HttpConnection>(std::move(socket), impl_->shared, place);
  shared.table.put(place, connection);
  shared.metrics.connection_opened(Protocol::kHttp);
  connection->start();
}

bool HttpServer::deliver(ClientId client, ClientReply reply) {
  const ClientIdParts parts = parts_of(client);
  if (parts.protocol != Protocol::kHttp) return false;
  HttpConnection* connection = impl_->shared->table.find(parts.slot, parts.generation);
  return connection != nullptr && connection->complete(parts.sequence, std::move(reply));
}

void HttpServer::stop() {
  impl_->finishing = true;
  impl_->shared->table.for_each([](HttpConnection& connection) { connection.finish(); });
}

size_t HttpServer::connections() const { return impl_->shared->table.count(); }

}  // namespace vordb::io
