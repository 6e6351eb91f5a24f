#include "sim/bucket_oracle.h"

#include <algorithm>

namespace vordb::sim {

BucketOracle::BucketOracle(OracleContext& context)
    : context_(context),
      buckets_(context.catalogue.buckets().size()),
      dropped_(context.catalogue.buckets().size(), false) {}

void BucketOracle::began(const Call& call) {
  if (call.operation == Operation::kCreateBucket)
    buckets_[call.bucket].began(call.id, true, call.span.begin);
  if (call.operation == Operation::kDeleteBucket)
    buckets_[call.bucket].began(call.id, false, call.span.begin);
}

void BucketOracle::answered(const Call& call, const ClientReply& reply) {
  Presence& presence = buckets_[call.bucket];
  presence.forget_before(context_.horizon);
  switch (call.operation) {
    case Operation::kCreateBucket:
    case Operation::kDeleteBucket: {
      // It found the opposite of what it leaves.
      const bool found = call.operation == Operation::kDeleteBucket;
      context_.findings.evaluated(Property::kBucketPresence, presence.last_known(found));
      if (!presence.explains(found, call.span))
        context_.findings.violated(
            Property::kBucketPresence,
            "bucket " + std::to_string(call.bucket) + ": call " + std::to_string(call.id) +
                (found ? " deleted what was not there" : " created what was there"));
      presence.acknowledged(call.id, call.span);
      dropped_[call.bucket] = dropped_[call.bucket] || found;
      break;
    }
    case Operation::kGetBucket:
      observe(call, call.bucket, true);
      break;
    case Operation::kListBuckets:
      for (uint32_t bucket = 0; bucket < buckets_.size(); ++bucket) {
        const BucketConfig& config = context_.catalogue.bucket(bucket).config;
        const auto found =
            std::find_if(reply.buckets.begin(), reply.buckets.end(),
                         [&](const BucketConfig& c) { return c.name == config.name; });
        if (context_.catalogue.bucket(bucket).is_default) continue;
        observe(call, bucket, found != reply.buckets.end());
        if (found != reply.buckets.end() &&
            (found->type != config.type || found->ttl_seconds != config.ttl_seconds))
          context_.findings.violated(Property::kBucketPresence,
                                     "bucket " + config.name + " is listed with other settings");
      }
      break;
    default:
      seen(call, true);
  }
}

void BucketOracle::refused(const Call& call, ErrorCode code) {
  Presence& presence = buckets_[call.bucket];
  if (call.operation == Operation::kCreateBucket || call.operation == Operation::kDeleteBucket)
    presence.refused(call.id);
  if (code == ErrorCode::kBucketNotFound) observe(call, call.bucket, false);
  if (code == ErrorCode::kBucketExists) observe(call, call.bucket, true);
}

void BucketOracle::lost_sight(const Call& call, Step end) {
  if (call.operation == Operation::kCreateBucket || call.operation == Operation::kDeleteBucket)
    buckets_[call.bucket].lost_sight(call.id, end);
}

void BucketOracle::seen(const Call& call, bool present) {
  const BucketPlan& plan = context_.catalogue.bucket(call.bucket);
  if (plan.is_default) {
    if (!present)
      context_.findings.violated(Property::kBucketPresence,
                                 "default bucket " + plan.config.name + " is not there");
    return;
  }
  if (plan.churns)
    context_.findings.evaluated(Property::kBucketDroppedStays, dropped_[call.bucket]);
  observe(call, call.bucket, present);
}

void BucketOracle::observe(const Call& call, uint32_t bucket, bool present) {
  Presence& presence = buckets_[bucket];
  presence.forget_before(context_.horizon);
  context_.findings.evaluated(Property::kBucketPresence, presence.last_known(present));
  if (presence.observe(present, call.span)) return;
  context_.findings.violated(Property::kBucketPresence,
                             "bucket " + context_.catalogue.bucket(bucket).config.name + " is " +
                                 (present ? "there" : "missing") + " for call " +
                                 std::to_string(call.id) + " (" + to_string(call.operation) +
                                 ") by client " + std::to_string(call.client));
}

}  // namespace vordb::sim
