#include "sim/weak_set_oracle.h"

#include <algorithm>

#include "sim/promise.h"
#include "sim/set_page.h"

namespace vordb::sim {

WeakSetOracle::WeakSetOracle(OracleContext& context) : context_(context) {
  for (const BucketPlan& plan : context.catalogue.buckets()) {
    keys_.emplace_back(plan.config.type == BucketType::kOrswot ? plan.keys : 0);
    for (Key& key : keys_.back()) key.elements.resize(plan.elements);
  }
}

void WeakSetOracle::began(const Call& call) {
  if (!call.is_mutation()) return;
  Key& key = key_of(call);
  key.deadline.mutation_began();
  const bool adds = call.operation == Operation::kSetAdd;
  for_each_named(call, key.elements,
                 [&](WeakElement& element) { element.began(call.id, adds, call.span.begin); });
}

void WeakSetOracle::answered(const Call& call, const ClientReply& reply) {
  if (call.is_mutation()) return acknowledge(call, reply);
  if (call.operation == Operation::kSetMembers) {
    for (const ShownElement& shown : elements_shown(context_, call, reply))
      observe(call, shown.element, shown.present);
  } else if (call.operation == Operation::kSetContains) {
    observe(call, call.elements[0], reply.kind == ClientReply::Kind::kContains && reply.contains);
  }
}

void WeakSetOracle::acknowledge(const Call& call, const ClientReply& reply) {
  Key& key = key_of(call);
  const bool adds = call.operation == Operation::kSetAdd;
  const bool by_context = !adds && !call.context.empty();
  const Step reach = by_context ? std::min(call.span.end, call.context_origin.end) : call.span.end;
  const uint32_t node = context_->carried_out_by(call);
  const bool counts = !context_->may_be_lost(call);
  for_each_named(call, key.elements, [&](WeakElement& element) {
    element.forget_before(context_->horizon);
    element.acknowledged(call.id, adds, call.span, reach, node, context_->shape.nodes,
                         reply.timestamp_ms, counts);
  });
  key.deadline.mutation_ended(call.id);
  key.deadline.perhaps_renewed(call.span.end, reply.timestamp_ms + context_->ttl_ms(call) + 1);
}

void WeakSetOracle::observe(const Call& call, uint32_t index, bool present) {
  WeakElement& element = key_of(call).elements[index];
  element.forget_before(context_->horizon);
  if (present) return check_present(call, index);
  const uint32_t node = context_->carried_out_by(call);
  const Step begin = call.span.begin;
  check_missing(call, index, element.added_before(begin, node), Property::kNodeReadsOwn);
  if (call.audits)
    check_missing(call, index, element.added_before(begin), Property::kAuditKeepsAcked);
  if (call.promise == nullptr) return;
  for (const Promise::Part& part : call.promise->parts) {
    if (part.element == index)
      check_missing(call, index, {part.begin, part.timestamp_ms}, Property::kSessionReadsOwn);
  }
}

void WeakSetOracle::check_present(const Call& call, uint32_t index) {
  Findings& findings = context_->findings;
  const Key& key = key_of(call);
  const WeakElement& element = key.elements[index];
  const std::string name = name_of_element(call, index);
  findings.evaluated(Property::kWeakValueWritten, true);
  if (!element.may_be_there())
    return findings.violated(Property::kWeakValueWritten, name + " is shown, but nobody added it");
  if (context_->ttl_ms(call) > 0) {
    findings.evaluated(Property::kWeakExpiredHidden, true);
    if (key.deadline.surely_expired(call.now) && key.deadline.last_end() < call.span.begin)
      return findings.violated(Property::kWeakExpiredHidden, name + " is shown after it expired");
  }
  const uint32_t node = context_->carried_out_by(call);
  findings.evaluated(Property::kNodeReadsOwn, element.removed_before(call.span.begin, node));
  if (!element.may_be_there(call.span.begin, node))
    return findings.violated(Property::kNodeReadsOwn,
                             name + " is shown, but this node has removed it");
  if (!call.audits) return;
  findings.evaluated(Property::kAuditRemovedStays, element.ever_removed());
  if (!element.may_be_there_at_last() || element.surely_dropped())
    findings.violated(Property::kAuditRemovedStays, name + " is shown, but it was removed");
}

void WeakSetOracle::check_missing(const Call& call, uint32_t index, const WeakElement::Add& floor,
                                  Property property) {
  context_->findings->evaluated(property, floor.begin > 0);
  const WeakElement& element = key_of(call).elements[index];
  if (element.may_be_missing(floor, context_->ttl_ms(call), call.now)) return;
  context_->findings->violated(
      property, name_of_element(call, index) + " is missing, but it was added at step " +
                    std::to_string(floor.begin) + " and not removed since");
}

void WeakSetOracle::refused(const Call& call) {
  if (!call.is_mutation()) return;
  Key& key = key_of(call);
  key.deadline.mutation_ended(call.id);
  const bool adds = call.operation == Operation::kSetAdd;
  for_each_named(call, key.elements, [&](WeakElement& element) { element.refused(call.id, adds); });
}

void WeakSetOracle::lost_sight(const Call& call, Step end) {
  if (!call.is_mutation()) return;
  Key& key = key_of(call);
  if (!call.carried_out)
    key.deadline.ended_unknown(call.id, end, call.now.high_ms + context_->ttl_ms(call));
  const bool adds = call.operation == Operation::kSetAdd;
  for_each_named(call, key.elements,
                 [&](WeakElement& element) { element.lost_sight(call.id, adds, end); });
}

void WeakSetOracle::carried_out(const Call& call, Step end) {
  if (!call.is_mutation()) return;
  Key& key = key_of(call);
  key.deadline.ended_unknown(call.id, end, call.now.high_ms + context_->ttl_ms(call));
  const bool adds = call.operation == Operation::kSetAdd;
  for_each_named(call, key.elements,
                 [&](WeakElement& element) { element.carried_out(call.id, adds, end); });
}

// A client knows that its own adds are there, until it removes them itself.
std::shared_ptr<const Promise> WeakSetOracle::promise_of(const Call& call,
                                                         const ClientReply& reply) {
  auto promise = std::make_shared<Promise>();
  if (call.promise != nullptr) *promise = *call.promise;
  if (!call.is_mutation()) return promise;
  std::vector<Promise::Part>& parts = promise->parts;
  std::erase_if(parts, [&](const Promise::Part& part) {
    return call.operation == Operation::kDelete ||
           std::find(call.elements.begin(), call.elements.end(), part.element) !=
               call.elements.end();
  });
  if (call.operation != Operation::kSetAdd) return promise;
  for (const uint32_t element : call.elements)
    parts.push_back({call.span.begin, reply.timestamp_ms, 0, element});
  if (parts.size() > Promise::kPartsMax)
    parts.erase(parts.begin(), parts.end() - long(Promise::kPartsMax));
  return promise;
}

void WeakSetOracle::doubted(uint32_t bucket) {
  for (Key& key : keys_[bucket]) {
    for (WeakElement& element : key.elements) element.doubted();
  }
}

void WeakSetOracle::drop_began(const Call&) {}

void WeakSetOracle::drop_ended(const Call& call, bool refused) {
  if (refused) return;
  for (Key& key : keys_[call.bucket]) {
    for (WeakElement& element : key.elements) element.dropped(call.span.begin);
  }
}

void WeakSetOracle::drop_lost_sight(const Call& call, Step) { doubted(call.bucket); }

bool WeakSetOracle::may_list(const Call& call, uint32_t index) const {
  if (index >= keys_[call.bucket].size()) return false;
  const Key& key = keys_[call.bucket][index];
  return std::any_of(key.elements.begin(), key.elements.end(),
                     [](const WeakElement& element) { return element.may_be_there(); });
}

bool WeakSetOracle::may_omit(const Call& call, uint32_t index) const {
  const Key& key = keys_[call.bucket][index];
  return std::all_of(key.elements.begin(), key.elements.end(), [&](const WeakElement& element) {
    return element.may_be_missing(element.added_before(call.span.begin), context_->ttl_ms(call),
                                  call.now);
  });
}

}  // namespace vordb::sim
