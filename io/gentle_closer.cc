#include "io/gentle_closer.h"

#include "io/asio.h"

namespace vordb::io {
namespace {

using boost::asio::ip::tcp;

struct Closing : std::enable_shared_from_this<Closing> {
  Closing(tcp::socket from, std::shared_ptr<size_t> counter)
      : socket(std::move(from)), deadline(socket.get_executor()), open(std::move(counter)) {
    ++*open;
  }
  ~Closing() { --*open; }

  void start(uint64_t timeout_ms) {
    boost::system::error_code ignored;
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    deadline.expires_after(std::chrono::milliseconds(timeout_ms));
    deadline.async_wait([self = shared_from_this()](boost::system::error_code error) {
      boost::system::error_code failed;
      if (!error) self->socket.close(failed);
    });
    read();
  }

  void read() {
    socket.async_read_some(boost::asio::buffer(sink),
                           [self = shared_from_this()](boost::system::error_code error, size_t) {
                             if (!error) return self->read();
                             boost::system::error_code ignored;
                             self->deadline.cancel(ignored);
                             self->socket.close(ignored);
                           });
  }

  tcp::socket socket;
  boost::asio::steady_timer deadline;
  std::shared_ptr<size_t> open;
  char sink[4096];
};

}  // namespace

void GentleCloser::close(tcp::socket socket) {
  boost::system::error_code ignored;
  if (*open_ >= max_at_once_) {
    socket.close(ignored);
    return;
  }
  std::make_shared<Closing>(std::move(socket), open_)->start(timeout_ms_);
}

}  // namespace vordb::io
