// The causal token of an answer, decoded: what one placement had merged when it answered. Given
// back with a request, it makes a replica that has seen less say so, and a removal take away
// exactly what the token covers.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/crdt/hlc.h"
#include "core/crdt/vnode_clock.h"
#include "core/ids.h"

namespace vordb {

struct CausalContext {
  PlacementId placement;
  Hlc hlc;
  crdt::VnodeClock clock;  // dots above the base that do not fit are left out
};

// At most this many dots above the base travel in a token.
inline constexpr size_t kContextDotsMax = 64;

std::string encode_context(PlacementId placement, Hlc hlc, const crdt::VnodeClock& clock);

// InvalidArgument for bytes that no answer of ours ever held.
absl::StatusOr<CausalContext> decode_context(std::string_view bytes);

}  // namespace vordb
