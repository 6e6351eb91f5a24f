#include "sim/weak_counter_oracle.h"

#include <algorithm>

#include "sim/promise.h"

namespace vordb::sim {

using Sum = WeakCounter::Sum;

namespace {

int64_t amount_of(const Call& call) {
  const int64_t amount = int64_t(call.amount);
  return call.operation == Operation::kCounterIncrement ? amount : -amount;
}

}  // namespace

WeakCounterOracle::WeakCounterOracle(OracleContext& context) : context_(context) {
  for (const BucketPlan& plan : context.catalogue.buckets())
    keys_.emplace_back(plan.config.type == BucketType::kPnCounter ? plan.keys : 0);
}

void WeakCounterOracle::began(const Call& call) {
  if (!call.is_mutation()) return;
  Key& key = key_of(call);
  key.deadline.mutation_began();
  if (call.operation == Operation::kDelete) {
    key.model.reset_began(call.id, call.node);
  } else {
    key.model.add_began(amount_of(call));
  }
}

void WeakCounterOracle::answered(const Call& call, const ClientReply& reply) {
  if (call.is_mutation()) {
    acknowledge(call, reply);
  } else if (call.operation == Operation::kCounterValue) {
    read(call, reply);
  }
}

void WeakCounterOracle::acknowledge(const Call& call, const ClientReply& reply) {
  Key& key = key_of(call);
  const uint64_t ttl = context_->ttl_ms(call);
  const uint32_t node = context_->carried_out_by(call);
  key.model.forget_before(context_->horizon);
  key.deadline.mutation_ended(call.id);
  key.deadline.perhaps_renewed(call.span.end, reply.timestamp_ms + ttl + 1);
  if (call.operation == Operation::kDelete) {
    key.model.reset_acknowledged(call.id, call.span, node);
    return;
  }
  // An owner that has not heard of a renewal removes what it has counted so far.
  if (ttl > 0 && key.oldest_ms != UINT64_MAX && key.oldest_ms + ttl <= call.now.high_ms) {
    key.model.doubted(call.span.begin - 1);
    key.oldest_ms = UINT64_MAX;
  }
  key.oldest_ms = std::min(key.oldest_ms, reply.timestamp_ms);
  key.last_add_end = std::max(key.last_add_end, call.span.end);
  key.model.add_acknowledged(amount_of(call), call.span, node, context_->shape.nodes,
                             reply.timestamp_ms, !context_->may_be_lost(call));
}

// What the call's causal token has seen and no reset may have taken.
Sum WeakCounterOracle::promised(const Call& call) const {
  Sum sum;
  const WeakCounter& model = keys_[call.bucket][call.key].model;
  for (const Promise::Part& part : call.promise->parts) {
    if (model.still_counts(part.begin)) sum.add(part.amount, part.timestamp_ms);
  }
  return sum;
}

void WeakCounterOracle::read(const Call& call, const ClientReply& reply) {
  Findings& findings = context_->findings;
  Key& key = key_of(call);
  key.model.forget_before(context_->horizon);
  if (reply.kind == ClientReply::Kind::kCounter && context_->ttl_ms(call) > 0) {
    findings.evaluated(Property::kWeakExpiredHidden, true);
    if (key.deadline.surely_expired(call.now) && key.deadline.last_end() < call.span.begin)
      return findings.violated(Property::kWeakExpiredHidden,
                               "counter: " + name_of(call) + " is shown after it expired");
  }
  check(call, reply, {}, Property::kWeakValueWritten);
  const uint32_t node = context_->carried_out_by(call);
  check(call, reply, key.model.added_before(call.span.begin, node), Property::kNodeReadsOwn);
  if (call.promise != nullptr) check(call, reply, promised(call), Property::kSessionReadsOwn);
  if (!call.audits) return;
  check(call, reply, key.model.added_before(call.span.begin), Property::kAuditKeepsAcked);
  const bool found = reply.kind == ClientReply::Kind::kCounter;
  const bool gone = key.dropped > 0 && key.last_add_end < key.dropped;
  findings.evaluated(Property::kAuditRemovedStays, gone);
  if (gone && found)
    findings.violated(Property::kAuditRemovedStays,
                      "counter: " + name_of(call) + " is shown, but its bucket was dropped");
}

void WeakCounterOracle::check(const Call& call, const ClientReply& reply, Sum floor,
                              Property property) {
  const Key& key = key_of(call);
  const uint64_t ttl = context_->ttl_ms(call);
  if (ttl > 0 && floor.calls > 0 && floor.oldest_ms + ttl <= call.now.high_ms) floor = Sum{};
  const bool found = reply.kind == ClientReply::Kind::kCounter;
  context_->findings->evaluated(
      property, floor.calls > 0 || (found && property == Property::kWeakValueWritten));
  const bool fits = found ? key.model.may_show(reply.counter, floor, call.audits)
                          : key.model.may_be_missing(floor);
  if (fits) return;
  context_->findings->violated(
      property, "counter: " + name_of(call) +
                    (found ? " shows " + std::to_string(reply.counter) : " finds nothing") +
                    "; it must count +" + std::to_string(floor.plus) + " and " +
                    std::to_string(floor.minus) + " of " + std::to_string(floor.calls) +
                    " acknowledged calls");
}

void WeakCounterOracle::refused(const Call& call) {
  if (!call.is_mutation()) return;
  Key& key = key_of(call);
  key.deadline.mutation_ended(call.id);
  if (call.operation == Operation::kDelete) {
    key.model.reset_refused(call.id);
  } else {
    key.model.add_refused(amount_of(call));
  }
}

void WeakCounterOracle::lost_sight(const Call& call, Step end) {
  if (call.is_mutation() && !call.carried_out) carried_out(call, end);
  if (call.is_mutation() && call.operation != Operation::kDelete)
    key_of(call).last_add_end = std::max(key_of(call).last_add_end, end);
}

void WeakCounterOracle::carried_out(const Call& call, Step end) {
  if (!call.is_mutation()) return;
  Key& key = key_of(call);
  key.deadline.ended_unknown(call.id, end, call.now.high_ms + context_->ttl_ms(call));
  if (call.operation == Operation::kDelete) key.model.reset_carried_out(call.id, end);
}

// A client knows that its own increments count, until it resets the counter itself.
std::shared_ptr<const Promise> WeakCounterOracle::promise_of(const Call& call,
                                                             const ClientReply& reply) {
  auto promise = std::make_shared<Promise>();
  if (call.promise != nullptr) *promise = *call.promise;
  if (!call.is_mutation()) return promise;
  std::vector<Promise::Part>& parts = promise->parts;
  if (call.operation == Operation::kDelete) {
    parts.clear();
    return promise;
  }
  parts.push_back({call.span.begin, reply.timestamp_ms, amount_of(call), 0});
  if (parts.size() > Promise::kPartsMax) parts.erase(parts.begin());
  return promise;
}

void WeakCounterOracle::doubted(uint32_t bucket) {
  for (Key& key : keys_[bucket]) key.model.doubted(context_->losses[bucket].doubted);
}

void WeakCounterOracle::drop_began(const Call& call) {
  for (Key& key : keys_[call.bucket]) key.model.reset_began(call.id, kNodeUnknown);
}

void WeakCounterOracle::forget_floors(const Call& call, Step end) {
  for (Key& key : keys_[call.bucket]) key.model.reset_carried_out(call.id, end);
}

void WeakCounterOracle::drop_ended(const Call& call, bool refused) {
  if (!refused) forget_floors(call, call.span.end);
  for (Key& key : keys_[call.bucket]) {
    if (refused) {
      key.model.reset_refused(call.id);
    } else {
      key.dropped = std::max(key.dropped, call.span.begin);
    }
  }
}

void WeakCounterOracle::drop_lost_sight(const Call& call, Step end) { forget_floors(call, end); }

bool WeakCounterOracle::may_list(const Call& call, uint32_t index) const {
  return index < keys_[call.bucket].size() && keys_[call.bucket][index].model.ever_added();
}

bool WeakCounterOracle::may_omit(const Call& call, uint32_t index) const {
  const Key& key = keys_[call.bucket][index];
  const Sum floor = key.model.added_before(call.span.begin);
  const uint64_t ttl = context_->ttl_ms(call);
  return floor.calls == 0 || (ttl > 0 && floor.oldest_ms + ttl <= call.now.high_ms);
}

}  // namespace vordb::sim
