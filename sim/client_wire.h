// The client's side of the binary protocol, written from proto/client.proto alone: requests are
// encoded here and answers decoded here, so that a mistake of the node's codec meets an independent
// reading.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/call.h"
#include "sim/catalogue.h"

namespace vordb::sim {

// The bytes of one Request (without the frame's length).
std::string encode_call(const Catalogue& catalogue, const Call& call, uint32_t request_id);

struct Answer {
  uint32_t request_id = 0;
  ClientReply reply;
};

// Nothing: the bytes are no Response. An error's code is only as exact as the protocol is:
// UNAVAILABLE stands for kUnavailable, BAD_REQUEST for kBadRequest.
std::optional<Answer> decode_answer(std::string_view bytes);

}  // namespace vordb::sim
