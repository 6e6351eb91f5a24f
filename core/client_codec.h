// Between the client protocol's bytes (proto/client.proto) and what the node understands
// (core/client_api.h).
//
// Pure, and the same code in production and in the simulator. Decoding checks every constraint of
// the schema before anyone sees the request, and never asserts. One codec serves one thread: it
// reuses its memory between calls.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/client_api.h"

namespace vordb {

namespace pb {
class Request;
}

// Bytes of the length before each frame.
inline constexpr size_t kFrameHeaderBytes = 4;

class ClientCodec {
 public:
  // Answers above `max_frame_bytes` become an error that names what to do.
  explicit ClientCodec(uint32_t max_frame_bytes = 16u << 20);
  ~ClientCodec();
  ClientCodec(const ClientCodec&) = delete;
  ClientCodec& operator=(const ClientCodec&) = delete;

  // Is told of each request that breaks a constraint of the schema: Telemetry::violated.
  using Observer = std::function<void(std::string_view constraint)>;
  void observe(Observer observer);

  // Reads one Request, without its length. Nothing returned: `request` is filled (but for
  // `client`). An error: it is to be answered with, and `request->operation` says what was asked as
  // far as that is known. `*request_id` is 0 where the bytes do not tell it.
  std::optional<ClientError> decode(std::string_view bytes, uint32_t* request_id,
                                    ClientRequest* request);

  // The same for requests that come otherwise than as bytes: fill the empty message, then convert()
  // it. The message is the codec's and lives until its next call of any kind.
  pb::Request* begin();
  std::optional<ClientError> convert(pb::Request* message, ClientRequest* request);

  // Appends the frame that answers with `reply`, length included. `key` is the request's, echoed by
  // reads.
  void encode(uint32_t request_id, std::string_view key, ClientReply reply, std::string* out);

  // One line about a request for logs and traces, without user data.
  std::string redact(const pb::Request& message) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vordb
