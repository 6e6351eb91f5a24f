#include "core/vnode/causal_context.h"

#include "core/codec.h"
#include "proto/storage.pb.h"

namespace vordb {

std::string encode_context(PlacementId placement, Hlc hlc, const crdt::VnodeClock& clock) {
  pb::CausalToken token;
  token.set_replication_n(placement.n);
  token.set_partition(placement.partition);
  token.set_hlc(hlc.word);
  to_pb(clock, token.mutable_clock());
  size_t above = 0;
  for (pb::ReplicaClock& replica : *token.mutable_clock()) {
    const size_t fits = kContextDotsMax - above;
    if (size_t(replica.above_size()) > fits) replica.mutable_above()->Truncate(int(fits));
    above += size_t(replica.above_size());
  }
  return token.SerializeAsString();
}

absl::StatusOr<CausalContext> decode_context(std::string_view bytes) {
  pb::CausalToken token;
  if (!token.ParseFromArray(bytes.data(), int(bytes.size())) || token.replication_n() == 0 ||
      token.replication_n() > UINT8_MAX || token.partition() > UINT16_MAX) {
    return absl::InvalidArgumentError("the context is none that an answer has given");
  }
  CausalContext context;
  context.placement = {uint8_t(token.replication_n()), uint16_t(token.partition())};
  context.hlc = Hlc{token.hlc()};
  context.clock = clock_from_pb(token.clock());
  return context;
}

}  // namespace vordb
