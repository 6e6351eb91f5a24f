// What the load client writes and how it finds the ends of answers, for both protocols: bytes in,
// bytes out, no sockets. Buffers and messages are reused; an answer is looked at only as far as its
// kind.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/client_api.h"

namespace vordb::pb {
class Request;
}

namespace vordb::server {

enum class Protocol : uint8_t { kTcp, kHttp };

const char* to_string(Protocol protocol);

struct BenchRequest {
  Operation operation = Operation::kGet;
  std::string_view key;
  std::string_view value;      // put: printable, without " and \.
  uint64_t first_element = 0;  // set_add: elements are numbered
  uint32_t elements = 1;
};

// Keys and elements by their number: of one length, so that every request costs the same.
std::string bench_key(uint64_t number);
std::string bench_element(uint64_t number);

class RequestWriter {
 public:
  // An empty bucket stands for the default bucket of each operation's type.
  RequestWriter(Protocol protocol, std::string bucket);
  ~RequestWriter();

  void append(std::string& out, const BenchRequest& request);

 private:
  void append_frame(std::string& out, const BenchRequest& request);
  void append_http(std::string& out, const BenchRequest& request);

  Protocol protocol_;
  std::string bucket_;
  uint32_t next_id_ = 0;
  std::unique_ptr<pb::Request> message_;
  std::string body_;
};

struct ScannedReply {
  enum class Kind : uint8_t { kIncomplete, kOk, kNotFound, kError };
  Kind kind = Kind::kIncomplete;
  size_t bytes = 0;  // of the whole answer; 0 when incomplete
};

// The first answer in `in`, which begins at the start of one.
ScannedReply scan_reply(Protocol protocol, std::string_view in);

// What an answer of kind kError says, for people.
std::string reply_error(Protocol protocol, std::string_view reply);

}  // namespace vordb::server
