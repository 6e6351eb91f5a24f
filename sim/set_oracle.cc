#include "sim/set_oracle.h"

#include <algorithm>

#include "sim/set_page.h"

namespace vordb::sim {

SetOracle::SetOracle(OracleContext& context) : context_(context) {
  for (const BucketPlan& plan : context.catalogue.buckets()) {
    keys_.emplace_back(plan.config.type == BucketType::kOrswot ? plan.keys : 0);
    for (Key& key : keys_.back()) key.elements.resize(plan.elements);
  }
}

uint64_t SetOracle::ttl_ms(const Call& call) const {
  return context_->catalogue.bucket(call.bucket).config.ttl_seconds * 1000;
}

template <typename Visitor>
void SetOracle::for_each_cleared(const Call& call, Key& key, Visitor&& visit) {
  if (context_->alone() || ttl_ms(call) == 0 || call.operation == Operation::kDelete) return;
  for (uint32_t element = 0; element < key.elements.size(); ++element) {
    if (std::find(call.elements.begin(), call.elements.end(), element) == call.elements.end())
      visit(key.elements[element].presence);
  }
}

void SetOracle::began(const Call& call) {
  if (!call.is_mutation()) return;
  Key& key = key_of(call);
  if (ttl_ms(call) > 0 && key.deadline.surely_expired(call.now)) {
    key.deadline.mutation_began_on_expired(call.id, call.span.begin);
    context_->findings->evaluated(Property::kSetExpiredHidden, true);
  } else {
    key.deadline.mutation_began();
  }
  const bool present = call.operation == Operation::kSetAdd;
  for_each_named(call, key.elements, [&](Element& element) {
    element.presence.began(call.id, present, call.span.begin);
  });
  for_each_cleared(call, key,
                   [&](Presence& presence) { presence.began(call.id, false, call.span.begin); });
}

void SetOracle::answered(const Call& call, const ClientReply& reply) {
  Key& key = key_of(call);
  if (call.is_mutation()) return acknowledge(call, reply);
  if (call.operation == Operation::kSetMembers) return read_page(call, reply);
  if (call.operation != Operation::kSetContains) return;
  observe(call, key, call.elements[0],
          reply.kind == ClientReply::Kind::kContains && reply.contains);
}

void SetOracle::acknowledge(const Call& call, const ClientReply& reply) {
  Key& key = key_of(call);
  const uint64_t ttl = ttl_ms(call);
  const bool expired =
      ttl > 0 && key.deadline.perhaps_expired(call.now, KeyDeadline::Asker::kMutation);
  if (expired) {
    for (Element& element : key.elements) element.presence.vanished(call.span, false);
  }
  // Whatever it did, it found nothing of what had expired.
  if (const auto gone = key.deadline.mutation_ended(call.id)) {
    for (Element& element : key.elements) element.presence.vanished(*gone, true);
  }
  for_each_cleared(call, key, [&](Presence& presence) { presence.refused(call.id); });
  const bool removes = call.operation != Operation::kSetAdd;
  const bool by_context = removes && !call.context.empty();
  // What a context does not surely cover it does not surely remove: that of a mutation covers what
  // its client was shown before. And what a read of the whole set did not show its context does not
  // take away.
  Span reach = by_context ? call.context_origin : call.span;
  if (by_context && !call.context_of_all) reach.begin = 0;
  const std::vector<uint32_t>* shows = by_context && ttl == 0 ? call.context_shows.get() : nullptr;
  for_each_named(call, key.elements, [&](Element& element) {
    element.presence.forget_before(context_->horizon);
    const uint32_t index = uint32_t(&element - key.elements.data());
    if (shows && !std::binary_search(shows->begin(), shows->end(), index)) {
      element.presence.refused(call.id);
      element.context_removed = true;
      return;
    }
    if (by_context) {
      const Step begin = call.span.begin;
      const bool was_there = !element.presence.explains(false, {begin, begin});
      context_->findings->evaluated(Property::kSetContextRemoves, was_there);
    }
    element.presence.acknowledged(call.id, call.span, reach);
    element.ever_added |= !removes;
    element.context_removed = by_context;
  });
  // Whether a remove of what is not there renews the deadline is left open.
  if (removes) {
    key.deadline.perhaps_renewed(call.span.end, reply.timestamp_ms + ttl + 1);
  } else {
    key.deadline.renewed(call.span, reply.timestamp_ms + ttl, reply.timestamp_ms + ttl + 1);
  }
  key.last_write = call.span.end;
  key.last_node = call.node;
}

void SetOracle::read_page(const Call& call, const ClientReply& reply) {
  Key& key = key_of(call);
  for (const ShownElement& shown : elements_shown(context_, call, reply))
    observe(call, key, shown.element, shown.present);
}

void SetOracle::observe(const Call& call, Key& key, uint32_t index, bool present) {
  Findings& findings = context_->findings;
  Element& element = key.elements[index];
  Presence& presence = element.presence;
  presence.forget_before(context_->horizon);
  const bool known_there = presence.last_known(true);
  const bool known_gone = element.ever_added && presence.last_known(false);
  if (present) findings.evaluated(Property::kSetMemberAdded, true);
  findings.evaluated(Property::kSetAddNotLost, known_there);
  findings.evaluated(Property::kSetRemovedStays, known_gone);
  findings.evaluated(Property::kQuorumReadSeesAck, through_another(call, key));
  findings.evaluated(Property::kSetAckedSurvives, known_there && context_->last_crash > 0 &&
                                                      key.last_write < context_->last_crash);
  if (ttl_ms(call) > 0) {
    const bool expired =
        key.deadline.surely_expired(call.now) && key.deadline.last_end() < call.span.begin;
    findings.evaluated(Property::kSetExpiredHidden, expired && element.ever_added);
    if (expired && present) {
      findings.violated(Property::kSetExpiredHidden,
                        name_of_element(call, index) + " is shown after it expired");
      return;
    }
    if (!present && key.deadline.perhaps_expired(call.now, KeyDeadline::Asker::kOther)) {
      if (!context_->alone() && key.deadline.may_be_renewed_behind(call.span)) return;
      if (!presence.explains(false, call.span)) presence.vanished(call.span, false);
    }
  }
  if (!presence.observe(present, call.span)) report(call, key, index, present);
}

// The newest acknowledged write went through another node than this read.
bool SetOracle::through_another(const Call& call, const Key& key) const {
  return !context_->alone() && key.last_write > 0 && key.last_node != call.node;
}

void SetOracle::report(const Call& call, const Key& key, uint32_t index, bool present) {
  const Element& element = key.elements[index];
  const std::string name = name_of_element(call, index);
  Findings& findings = context_->findings;
  if (present && !element.ever_added) {
    findings.violated(Property::kSetMemberAdded,
                      name + " is shown, but no add of it was acknowledged");
  } else if (through_another(call, key)) {
    findings.violated(Property::kQuorumReadSeesAck,
                      name +
                          (present ? " is shown, but it was removed through node "
                                   : " is missing, but it was added through node ") +
                          std::to_string(key.last_node));
  } else if (present) {
    findings.violated(
        element.context_removed ? Property::kSetContextRemoves : Property::kSetRemovedStays,
        name + " is shown, but it was removed");
  } else if (context_->last_crash > 0 && key.last_write < context_->last_crash) {
    findings.violated(Property::kSetAckedSurvives,
                      name + " was acknowledged before the crash and is gone");
  } else {
    findings.violated(
        element.context_removed ? Property::kSetContextRemoves : Property::kSetAddNotLost,
        name + " is missing, but nothing removed it");
  }
}

void SetOracle::refused(const Call& call) {
  if (!call.is_mutation()) return;
  Key& key = key_of(call);
  key.deadline.mutation_ended(call.id);
  for_each_named(call, key.elements, [&](Element& element) { element.presence.refused(call.id); });
  // It may have begun to clear what had expired.
  for_each_cleared(call, key,
                   [&](Presence& presence) { presence.lost_sight(call.id, call.span.end); });
}

void SetOracle::lost_sight(const Call& call, Step end) {
  if (!call.is_mutation()) return;
  Key& key = key_of(call);
  if (!call.carried_out) key.deadline.ended_unknown(call.id, end, call.now.high_ms + ttl_ms(call));
  for_each_named(call, key.elements, [&](Element& element) {
    element.presence.lost_sight(call.id, end);
    element.ever_added |= call.operation == Operation::kSetAdd;
  });
  for_each_cleared(call, key, [&](Presence& presence) { presence.lost_sight(call.id, end); });
}

void SetOracle::carried_out(const Call& call, Step end) {
  if (!call.is_mutation()) return;
  Key& key = key_of(call);
  key.deadline.ended_unknown(call.id, end, call.now.high_ms + ttl_ms(call));
  for_each_named(call, key.elements,
                 [&](Element& element) { element.presence.carried_out(call.id, end); });
  for_each_cleared(call, key, [&](Presence& presence) { presence.carried_out(call.id, end); });
}

void SetOracle::drop_began(const Call& call) {
  for (Key& key : keys_[call.bucket]) {
    for (Element& element : key.elements) element.presence.began(call.id, false, call.span.begin);
  }
}

void SetOracle::drop_ended(const Call& call, bool refused) {
  for (Key& key : keys_[call.bucket]) {
    for (Element& element : key.elements) {
      if (refused) {
        element.presence.refused(call.id);
      } else {
        element.presence.acknowledged(call.id, call.span);
      }
    }
  }
}

void SetOracle::drop_lost_sight(const Call& call, Step end) {
  for (Key& key : keys_[call.bucket]) {
    for (Element& element : key.elements) element.presence.lost_sight(call.id, end);
  }
}

bool SetOracle::may_list(const Call& call, uint32_t index) const {
  if (index >= keys_[call.bucket].size()) return false;
  const Key& key = keys_[call.bucket][index];
  if (ttl_ms(call) > 0 && key.deadline.surely_expired(call.now) &&
      key.deadline.last_end() < call.span.begin)
    return false;
  return std::any_of(key.elements.begin(), key.elements.end(), [&](const Element& element) {
    return element.presence.explains(true, call.span);
  });
}

bool SetOracle::may_omit(const Call& call, uint32_t index) const {
  const Key& key = keys_[call.bucket][index];
  if (ttl_ms(call) > 0 && key.deadline.perhaps_expired(call.now, KeyDeadline::Asker::kOther))
    return true;
  return std::all_of(key.elements.begin(), key.elements.end(), [&](const Element& element) {
    return element.presence.explains(false, call.span);
  });
}

}  // namespace vordb::sim
