#include "io/frame_server.h"

#include <utility>

#include "io/asio.h"
#include "io/frame_connection.h"
#include "io/steady_time.h"

namespace vordb::io {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

// How often idle connections are looked for, at most.
constexpr uint64_t kSweepMs = 1000;

}  // namespace

struct FrameServer::Impl {
  Impl(boost::asio::io_context& loop, Backend& backend, FrameServerOptions options,
       ShardMetrics& metrics)
      : shared(std::make_shared<FrameShared>(loop, backend, options, metrics)), sweep(loop) {
    sweep_later();
  }

  void sweep_later() {
    const uint64_t timeout_ms = shared->options.idle_timeout_ms;
    if (timeout_ms == 0) return;
    sweep.expires_after(std::chrono::milliseconds(std::min(kSweepMs, timeout_ms / 4 + 1)));
    sweep.async_wait([this, alive = shared](error_code error) {
      if (error || alive->stopped) return;
      const uint64_t now_us = steady_us();
      shared->table.for_each([&](FrameConnection& connection) { connection.check_idle(now_us); });
      sweep_later();
    });
  }

  // A best effort: the frame fits any socket's buffer, so this does not wait.
  void turn_away(tcp::socket socket) {
    shared->metrics.connection_refused(Protocol::kTcp);
    std::string frame;
    shared->codec.encode(0, {},
                         ClientReply::failed({.code = ErrorCode::kUnavailable,
                                              .outcome = Outcome::kRejected,
                                              .message = "too many connections",
                                              .hint = "close some, or raise tcp_max_connections, "
                                                      "and the limit of open files with it"}),
                         &frame);
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(boost::asio::buffer(frame), ignored);
    shared->closer.close(std::move(socket));
  }

  std::shared_ptr<FrameShared> shared;
  boost::asio::steady_timer sweep;
  bool finishing = false;
};

FrameServer::FrameServer(boost::asio::io_context& loop, Backend& backend,
                         FrameServerOptions options, ShardMetrics& metrics)
    : impl_(std::make_unique<Impl>(loop, backend, options, metrics)) {}

FrameServer::~FrameServer() {
  impl_->shared->stopped = true;
  impl_->shared->dirty.clear();
  impl_->shared->table.for_each([](FrameConnection& connection) { connection.close(); });
  impl_->shared->table.drop_all();
}

void FrameServer::adopt(tcp::socket socket) {
  FrameShared& shared = *impl_->shared;
  ConnectionTable<FrameConnection>::Place place;
  if (impl_->finishing || shared.table.count() >= shared.options.max_connections ||
      !shared.table.reserve(&place)) {
    return impl_->turn_away(std::move(socket));
  }
  auto connection = std::make_shared<FrameConnection>(std::move(socket), impl_->shared, place);
  shared.table.put(place, connection);
  shared.metrics.connection_opened(Protocol::kTcp);
  connection->start();
}

bool FrameServer::deliver(ClientId client, ClientReply reply) {
  const ClientIdParts parts = parts_of(client);
  if (parts.protocol != Protocol::kTcp) return false;
  FrameConnection* connection = impl_->shared->table.find(parts.slot, parts.generation);
  return connection != nullptr && connection->complete(parts.sequence, std::move(reply));
}

void FrameServer::stop() {
  impl_->finishing = true;
  impl_->shared->table.for_each([](FrameConnection& connection) { connection.finish(); });
}

size_t FrameServer::connections() const { return impl_->shared->table.count(); }

}  // namespace vordb::io
