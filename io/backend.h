// What the client protocols need of the node behind them, and how they name what they ask it.
//
// A protocol server chooses request.client for each request it submits; the answer comes back by
// the server's deliver() on the same thread, maybe before submit() returns, exactly once. The ids
// of the two protocols differ in their top bit, so that whoever answers knows whom to tell.
#pragma once

#include <string_view>

#include "core/client_api.h"
#include "core/ids.h"

namespace vordb::io {

class Backend {
 public:
  virtual ~Backend() = default;

  // Called by the loop's thread only. Requests of one connection arrive in the order in which the
  // client sent them.
  virtual void submit(ClientRequest request) = 0;

  // A request was refused for this constraint of its schema, before it was submitted.
  virtual void violated(std::string_view) {}
};

enum class Protocol : uint8_t { kHttp, kTcp };
inline constexpr int kProtocols = 2;

// The layout of a ClientId: protocol, the connection's slot in its server, how often that slot was
// used before, and the request's number on its connection.
struct ClientIdParts {
  Protocol protocol = Protocol::kTcp;
  uint32_t slot = 0;        // 20 bits
  uint32_t generation = 0;  // 11 bits
  uint32_t sequence = 0;
};

inline constexpr uint32_t kMaxConnectionSlots = 1u << 20;
inline constexpr uint32_t kGenerationMask = (1u << 11) - 1;
inline constexpr ClientId kHttpBit = ClientId{1} << 63;

constexpr ClientId to_client_id(const ClientIdParts& parts) {
  return (parts.protocol == Protocol::kHttp ? kHttpBit : 0) | ClientId{parts.slot} << 43 |
         ClientId{parts.generation & kGenerationMask} << 32 | parts.sequence;
}

constexpr ClientIdParts parts_of(ClientId id) {
  return {id & kHttpBit ? Protocol::kHttp : Protocol::kTcp,
          uint32_t(id >> 43) & (kMaxConnectionSlots - 1), uint32_t(id >> 32) & kGenerationMask,
          uint32_t(id)};
}

// One connection of all that its shard has; never 0.
constexpr uint64_t connection_of(ClientId id) { return (id >> 32) + 1; }

constexpr bool is_http(ClientId id) { return (id & kHttpBit) != 0; }

}  // namespace vordb::io
