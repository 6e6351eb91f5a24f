#include "io/listener.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/assert.h"
#include "core/host_port.h"
#include "io/asio.h"

namespace vordb::io {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

// How long to wait when the process has no descriptors left: accepting again at once would only
// spin.
constexpr std::chrono::milliseconds kAcceptPause{50};

constexpr int kBacklog = 4096;

// Connections on their way to a shard; more stay in the kernel's queue, where they cost no
// descriptor.
constexpr int kOnTheWayMax = 8;

}  // namespace

struct Listener::Impl : std::enable_shared_from_this<Listener::Impl> {
  Impl(boost::asio::io_context& io, std::vector<Target> to)
      : loop(io), targets(std::move(to)), acceptor(io), pause(io) {}

  error_code open(const tcp::endpoint& endpoint) {
    error_code error;
    if (acceptor.open(endpoint.protocol(), error)) return error;
    if (acceptor.set_option(tcp::acceptor::reuse_address(true), error)) return error;
    if (acceptor.bind(endpoint, error)) return error;
    acceptor.listen(kBacklog, error);
    return error;
  }

  void accept() {
    const Target& target = targets[next];
    next = (next + 1) % targets.size();
    acceptor.async_accept(
        *target.loop, [self = shared_from_this(), &target](error_code error, tcp::socket socket) {
          self->accepted(target, error, std::move(socket));
        });
  }

  void accepted(const Target& target, error_code error, tcp::socket socket) {
    if (!acceptor.is_open()) return;
    if (error) {
      pause.expires_after(kAcceptPause);
      pause.async_wait([self = shared_from_this()](error_code stopped) {
        if (!stopped && self->acceptor.is_open()) self->accept();
      });
      return;
    }
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (target.loop == &loop) {
      target.adopt(std::move(socket));
    } else {
      boost::asio::post(*target.loop,
                        [self = shared_from_this(), &target, moved = std::move(socket)]() mutable {
                          target.adopt(std::move(moved));
                          boost::asio::post(self->loop, [self] { self->arrived(); });
                        });
      if (++on_the_way >= kOnTheWayMax) return;
    }
    accept();
  }

  void arrived() {
    const bool was_full = on_the_way-- >= kOnTheWayMax;
    if (was_full && acceptor.is_open()) accept();
  }

  boost::asio::io_context& loop;
  std::vector<Target> targets;
  size_t next = 0;
  int on_the_way = 0;
  tcp::acceptor acceptor;
  boost::asio::steady_timer pause;
};

Listener::Listener(boost::asio::io_context& loop, std::vector<Target> targets)
    : impl_(std::make_shared<Impl>(loop, std::move(targets))) {
  VORDB_ASSERT(!impl_->targets.empty(), "someone takes the connections");
}

Listener::~Listener() { stop(); }

absl::Status Listener::listen(const std::string& host, uint16_t port) {
  error_code error;
  tcp::resolver resolver(impl_->loop);
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (!error && !found.empty()) error = impl_->open(found.begin()->endpoint());
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", format_address(host, port), ": ", error.message()));
  }
  impl_->accept();
  return absl::OkStatus();
}

uint16_t Listener::port() const {
  error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

void Listener::stop() {
  error_code ignored;
  impl_->acceptor.close(ignored);
  impl_->pause.cancel(ignored);
}

}  // namespace vordb::io
