#include "core/vnode/causal_context.h"

#include <algorithm>

#include "core/codec.h"
#include "core/dispatch/constraints.h"
#include "proto/storage.pb.h"

namespace vordb {

std::string encode_context(const CausalContext& context) {
  pb::CausalToken token;
  token.set_replication_n(context.placement.n);
  token.set_partition(context.placement.partition);
  token.set_hlc(context.hlc.word);
  to_pb(context.past.clock(), token.mutable_clock());
  size_t above = 0;
  for (pb::ReplicaClock& replica : *token.mutable_clock()) {
    auto& dots = *replica.mutable_above();
    const size_t fits = std::min(kContextDotsMax - above, size_t(dots.size()));
    dots.erase(dots.begin(), dots.end() - int(fits));
    above += fits;
  }
  for (const crdt::ReplicaId& life : context.past.full_below()) to_pb(life, token.add_full_below());
  return token.SerializeAsString();
}

void take_token_time(const CausalContext& seen, const Instant& now, uint64_t drift_ms,
                     HlcClock& clock) {
  if (seen.hlc <= Hlc::from_ms(now.wall_ms + drift_ms)) clock.observe(seen.hlc, now);
}

absl::StatusOr<CausalContext> decode_context(std::string_view bytes) {
  static const Constraints constraints({pb::CausalToken::descriptor()});
  pb::CausalToken token;
  if (!token.ParseFromArray(bytes.data(), int(bytes.size())) || !constraints.check(token).ok()) {
    return absl::InvalidArgumentError("the context is none that an answer has given");
  }
  CausalContext context;
  context.placement = {uint8_t(token.replication_n()), uint16_t(token.partition())};
  context.hlc = Hlc{token.hlc()};
  context.past = crdt::CausalPast(clock_from_pb(token.clock()));
  for (const pb::ReplicaId& life : token.full_below()) context.past.fill_below(from_pb(life));
  return context;
}

}  // namespace vordb
