#include "sim/timestamp_oracle.h"

#include <algorithm>

namespace vordb::sim {

TimestampOracle::TimestampOracle(OracleContext& context) : context_(context) {
  for (const BucketPlan& plan : context.catalogue.buckets()) keys_.emplace_back(plan.keys);
}

void TimestampOracle::answered(const Call& call, const ClientReply& reply) {
  // A bucket that is created anew has keys of its own; and of a client that hung up nobody waits
  // for the answer.
  if (context_.catalogue.bucket(call.bucket).churns || call.span.begin < context_.horizon) return;
  Key& key = keys_[call.bucket][call.key];
  const uint64_t shown = reply.timestamp_ms;
  uint64_t floor = key.floor_ms;
  for (const Shown& earlier : key.recent) {
    if (earlier.end < call.span.begin) floor = std::max(floor, earlier.timestamp_ms);
  }
  const bool over_crash =
      context_.last_crash > 0 && key.last_end > 0 && key.last_end < context_.last_crash;
  context_.findings.evaluated(Property::kTimestampsRise, over_crash);
  if (shown < floor)
    context_.findings.violated(Property::kTimestampsRise, "bucket " + std::to_string(call.bucket) +
                                                              " key " + std::to_string(call.key) +
                                                              ": call " + std::to_string(call.id) +
                                                              " got " + std::to_string(shown) +
                                                              " after " + std::to_string(floor));
  std::erase_if(key.recent, [&](const Shown& earlier) {
    if (earlier.end >= context_.horizon) return false;
    key.floor_ms = std::max(key.floor_ms, earlier.timestamp_ms);
    return true;
  });
  key.recent.push_back({call.span.end, shown});
  key.last_end = call.span.end;
}

}  // namespace vordb::sim
