// The bytes between two nodes. A connection carries batches: a header of 20 bytes (a magic number,
// the payload's length, the number of the member that it is for or 0, XXH3-64 over the payload),
// then the payload, which is messages one after the other, each behind its length. A batch without
// payload asks for a sign of life, and is one.
//
// The first batch in either direction is the handshake: PeerHello, answered by PeerWelcome.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"

namespace google::protobuf {
class MessageLite;
}

namespace vordb::io {

inline constexpr size_t kPeerHeaderBytes = 20;

// What this program speaks. A newer one that still knows version 1 says 1..2.
inline constexpr uint32_t kPeerVersionMin = 1;
inline constexpr uint32_t kPeerVersionMax = 1;

// Appends a message behind its length.
void append_message(const google::protobuf::MessageLite& message, std::string* payload);

// The header of the batch whose payload is these chunks, in order.
std::string batch_header(NodeNumber to, const std::vector<std::string>& chunks);

// A whole batch of one message.
std::string single_batch(NodeNumber to, const google::protobuf::MessageLite& message);
std::string empty_batch();

struct PeerBatch {
  NodeNumber to = 0;
  std::string_view payload;
};

enum class PeerParse : uint8_t { kMore, kBatch, kGarbage };

// The batch at the beginning of `bytes`. kMore: it has not come whole, *wanted is how long it will
// be (or 0). kGarbage: this is no batch, is longer than `max_payload_bytes`, or was damaged;
// *problem says which.
PeerParse read_batch(std::string_view bytes, size_t max_payload_bytes, PeerBatch* batch,
                     size_t* wanted, const char** problem);

// Takes the next message off a payload. False: the rest is no message.
bool next_message(std::string_view* payload, std::string_view* message);

}  // namespace vordb::io
