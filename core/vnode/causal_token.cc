#include "core/vnode/causal_token.h"

#include <algorithm>

#include "core/codec.h"
#include "core/dispatch/constraints.h"
#include "proto/storage.pb.h"

namespace vordb {

std::string encode_token(const CausalToken& from) {
  pb::CausalToken token;
  token.set_replication_n(from.placement.n);
  token.set_partition(from.placement.partition);
  token.set_hlc(from.hlc.word);
  to_pb(from.past.clock(), token.mutable_clock());
  size_t above = 0;
  for (pb::ReplicaClock& replica : *token.mutable_clock()) {
    auto& dots = *replica.mutable_above();
    const size_t fits = std::min(kTokenDotsMax - above, size_t(dots.size()));
    dots.erase(dots.begin(), dots.end() - int(fits));
    above += fits;
  }
  for (const crdt::ReplicaId& life : from.past.full_below()) to_pb(life, token.add_full_below());
  return token.SerializeAsString();
}

void take_token_time(const CausalToken& seen, const Instant& now, uint64_t drift_ms,
                     HlcClock& clock) {
  if (seen.hlc <= Hlc::from_ms(now.wall_ms + drift_ms)) clock.observe(seen.hlc, now);
}

absl::StatusOr<CausalToken> decode_token(std::string_view bytes) {
  static const Constraints constraints({pb::CausalToken::descriptor()});
  pb::CausalToken token;
  if (!token.ParseFromArray(bytes.data(), int(bytes.size())) || !constraints.check(token).ok()) {
    return absl::InvalidArgumentError("the context is none that an answer has given");
  }
  CausalToken seen;
  seen.placement = {uint8_t(token.replication_n()), uint16_t(token.partition())};
  seen.hlc = Hlc{token.hlc()};
  seen.past = crdt::CausalPast(clock_from_pb(token.clock()));
  for (const pb::ReplicaId& life : token.full_below()) seen.past.fill_below(from_pb(life));
  return seen;
}

}  // namespace vordb
