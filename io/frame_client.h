// A blocking client of the binary protocol: one connection, requests written and answers read in
// order.
//
// queue() any number of requests, flush() them in one go, then receive() as many answers. While it
// writes, a client also reads, so a pipeline of any length cannot lock both sides up. After any
// error the connection is of no more use, and the requests that were not answered have an unknown
// outcome. Not for use by several threads at once.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace vordb::pb {
class Request;
class Response;
}  // namespace vordb::pb

namespace vordb::io {

class FrameClient {
 public:
  // `host` is a name or an address. Unavailable: nothing listens there or it cannot be reached in
  // time; InvalidArgument: the name is unknown. `timeout_ms` bounds this call and later each wait
  // for the server.
  static absl::StatusOr<FrameClient> connect(const std::string& host, uint16_t port,
                                             int timeout_ms);

  FrameClient(FrameClient&& other) noexcept;
  FrameClient& operator=(FrameClient&& other) noexcept;
  ~FrameClient();

  void queue(const pb::Request& request);
  absl::Status flush();

  // The next answer. DeadlineExceeded after timeout_ms without a byte; Unavailable when the server
  // closed.
  absl::Status receive(pb::Response* response);

  // One request and its answer. Nothing may be outstanding.
  absl::Status call(const pb::Request& request, pb::Response* response);

 private:
  FrameClient(int fd, int timeout_ms) : fd_(fd), timeout_ms_(timeout_ms) {}

  // Waits until the socket is ready and moves bytes: out_ to the socket when `writing`, the socket
  // to in_ always.
  absl::Status exchange(bool writing);
  absl::Status read_some();

  int fd_ = -1;
  int timeout_ms_ = 0;
  std::string out_;
  size_t sent_ = 0;
  std::string in_;
  size_t taken_ = 0;
};

}  // namespace vordb::io
