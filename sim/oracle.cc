#include "sim/oracle.h"

#include <algorithm>
#include <array>

#include "sim/bucket_oracle.h"
#include "sim/counter_oracle.h"
#include "sim/error_oracle.h"
#include "sim/register_oracle.h"
#include "sim/set_oracle.h"
#include "sim/timestamp_oracle.h"

namespace vordb::sim {

struct Oracles::Impl {
  Impl(const Catalogue& catalogue, Findings& findings)
      : context{catalogue, findings},
        registers(context),
        sets(context),
        counters(context),
        buckets(context),
        timestamps(context),
        errors(context) {}

  Oracle& of_type(uint32_t bucket) {
    switch (context.catalogue.bucket(bucket).config.type) {
      case BucketType::kOrswot:
        return sets;
      case BucketType::kPnCounter:
        return counters;
      default:
        return registers;
    }
  }

  static bool is_data(Operation operation) { return operation <= Operation::kCounterValue; }

  OracleContext context;
  RegisterOracle registers;
  SetOracle sets;
  CounterOracle counters;
  BucketOracle buckets;
  TimestampOracle timestamps;
  ErrorOracle errors;
};

Oracles::Oracles(const Catalogue& catalogue, Findings& findings)
    : impl_(std::make_unique<Impl>(catalogue, findings)) {}
Oracles::~Oracles() = default;

void Oracles::began(const Call& call) {
  impl_->buckets.began(call);
  if (Impl::is_data(call.operation)) impl_->of_type(call.bucket).began(call);
  if (call.operation == Operation::kDeleteBucket) impl_->of_type(call.bucket).drop_began(call);
}

void Oracles::answered(const Call& call, const ClientReply& reply, const ErrorCauses& causes) {
  if (reply.kind == ClientReply::Kind::kError) {
    impl_->errors.answered(call, reply.error, causes);
    impl_->buckets.refused(call, reply.error.code);
    if (Impl::is_data(call.operation)) impl_->of_type(call.bucket).refused(call);
    if (call.operation == Operation::kDeleteBucket)
      impl_->of_type(call.bucket).drop_ended(call, true);
    return;
  }
  impl_->buckets.answered(call, reply);
  if (Impl::is_data(call.operation)) {
    impl_->of_type(call.bucket).answered(call, reply);
    if (call.is_mutation()) impl_->timestamps.answered(call, reply);
  }
  if (call.operation == Operation::kDeleteBucket)
    impl_->of_type(call.bucket).drop_ended(call, false);
  if (!call.request_token.empty() && call.crossed_crash)
    impl_->context.findings.evaluated(Property::kTokenOnce, true);
}

void Oracles::attempt_failed(const Call& call, const ClientError& error,
                             const ErrorCauses& causes) {
  impl_->errors.answered(call, error, causes);
}

void Oracles::lost_sight(const Call& call, Step end) {
  impl_->buckets.lost_sight(call, end);
  if (Impl::is_data(call.operation)) impl_->of_type(call.bucket).lost_sight(call, end);
  if (call.operation == Operation::kDeleteBucket)
    impl_->of_type(call.bucket).drop_lost_sight(call, end);
}

void Oracles::repeated(const Call& call, const ClientReply& first, const ClientReply& second) {
  Findings& findings = impl_->context.findings;
  findings.evaluated(Property::kTokenOnce, true);
  if (second.kind == ClientReply::Kind::kOk && second.timestamp_ms == first.timestamp_ms) return;
  findings.violated(
      Property::kTokenOnce,
      "call " + std::to_string(call.id) + " sent again with its token got " +
          (second.kind == ClientReply::Kind::kError ? second.error.message
                                                    : std::to_string(second.timestamp_ms)) +
          " instead of " + std::to_string(first.timestamp_ms));
}

void Oracles::listed(const Call& call, const std::vector<std::string>& names) {
  Findings& findings = impl_->context.findings;
  impl_->buckets.seen(call, true);
  const BucketPlan& plan = impl_->context.catalogue.bucket(call.bucket);
  const Oracle& oracle = impl_->of_type(call.bucket);
  std::vector<bool> named(plan.keys, false);
  for (const std::string& name : names) {
    const auto key = Catalogue::key_index(name);
    if (!key.has_value() || *key >= plan.keys || named[*key]) {
      findings.violated(Property::kKeysListed,
                        "call " + std::to_string(call.id) + " lists " + name +
                            (key.has_value() ? " twice" : ", which nobody wrote"));
      return;
    }
    named[*key] = true;
  }
  for (uint32_t key = 0; key < plan.keys; ++key) {
    findings.evaluated(Property::kKeysListed, named[key]);
    if (named[key] ? oracle.may_list(call, key) : oracle.may_omit(call, key)) continue;
    findings.violated(Property::kKeysListed,
                      "call " + std::to_string(call.id) + " on bucket " + plan.config.name +
                          (named[key] ? " lists key " : " leaves out key ") + std::to_string(key) +
                          " of " + std::to_string(names.size()));
  }
}

bool Oracles::surely_there(uint32_t bucket, uint32_t key) const {
  return impl_->registers.surely_there(bucket, key);
}

void Oracles::crashed(Step step) { impl_->context.last_crash = step; }

void Oracles::forget_before(Step horizon) {
  impl_->context.horizon = std::max(impl_->context.horizon, horizon);
}

}  // namespace vordb::sim
