#include "sim/bucket_oracle.h"

#include <algorithm>

namespace vordb::sim {

namespace {
constexpr uint64_t kHeardWithinUs = 10'000'000;
}

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

bool BucketOracle::may_have_changed(const Call& call) const {
  return !context_->catalogue.bucket(call.bucket).is_default &&
         buckets_[call.bucket].explains(false, call.span);
}

void BucketOracle::answered(const Call& call, const ClientReply& reply) {
  Presence& presence = buckets_[call.bucket];
  forget(presence);
  switch (call.operation) {
    case Operation::kCreateBucket:
    case Operation::kDeleteBucket: {
      // It found the opposite of what it leaves.
      const bool found = call.operation == Operation::kDeleteBucket;
      context_->findings->evaluated(Property::kBucketPresence, presence.last_known(found));
      if (!presence.explains(found, call.span))
        context_->findings->violated(
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
        const BucketConfig& config = context_->catalogue.bucket(bucket).config;
        const auto found =
            std::find_if(reply.buckets.begin(), reply.buckets.end(),
                         [&](const BucketConfig& c) { return c.name == config.name; });
        if (context_->catalogue.bucket(bucket).is_default) continue;
        observe(call, bucket, found != reply.buckets.end());
        if (found != reply.buckets.end() && !(*found == config))
          context_->findings->violated(Property::kBucketPresence,
                                       "bucket " + config.name + " is listed with other settings");
      }
      break;
    default:
      seen(call, true);
  }
}

void BucketOracle::refused(const Call& call, ErrorCode code) {
  Presence& presence = buckets_[call.bucket];
  if (changes_table(call.operation)) presence.refused(call.id);
  if (code == ErrorCode::kBucketNotFound) observe(call, call.bucket, false);
  if (code == ErrorCode::kBucketExists) observe(call, call.bucket, true);
}

void BucketOracle::lost_sight(const Call& call, Step end) {
  if (changes_table(call.operation)) buckets_[call.bucket].lost_sight(call.id, end);
}

void BucketOracle::seen(const Call& call, bool present) {
  const BucketPlan& plan = context_->catalogue.bucket(call.bucket);
  if (plan.is_default) {
    if (!present)
      context_->findings->violated(Property::kBucketPresence,
                                   "default bucket " + plan.config.name + " is not there");
    return;
  }
  if (plan.churns)
    context_->findings->evaluated(Property::kBucketDroppedStays, dropped_[call.bucket]);
  observe(call, call.bucket, present);
}

void BucketOracle::observe(const Call& call, uint32_t bucket, bool present) {
  // Its client had hung up, and what it may have seen is forgotten.
  if (call.span.begin < context_->horizon) return;
  Presence& presence = buckets_[bucket];
  forget(presence);
  context_->findings->evaluated(Property::kBucketPresence, presence.last_known(present));
  if (context_->alone()) {
    // The shards of a node learn of a change one after the other, all of them before it is
    // answered: until then one may show it and another, later, not.
    const bool everywhere = changes_table(call.operation) || !presence.undecided();
    if (everywhere ? presence.observe(present, call.span) : presence.explains(present, call.span))
      return;
  } else {
    // The node speaks of what it has heard; that is no evidence of what is there now.
    const Step heard = std::min(call.span.begin, context_->table_known);
    if (presence.explains(present, {heard, call.span.end})) return;
  }
  context_->findings->violated(Property::kBucketPresence,
                               "bucket " + context_->catalogue.bucket(bucket).config.name + " is " +
                                   (present ? "there" : "missing") + " for call " +
                                   std::to_string(call.id) + " (" + to_string(call.operation) +
                                   ") by client " + std::to_string(call.client));
}

void BucketOracle::forget(Presence& presence) {
  presence.forget_before(context_->alone() ? context_->horizon
                                           : std::min(context_->horizon, context_->table_known));
}

void BucketOracle::time_passed(Step step, uint64_t now_us, bool calm) {
  if (!calm) return calm_.clear();
  calm_.push_back({now_us, step});
  while (calm_.front().time_us + kHeardWithinUs <= now_us) {
    known_until(calm_.front().step, step);
    calm_.pop_front();
  }
}

void BucketOracle::known_until(Step known, Step now) {
  context_->table_known = std::max(context_->table_known, known);
  for (OracleContext::Losses& losses : context_->losses) {
    if (losses.drops_known == kNever && losses.open_drops == 0 &&
        losses.last_drop_end <= context_->table_known)
      losses.drops_known = now;
  }
}

}  // namespace vordb::sim
