// The causal token of an answer, decoded: what a client was shown of one placement. Of a read that
// is what the vnode had merged when it began to read; of a mutation what its client gave, and the
// mutation itself. Given back with a request, it makes a replica that has seen less say so, and a
// removal take away exactly what the token covers.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/crdt/causal_past.h"
#include "core/crdt/hlc.h"
#include "core/fields.h"
#include "core/ids.h"

namespace vordb {

struct CausalToken {
  PlacementId placement;
  Hlc hlc;                // what is judged by time, under a later one
  crdt::CausalPast past;  // dots above the base that do not fit are left out
  VORDB_FIELDS(CausalToken, placement, hlc, past)
};

// At most this many dots above the base travel in a token: of a replica the newest.
inline constexpr size_t kTokenDotsMax = 64;

// A larger token is given to no client: no request would take it back.
inline constexpr size_t kTokenBytesMax = 4096;

std::string encode_token(const CausalToken& token);

// What the client has seen stays past: `clock` goes on from the token's time. From one further
// ahead than `drift_ms`, whose clock was wrong, nothing is taken.
void take_token_time(const CausalToken& seen, const Instant& now, uint64_t drift_ms,
                     HlcClock& clock);

// InvalidArgument for bytes that no answer of ours ever held.
absl::StatusOr<CausalToken> decode_token(std::string_view bytes);

}  // namespace vordb
