// One HTTP request and its answer, blocking: what vordb-cli asks a node's admin routes with. A
// connection a call.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace vordb::io {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// `method` is GET, POST, PUT or DELETE; `target` begins with / and is already percent-encoded. Any
// status is an answer. Unavailable: nothing listens there or the connection broke;
// DeadlineExceeded: no whole answer within timeout_ms; InvalidArgument: the host is unknown.
absl::StatusOr<HttpAnswer> http_call(const std::string& host, uint16_t port,
                                     const std::string& method, const std::string& target,
                                     const std::string& body, int timeout_ms);

}  // namespace vordb::io
