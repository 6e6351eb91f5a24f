// One listening socket whose connections go to the shards in turn. The socket has SO_REUSEADDR, so
// a restart can follow a kill at once, and not SO_REUSEPORT: a second server on the port is told
// that it is taken.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "absl/status/status.h"

namespace vordb::io {

class Listener {
 public:
  // A shard: its loop, and what to do with a connection there (called on that loop's thread).
  struct Target {
    boost::asio::io_context* loop = nullptr;
    std::function<void(boost::asio::ip::tcp::socket)> adopt;
  };

  // Accepts on `loop`. At least one target.
  Listener(boost::asio::io_context& loop, std::vector<Target> targets);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Binds and begins to accept; port 0 takes a free one. `host` is an address or a name. The error
  // names both.
  absl::Status listen(const std::string& host, uint16_t port);

  uint16_t port() const;

  // On the loop's thread: accepts no more.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vordb::io
