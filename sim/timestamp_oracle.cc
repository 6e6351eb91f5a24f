#include "sim/timestamp_oracle.h"

#include <algorithm>

namespace vordb::sim {

TimestampOracle::TimestampOracle(OracleContext& context) : context_(context) {
  for (const BucketPlan& plan : context.catalogue.buckets()) keys_.emplace_back(plan.keys);
}

void TimestampOracle::answered(const Call& call, const ClientReply& reply) {
  context_->findings->evaluated(Property::kTimestampsBounded, call.now.low_ms > 0);
  if (reply.timestamp_ms < call.now.low_ms || reply.timestamp_ms > call.now.high_ms)
    context_->findings->violated(Property::kTimestampsBounded,
                                 name_of(call) + " got " + std::to_string(reply.timestamp_ms) +
                                     ", but the clocks showed " + std::to_string(call.now.low_ms) +
                                     " to " + std::to_string(call.now.high_ms));
  const BucketPlan& plan = context_->catalogue.bucket(call.bucket);
  // A bucket that is created anew has keys of its own; and of a client that hung up nobody waits
  // for the answer.
  if (plan.churns || call.span.begin < context_->horizon) return;
  Key& key = keys_[call.bucket][call.key];
  const bool reads_first = plan.config.type == BucketType::kLww && context_->strict(call.bucket);
  const uint32_t node = context_->carried_out_by(call);
  if (context_->alone() || reads_first) {
    check_rise(call, reply, key.shown);
  } else if (node != kNodeUnknown) {
    if (key.by_node.empty()) key.by_node.resize(context_->shape.nodes);
    check_rise(call, reply, key.by_node[node]);
  }
  key.last_end = call.span.end;
}

void TimestampOracle::check_rise(const Call& call, const ClientReply& reply,
                                 KnownBefore<uint64_t>& shown) {
  const Step last_end = keys_[call.bucket][call.key].last_end;
  const bool over_crash =
      context_->last_crash > 0 && last_end > 0 && last_end < context_->last_crash;
  context_->findings->evaluated(Property::kTimestampsRise, over_crash);
  const uint64_t floor = shown.before(call.span.begin);
  if (reply.timestamp_ms < floor)
    context_->findings->violated(Property::kTimestampsRise, name_of(call) + " got " +
                                                                std::to_string(reply.timestamp_ms) +
                                                                " after " + std::to_string(floor));
  shown.forget_before(context_->horizon);
  shown.know(call.span.end, reply.timestamp_ms);
}

}  // namespace vordb::sim
