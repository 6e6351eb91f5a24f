#include "sim/oracle.h"

#include <algorithm>

#include "sim/audit_oracle.h"
#include "sim/bucket_oracle.h"
#include "sim/counter_oracle.h"
#include "sim/error_oracle.h"
#include "sim/register_oracle.h"
#include "sim/set_oracle.h"
#include "sim/timestamp_oracle.h"
#include "sim/weak_counter_oracle.h"
#include "sim/weak_register_oracle.h"
#include "sim/weak_set_oracle.h"

namespace vordb::sim {

OracleContext::OracleContext(const Catalogue& plan, Findings& found, ClusterShape cluster)
    : catalogue(plan), findings(found), shape(cluster), losses(plan.buckets().size()) {}

bool OracleContext::strict(uint32_t bucket) const {
  if (alone()) return true;
  const BucketPlan& plan = catalogue.bucket(bucket);
  const BucketConfig& config = plan.config;
  return !plan.churns && config.write_quorum + config.read_quorum > config.replication_n;
}

uint32_t OracleContext::carried_out_by(const Call& call) const {
  const BucketPlan& plan = catalogue.bucket(call.bucket);
  // A request token is answered by the first owner only, a causal token by whoever has seen enough;
  // a node may not have heard of a bucket's end.
  const bool anywhere = !call.request_token.empty() || !call.context.empty() || plan.churns;
  const bool own = shape.stable && plan.config.replication_n >= shape.nodes;
  // Of an expired collection that is still being cleared, too, another owner may be asked.
  const bool purges =
      call.is_mutation() && plan.config.ttl_seconds > 0 && plan.config.type != BucketType::kLww;
  const bool reads_one = call.is_mutation() || (plan.config.read_quorum == 1 && call.r <= 1);
  return own && reads_one && !anywhere && !purges && !troubled ? call.node : kNodeUnknown;
}

struct Oracles::Impl {
  Impl(const Catalogue& catalogue, Findings& findings, ClusterShape shape)
      : context(catalogue, findings, shape),
        registers(context),
        sets(context),
        counters(context),
        weak_registers(context),
        weak_sets(context),
        weak_counters(context),
        audit(context),
        buckets(context),
        timestamps(context),
        errors(context) {}

  void attach(Findings& findings) {
    context.findings.bind(findings);
    registers.attach(context);
    sets.attach(context);
    counters.attach(context);
    weak_registers.attach(context);
    weak_sets.attach(context);
    weak_counters.attach(context);
    audit.attach(context);
    buckets.attach(context);
    timestamps.attach(context);
    errors.attach(context);
  }

  Oracle& of_type(uint32_t bucket) {
    const bool strict = context.strict(bucket);
    switch (context.catalogue.bucket(bucket).config.type) {
      case BucketType::kOrswot:
        return strict ? static_cast<Oracle&>(sets) : weak_sets;
      case BucketType::kPnCounter:
        return strict ? static_cast<Oracle&>(counters) : weak_counters;
      default:
        return strict ? static_cast<Oracle&>(registers) : weak_registers;
    }
  }

  static bool is_data(Operation operation) { return operation <= Operation::kCounterValue; }

  void table_touched(const Call& call, Step step) {
    if (!changes_table(call.operation)) return;
    context.losses[call.bucket].changed = std::max(context.losses[call.bucket].changed, step);
  }

  void drop_began(const Call& call) {
    OracleContext::Losses& losses = context.losses[call.bucket];
    ++losses.open_drops;
    losses.drops_known = kNever;
    of_type(call.bucket).drop_began(call);
  }

  void drop_ended(const Call& call, Step end) {
    OracleContext::Losses& losses = context.losses[call.bucket];
    --losses.open_drops;
    losses.last_drop_end = std::max(losses.last_drop_end, end);
  }

