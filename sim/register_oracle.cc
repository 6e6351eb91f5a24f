#include "sim/register_oracle.h"

#include <algorithm>

namespace vordb::sim {

RegisterOracle::RegisterOracle(OracleContext& context) : context_(context) {
  for (const BucketPlan& plan : context.catalogue.buckets())
    keys_.emplace_back(plan.config.type == BucketType::kLww ? plan.keys : 0);
}

RegisterModel::Deadline RegisterOracle::deadline_of(const Call& call,
                                                    const ClientReply* reply) const {
  const uint64_t ttl_ms = context_->catalogue.bucket(call.bucket).config.ttl_seconds * 1000;
  if (ttl_ms == 0) return {};
  if (reply != nullptr) return {reply->timestamp_ms + ttl_ms, reply->timestamp_ms + ttl_ms + 1};
  // As long as it may still be carried out nobody knows how late that will be.
  const bool ended = call.carried_out || call.span.end != kNever;
  return {call.now.low_ms + ttl_ms, ended ? call.now.high_ms + ttl_ms : kNever};
}

void RegisterOracle::began(const Call& call) {
  if (call.operation == Operation::kPut)
    key_of(call).model.put_began(call.id, call.span.begin, deadline_of(call, nullptr));
  if (call.operation == Operation::kDelete)
    key_of(call).model.delete_began(call.id, call.span.begin);
}

void RegisterOracle::answered(const Call& call, const ClientReply& reply) {
  key_of(call).model.forget_before(context_->horizon);
  switch (call.operation) {
    case Operation::kPut:
    case Operation::kDelete:
      key_of(call).model.acknowledged(call.id, call.span, deadline_of(call, &reply));
      key_of(call).last_write = call.span.end;
      key_of(call).last_node = call.node;
      break;
    case Operation::kGet:
      if (reply.kind == ClientReply::Kind::kValue) read_value(call, reply);
      if (reply.kind == ClientReply::Kind::kNotFound) read_nothing(call);
      break;
    default:
      break;
  }
}

Property RegisterOracle::blame(const Call& call, const Key& key, Property own) const {
  const bool elsewhere = key.last_write > 0 && key.last_node != call.node;
  return elsewhere && !context_->alone() ? Property::kQuorumReadSeesAck : own;
}

void RegisterOracle::mark_relevance(const Call& call, const Key& key) {
  Findings& findings = context_->findings;
  const bool has_value = key.model.last_known(true);
  const bool after_crash = context_->last_crash > 0 && key.last_write < context_->last_crash;
  findings.evaluated(Property::kRegisterNotStale, key.last_write > 0);
  findings.evaluated(Property::kQuorumReadSeesAck,
                     blame(call, key, Property::kRegisterNotStale) != Property::kRegisterNotStale);
  findings.evaluated(Property::kRegisterAckedSurvives, has_value && after_crash);
  findings.evaluated(Property::kRegisterUnknownSettles, key.model.has_unknown());
  findings.evaluated(Property::kRegisterDeletedStays,
                     key.last_write > 0 && key.model.last_known(false));
  if (context_->catalogue.bucket(call.bucket).config.ttl_seconds > 0)
    findings.evaluated(Property::kRegisterExpiredHidden, key.model.surely_expired(call.now));
}

void RegisterOracle::read_value(const Call& call, const ClientReply& reply) {
  Findings& findings = context_->findings;
  Key& key = key_of(call);
  mark_relevance(call, key);
  const auto writer = context_->catalogue.writer_of(call.bucket, call.key, reply.value);
  findings.evaluated(Property::kRegisterValueWritten, true);
  if (!writer.has_value()) {
    findings.violated(Property::kRegisterValueWritten,
                      name_of(call) + " read bytes that no call wrote");
    return;
  }
  const bool deleted = key.model.last_known(false);
  const std::string shown = name_of(call) + " read the value of call " + std::to_string(*writer);
  switch (key.model.read_value(*writer, call.span, call.now)) {
    case RegisterModel::Verdict::kNeverWritten:
      findings.violated(Property::kRegisterNotStale,
                        shown + ", which was refused or overwritten long ago");
      break;
    case RegisterModel::Verdict::kStale:
      findings.violated(
          blame(call, key, deleted ? Property::kRegisterDeletedStays : Property::kRegisterNotStale),
          shown + (deleted ? ", which was deleted" : ", which was overwritten before"));
      break;
    case RegisterModel::Verdict::kExpired:
      findings.violated(Property::kRegisterExpiredHidden, shown + ", which has expired");
      break;
    default:
      break;
  }
}

void RegisterOracle::read_nothing(const Call& call) {
  Key& key = key_of(call);
  mark_relevance(call, key);
  if (key.model.read_nothing(call.span, call.now) == RegisterModel::Verdict::kFits) return;
  const bool after_crash = context_->last_crash > 0 && key.last_write < context_->last_crash;
  context_->findings->violated(
      blame(call, key,
            after_crash ? Property::kRegisterAckedSurvives : Property::kRegisterNotStale),
      name_of(call) + " found nothing, but an acknowledged value must be there at " +
          std::to_string(call.now.low_ms) + ".." + std::to_string(call.now.high_ms));
}

void RegisterOracle::refused(const Call& call) {
  if (!call.is_mutation()) return;
  if (!key_of(call).model.refused(call.id))
    context_->findings->violated(Property::kRegisterNotStale,
                                 name_of(call) + " was refused, but its value was read");
}

void RegisterOracle::carried_out(const Call& call, Step) {
  if (call.operation == Operation::kPut)
    key_of(call).model.carried_out(call.id, deadline_of(call, nullptr));
}

void RegisterOracle::lost_sight(const Call& call, Step end) {
  if (!call.is_mutation()) return;
  Call ended = call;
  ended.span.end = end;
  key_of(call).model.lost_sight(call.id, end, deadline_of(ended, nullptr));
}

void RegisterOracle::drop_began(const Call& call) {
  for (Key& key : keys_[call.bucket]) key.model.delete_began(call.id, call.span.begin);
}

void RegisterOracle::drop_ended(const Call& call, bool refused) {
  for (Key& key : keys_[call.bucket]) {
    if (refused) {
      key.model.refused(call.id);
    } else {
      key.model.acknowledged(call.id, call.span, {});
    }
  }
}

void RegisterOracle::drop_lost_sight(const Call& call, Step end) {
  for (Key& key : keys_[call.bucket]) key.model.lost_sight(call.id, end, {});
}

bool RegisterOracle::may_list(const Call& call, uint32_t key) const {
  return key < keys_[call.bucket].size() &&
         keys_[call.bucket][key].model.may_be_there(call.span, call.now);
}

bool RegisterOracle::may_omit(const Call& call, uint32_t key) const {
  return keys_[call.bucket][key].model.may_be_absent(call.span, call.now);
}

}  // namespace vordb::sim
