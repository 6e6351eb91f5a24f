// For tests: a loop on a thread of its own, and a blocking client of it over real sockets. A client
// that waits for bytes that never come fails after a generous time instead of hanging.
#pragma once

#include <sys/socket.h>
#include <sys/time.h>

#include <cstdint>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "io/asio.h"

namespace vordb::io::testing {

class LoopThread {
 public:
  LoopThread() : work_(boost::asio::make_work_guard(loop)), thread_([this] { loop.run(); }) {}
  ~LoopThread() { stop(); }

  // Runs `task` on the loop's thread and waits for it.
  void run(std::function<void()> task) {
    std::promise<void> done;
    boost::asio::post(loop, [&] {
      task();
      done.set_value();
    });
    done.get_future().get();
  }

  template <typename T>
  T get(std::function<T()> task) {
    T result{};
    run([&] { result = task(); });
    return result;
  }

  void stop() {
    loop.stop();
    if (thread_.joinable()) thread_.join();
  }

  boost::asio::io_context loop;

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

class RawClient {
 public:
  explicit RawClient(uint16_t port) : socket_(loop_) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
    socket_.set_option(boost::asio::ip::tcp::no_delay(true));
    const timeval fuse{20, 0};
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &fuse, sizeof fuse);
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &fuse, sizeof fuse);
  }

  void send(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }

  // As send(), for a server that may have closed already.
  bool try_send(std::string_view bytes) {
    boost::system::error_code error;
    boost::asio::write(socket_, boost::asio::buffer(bytes), error);
    return !error;
  }

  void shut_sending() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }
  void close() { socket_.close(); }

  // Exactly `count` bytes.
  std::string read(size_t count) {
    while (received_.size() < count) {
      if (!read_more()) throw std::runtime_error("the server closed after: " + received_);
    }
    return take(count);
  }

  // Through `end`.
  std::string read_through(std::string_view end) {
    size_t found;
    while ((found = received_.find(end)) == std::string::npos) {
      if (!read_more()) throw std::runtime_error("the server closed after: " + received_);
    }
    return take(found + end.size());
  }

  // All that comes until the server closes.
  std::string read_to_end() {
    while (read_more()) {
    }
    return take(received_.size());
  }

 private:
  bool read_more() {
    char bytes[65536];
    const ssize_t count = ::recv(socket_.native_handle(), bytes, sizeof bytes, 0);
    if (count < 0 && errno != ECONNRESET) throw std::runtime_error("nothing came from the server");
    if (count <= 0) return false;
    received_.append(bytes, size_t(count));
    return true;
  }

  std::string take(size_t count) {
    std::string taken = received_.substr(0, count);
    received_.erase(0, count);
    return taken;
  }

  boost::asio::io_context loop_;
  boost::asio::ip::tcp::socket socket_;
  std::string received_;
};

}  // namespace vordb::io::testing