  OracleContext context;
  RegisterOracle registers;
  SetOracle sets;
  CounterOracle counters;
  WeakRegisterOracle weak_registers;
  WeakSetOracle weak_sets;
  WeakCounterOracle weak_counters;
  AuditOracle audit;
  BucketOracle buckets;
  TimestampOracle timestamps;
  ErrorOracle errors;
};

Oracles::Oracles(const Catalogue& catalogue, Findings& findings, ClusterShape shape)
    : impl_(std::make_unique<Impl>(catalogue, findings, shape)) {}
Oracles::Oracles(const Oracles& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}
Oracles::Oracles(Oracles&&) noexcept = default;
void Oracles::attach(Findings& findings) { impl_->attach(findings); }

Oracles::~Oracles() = default;

void Oracles::began(const Call& call) {
  impl_->table_touched(call, call.span.begin);
  impl_->buckets.began(call);
  if (Impl::is_data(call.operation)) impl_->of_type(call.bucket).began(call);
  if (call.operation == Operation::kDeleteBucket) impl_->drop_began(call);
}

void Oracles::answered(const Call& call, const ClientReply& reply, const ErrorCauses& causes) {
  impl_->table_touched(call, call.span.end);
  impl_->context.troubled = causes.starting || causes.no_space || causes.damaged || causes.changing;
  if (reply.kind == ClientReply::Kind::kError) {
    impl_->errors.answered(call, reply.error, causes);
    impl_->buckets.refused(call, reply.error.code);
    if (Impl::is_data(call.operation)) impl_->of_type(call.bucket).refused(call);
    if (call.operation == Operation::kDeleteBucket) {
      impl_->of_type(call.bucket).drop_ended(call, true);
      impl_->drop_ended(call, 0);
    }
    return;
  }
  impl_->buckets.answered(call, reply);
  if (Impl::is_data(call.operation)) {
    impl_->of_type(call.bucket).answered(call, reply);
    if (call.is_mutation()) impl_->timestamps.answered(call, reply);
    if (call.audits) impl_->audit.answered(call, reply);
  }
  if (call.operation == Operation::kDeleteBucket) {
    impl_->of_type(call.bucket).drop_ended(call, false);
    impl_->drop_ended(call, call.span.end);
  }
  if (!call.request_token.empty() && call.crossed_crash)
    impl_->context.findings->evaluated(Property::kTokenOnce, true);
}

void Oracles::attempt_failed(const Call& call, const ClientError& error,
                             const ErrorCauses& causes) {
  impl_->errors.answered(call, error, causes);
}

void Oracles::lost_sight(const Call& call, Step end) {
  impl_->table_touched(call, end);
  impl_->buckets.lost_sight(call, end);
  if (Impl::is_data(call.operation)) impl_->of_type(call.bucket).lost_sight(call, end);
  if (call.operation == Operation::kDeleteBucket) {
    impl_->of_type(call.bucket).drop_lost_sight(call, end);
    impl_->drop_ended(call, end);
  }
}

void Oracles::carried_out(const Call& call, Step end) {
  if (Impl::is_data(call.operation)) impl_->of_type(call.bucket).carried_out(call, end);
}

std::shared_ptr<const Promise> Oracles::promise_of(const Call& call, const ClientReply& reply) {
  return impl_->of_type(call.bucket).promise_of(call, reply);
}

void Oracles::disks_lost(Step step, uint32_t disks) {
  for (uint32_t bucket = 0; bucket < impl_->context.losses.size(); ++bucket) {
    if (impl_->context.catalogue.bucket(bucket).config.write_quorum > disks) continue;
    impl_->context.losses[bucket].doubted = step;
    impl_->of_type(bucket).doubted(bucket);
  }
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
  // Of several owners one is asked for its keys: what it has not heard of yet it does not list.
  const bool exact = impl_->context.alone() || call.audits;
  // A bucket that is created again between two pages has its keys in other partitions.
  const bool once = !impl_->buckets.may_have_changed(call);
  std::vector<bool> named(plan.keys, false);
  for (const std::string& name : names) {
    const auto key = Catalogue::key_index(name);
    if (!key.has_value() || *key >= plan.keys || (named[*key] && once)) {
      findings.violated(Property::kKeysListed,
                        "call " + std::to_string(call.id) + " lists " + name +
                            (key.has_value() ? " twice" : ", which nobody wrote"));
      return;
    }
    named[*key] = true;
  }
  for (uint32_t key = 0; key < plan.keys; ++key) {
    findings.evaluated(Property::kKeysListed, named[key]);
    if (!exact) continue;
    if (named[key] ? oracle.may_list(call, key) : oracle.may_omit(call, key)) continue;
    findings.violated(Property::kKeysListed,
                      "call " + std::to_string(call.id) + " on bucket " + plan.config.name +
                          (named[key] ? " lists key " : " leaves out key ") + std::to_string(key) +
                          " of " + std::to_string(names.size()));
  }
}

bool Oracles::surely_there(uint32_t bucket, uint32_t key) const {
  return impl_->context.strict(bucket) ? impl_->registers.surely_there(bucket, key)
                                       : impl_->weak_registers.surely_there(bucket, key);
}

void Oracles::time_passed(Step step, uint64_t now_us, bool calm) {
  impl_->buckets.time_passed(step, now_us, calm);
}

void Oracles::all_known(Step step) { impl_->buckets.known_until(step, step); }

void Oracles::crashed(Step step) { impl_->context.last_crash = step; }

void Oracles::forget_before(Step horizon) {
  impl_->context.horizon = std::max(impl_->context.horizon, horizon);
}

}  // namespace vordb::sim
