// Closes sockets so that the last answer arrives. A close with unread input makes TCP throw away
// what was sent; so the sending side is shut first and input is read off until the client has seen
// the end, for a short time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <boost/asio/ip/tcp.hpp>

namespace vordb::io {

// Sockets that may be closing at once beside so many connections (io/descriptor_shares.h).
inline size_t closing_max(uint32_t connections) {
  return std::clamp<size_t>(connections / 8, 2, 256);
}

class GentleCloser {
 public:
  // Above `max_at_once` sockets, or after `timeout_ms`, it closes at once.
  explicit GentleCloser(size_t max_at_once, uint64_t timeout_ms = 2000)
      : max_at_once_(max_at_once), timeout_ms_(timeout_ms) {}

  // Everything to be sent was written, and no operation is under way.
  void close(boost::asio::ip::tcp::socket socket);

 private:
  size_t max_at_once_;
  uint64_t timeout_ms_;
  std::shared_ptr<size_t> open_ =
      std::make_shared<size_t>(0);  // outlives the closer with its sockets
};

}  // namespace vordb::io
