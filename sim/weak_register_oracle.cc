#include "sim/weak_register_oracle.h"

#include <algorithm>

#include "sim/promise.h"

namespace vordb::sim {

using Verdict = WeakRegister::Verdict;

WeakRegisterOracle::WeakRegisterOracle(OracleContext& context) : context_(context) {
  for (const BucketPlan& plan : context.catalogue.buckets())
    keys_.emplace_back(plan.config.type == BucketType::kLww ? plan.keys : 0);
}

void WeakRegisterOracle::began(const Call& call) {
  if (call.is_mutation())
    key_of(call).model.began(call.id, call.operation == Operation::kPut, call.span.begin);
}

void WeakRegisterOracle::answered(const Call& call, const ClientReply& reply) {
  Key& key = key_of(call);
  key.acked.forget_before(context_->horizon);
  for (KnownBefore<Floor>& node : key.by_node) node.forget_before(context_->horizon);
  if (call.is_mutation()) {
    acknowledge(call, reply);
  } else if (call.operation == Operation::kGet) {
    read(call, reply);
  }
}

void WeakRegisterOracle::acknowledge(const Call& call, const ClientReply& reply) {
  Key& key = key_of(call);
  key.model.acknowledged(call.id, call.span.end, reply.timestamp_ms);
  if (context_->may_be_lost(call)) return;
  const Floor floor{reply.timestamp_ms, call.operation == Operation::kDelete};
  key.acked.know(call.span.end, floor);
  const uint32_t node = context_->carried_out_by(call);
  if (node == kNodeUnknown) return;
  if (key.by_node.empty()) key.by_node.resize(context_->shape.nodes);
  key.by_node[node].know(call.span.end, floor);
}

void WeakRegisterOracle::read(const Call& call, const ClientReply& reply) {
  Findings& findings = context_->findings;
  Key& key = key_of(call);
  std::optional<uint64_t> writer;
  if (reply.kind == ClientReply::Kind::kValue) {
    writer = context_->catalogue.writer_of(call.bucket, call.key, reply.value);
    findings.evaluated(Property::kRegisterValueWritten, true);
    if (!writer.has_value()) {
      findings.violated(Property::kRegisterValueWritten,
                        name_of(call) + " read bytes that no call wrote");
      return;
    }
  }
  check(call, writer, {}, Property::kWeakValueWritten);
  if (call.promise != nullptr)
    check(call, writer, {call.promise->timestamp_ms, false}, Property::kSessionReadsOwn);
  const uint32_t node = context_->carried_out_by(call);
  if (node < key.by_node.size())
    check(call, writer, key.by_node[node].before(call.span.begin), Property::kNodeReadsOwn);
  if (!call.audits) return;
  const Floor newest = key.acked.before(call.span.begin);
  check(call, writer, newest,
        newest.deletes ? Property::kAuditRemovedStays : Property::kAuditKeepsAcked);
}

void WeakRegisterOracle::check(const Call& call, std::optional<uint64_t> writer, Floor floor,
                               Property property) {
  Findings& findings = context_->findings;
  Key& key = key_of(call);
  const uint64_t ttl = context_->ttl_ms(call);
  findings.evaluated(property, writer.has_value() ? property == Property::kWeakValueWritten ||
                                                        floor.timestamp_ms > 0
                                                  : floor.timestamp_ms > 0);
  if (ttl > 0 && writer.has_value()) findings.evaluated(Property::kWeakExpiredHidden, true);
  const Verdict verdict =
      writer.has_value()
          ? key.model.read_value(*writer, floor.timestamp_ms, ttl, call.now, call.audits)
          : key.model.read_nothing(floor.timestamp_ms, ttl, call.now);
  if (verdict == Verdict::kFits) return;
  if (verdict == Verdict::kExpired) property = Property::kWeakExpiredHidden;
  if (verdict == Verdict::kDropped) property = Property::kAuditRemovedStays;
  if (verdict == Verdict::kNeverWritten) property = Property::kWeakValueWritten;
  static constexpr const char* kWhy[] = {"",
                                         "was refused or never made",
                                         "is too old",
                                         "has expired",
                                         "hides what must be there",
                                         "was dropped with its bucket"};
  findings.violated(property,
                    name_of(call) + " read " +
                        (writer.has_value() ? "the value of call " + std::to_string(*writer)
                                            : std::string("nothing")) +
                        ", which " + kWhy[int(verdict)] + "; at least as new as " +
                        std::to_string(floor.timestamp_ms) + " is expected");
}

void WeakRegisterOracle::refused(const Call& call) {
  if (call.is_mutation() && !key_of(call).model.refused(call.id))
    context_->findings->violated(Property::kWeakValueWritten,
                                 name_of(call) + " was refused, but its value was read");
}

void WeakRegisterOracle::lost_sight(const Call& call, Step) {
  if (call.is_mutation()) key_of(call).model.lost_sight(call.id, call.now.high_ms);
}

void WeakRegisterOracle::carried_out(const Call& call, Step) {
  if (call.is_mutation()) key_of(call).model.lost_sight(call.id, call.now.high_ms);
}

std::shared_ptr<const Promise> WeakRegisterOracle::promise_of(const Call& call,
                                                              const ClientReply& reply) {
  auto promise = std::make_shared<Promise>();
  if (call.promise != nullptr) *promise = *call.promise;
  uint64_t seen = call.is_mutation() ? reply.timestamp_ms : 0;
  if (reply.kind == ClientReply::Kind::kValue) {
    const auto writer = context_->catalogue.writer_of(call.bucket, call.key, reply.value);
    if (writer.has_value()) seen = key_of(call).model.timestamp_of(*writer);
  }
  promise->timestamp_ms = std::max(promise->timestamp_ms, seen);
  return promise;
}

void WeakRegisterOracle::forget_floors(uint32_t bucket) {
  for (Key& key : keys_[bucket]) {
    key.acked.clear();
    key.by_node.clear();
  }
}

void WeakRegisterOracle::doubted(uint32_t bucket) { forget_floors(bucket); }

void WeakRegisterOracle::drop_began(const Call&) {}

void WeakRegisterOracle::drop_ended(const Call& call, bool refused) {
  if (refused) return;
  forget_floors(call.bucket);
  for (Key& key : keys_[call.bucket]) key.model.dropped(call.span.begin);
}

void WeakRegisterOracle::drop_lost_sight(const Call& call, Step) { forget_floors(call.bucket); }

bool WeakRegisterOracle::may_list(const Call& call, uint32_t key) const {
  return key < keys_[call.bucket].size() && keys_[call.bucket][key].model.ever_written();
}

bool WeakRegisterOracle::may_omit(const Call& call, uint32_t index) const {
  const Key& key = keys_[call.bucket][index];
  const Floor newest = key.acked.before(call.span.begin);
  return newest.deletes || key.model.read_nothing(newest.timestamp_ms, context_->ttl_ms(call),
                                                  call.now) == Verdict::kFits;
}

bool WeakRegisterOracle::surely_there(uint32_t bucket, uint32_t index) const {
  const Key& key = keys_[bucket][index];
  const Floor newest = key.acked.before(kNever);
  return newest.timestamp_ms > 0 && key.model.surely_after_deletes(newest.timestamp_ms);
}

}  // namespace vordb::sim
