#include "sim/counter_oracle.h"

namespace vordb::sim {

CounterOracle::CounterOracle(OracleContext& context) : context_(context) {
  for (const BucketPlan& plan : context.catalogue.buckets())
    keys_.emplace_back(plan.config.type == BucketType::kPnCounter ? plan.keys : 0);
}

uint64_t CounterOracle::ttl_ms(const Call& call) const {
  return context_->catalogue.bucket(call.bucket).config.ttl_seconds * 1000;
}

void CounterOracle::began(const Call& call) {
  if (!call.is_mutation()) return;
  Key& key = key_of(call);
  if (ttl_ms(call) > 0 && key.deadline.surely_expired(call.now)) {
    key.deadline.mutation_began_on_expired(call.id, call.span.begin);
    context_->findings->evaluated(Property::kCounterExpiredHidden, true);
  } else {
    key.deadline.mutation_began();
  }
  if (call.operation == Operation::kDelete) return key.model.reset_began(call.id, call.span.begin);
  const int64_t amount = int64_t(call.amount);
  if (ttl_ms(call) > 0) key.model.purge_began(call.id, call.span.begin);
  key.model.add_began(call.id, call.operation == Operation::kCounterIncrement ? amount : -amount,
                      call.span.begin);
}

void CounterOracle::answered(const Call& call, const ClientReply& reply) {
  if (call.is_mutation()) {
    acknowledge(call, reply);
  } else if (call.operation == Operation::kCounterValue) {
    read(call, reply);
  }
}

void CounterOracle::acknowledge(const Call& call, const ClientReply& reply) {
  Key& key = key_of(call);
  const uint64_t ttl = ttl_ms(call);
  key.model.forget_before(context_->horizon);
  if (!key.deadline.perhaps_expired(call.now, KeyDeadline::Asker::kMutation))
    key.model.purge_called_off(call.id);
  if (const auto gone = key.deadline.mutation_ended(call.id)) key.model.vanished(*gone, true);
  key.model.acknowledged(call.id, call.span);
  // Whether a delete of what is not there renews the deadline is left open.
  if (call.operation == Operation::kDelete) {
    key.deadline.perhaps_renewed(call.span.end, reply.timestamp_ms + ttl + 1);
  } else {
    key.deadline.renewed(call.span, reply.timestamp_ms + ttl, reply.timestamp_ms + ttl + 1);
  }
  key.last_write = call.span.end;
  key.last_node = call.node;
}

void CounterOracle::read(const Call& call, const ClientReply& reply) {
  Key& key = key_of(call);
  Findings& findings = context_->findings;
  key.model.forget_before(context_->horizon);
  const bool found = reply.kind == ClientReply::Kind::kCounter;
  const bool after_crash = context_->last_crash > 0 && key.last_write < context_->last_crash;
  const bool known_absent = key.model.known_absent();
  findings.evaluated(Property::kCounterExplained, key.last_write > 0);
  findings.evaluated(Property::kCounterAckedSurvives, after_crash && key.model.known_there());
  findings.evaluated(Property::kCounterResetStays, known_absent);
  const bool elsewhere = !context_->alone() && key.last_write > 0 && key.last_node != call.node;
  findings.evaluated(Property::kQuorumReadSeesAck, elsewhere);
  const std::string name = "counter: " + name_of(call);
  if (ttl_ms(call) > 0) {
    const bool expired =
        key.deadline.surely_expired(call.now) && key.deadline.last_end() < call.span.begin;
    findings.evaluated(Property::kCounterExpiredHidden, expired);
    if (expired && found) {
      findings.violated(Property::kCounterExpiredHidden, name + " is shown after it expired");
      return;
    }
    if (!found && key.deadline.perhaps_expired(call.now, KeyDeadline::Asker::kOther)) {
      if (!context_->alone() && key.deadline.may_be_renewed_behind(call.span)) return;
      if (!key.model.may_be_absent(call.span)) key.model.vanished(call.span, false);
    }
  }
  const bool explained = found ? key.model.read(reply.counter, call.span, !context_->alone())
                               : key.model.read_nothing(call.span);
  if (explained) return;
  const Property property = elsewhere      ? Property::kQuorumReadSeesAck
                            : known_absent ? Property::kCounterResetStays
                            : after_crash  ? Property::kCounterAckedSurvives
                                           : Property::kCounterExplained;
  findings.violated(property,
                    name + (found ? " shows " + std::to_string(reply.counter) : " found nothing") +
                        ", which no order of the calls explains");
}

void CounterOracle::refused(const Call& call) {
  if (!call.is_mutation()) return;
  Key& key = key_of(call);
  key.deadline.mutation_ended(call.id);
  if (!key.model.refused(call.id))
    context_->findings->violated(Property::kCounterExplained,
                                 "counter: " + name_of(call) + " was refused, but it was counted");
  // It may have begun to clear what had expired.
  if (ttl_ms(call) > 0 && key.deadline.perhaps_expired(call.now, KeyDeadline::Asker::kOther))
    key.model.vanished(call.span, false);
}

void CounterOracle::lost_sight(const Call& call, Step end) {
  if (!call.is_mutation()) return;
  Key& key = key_of(call);
  if (!call.carried_out) key.deadline.ended_unknown(call.id, end, call.now.high_ms + ttl_ms(call));
  key.model.lost_sight(call.id, end);
}

void CounterOracle::carried_out(const Call& call, Step end) {
  if (!call.is_mutation()) return;
  Key& key = key_of(call);
  key.deadline.ended_unknown(call.id, end, call.now.high_ms + ttl_ms(call));
  key.model.carried_out(call.id, end);
}

void CounterOracle::drop_began(const Call& call) {
  for (Key& key : keys_[call.bucket]) key.model.reset_began(call.id, call.span.begin);
}

void CounterOracle::drop_ended(const Call& call, bool refused) {
  for (Key& key : keys_[call.bucket]) {
    if (refused) {
      key.model.refused(call.id);
    } else {
      key.model.acknowledged(call.id, call.span);
    }
  }
}

void CounterOracle::drop_lost_sight(const Call& call, Step end) {
  for (Key& key : keys_[call.bucket]) key.model.lost_sight(call.id, end);
}

bool CounterOracle::may_list(const Call& call, uint32_t index) const {
  if (index >= keys_[call.bucket].size()) return false;
  const Key& key = keys_[call.bucket][index];
  if (ttl_ms(call) > 0 && key.deadline.surely_expired(call.now) &&
      key.deadline.last_end() < call.span.begin)
    return false;
  return key.model.may_be_there(call.span);
}

bool CounterOracle::may_omit(const Call& call, uint32_t index) const {
  const Key& key = keys_[call.bucket][index];
  return (ttl_ms(call) > 0 && key.deadline.perhaps_expired(call.now, KeyDeadline::Asker::kOther)) ||
         key.model.may_be_absent(call.span);
}

}  // namespace vordb::sim
