#include "sim/audit_oracle.h"

namespace vordb::sim {

AuditOracle::AuditOracle(OracleContext& context) : context_(context) {
  for (const BucketPlan& plan : context.catalogue.buckets()) keys_.emplace_back(plan.keys);
}

void AuditOracle::answered(const Call& call, const ClientReply& reply) {
  std::optional<First>& first = keys_[call.bucket][call.key];
  const First mine{text_of(reply), call.node,
                   reply.kind != ClientReply::Kind::kNotFound &&
                       !(reply.kind == ClientReply::Kind::kMembers && reply.items.empty())};
  if (!first.has_value()) {
    first = mine;
    return;
  }
  // Between two reads a key may expire.
  const bool expires = context_->ttl_ms(call) > 0 && first->found != mine.found;
  context_->findings->evaluated(Property::kAuditAgrees,
                                first->node != mine.node && (first->found || mine.found));
  if (expires || (first->found == mine.found && first->shown == mine.shown)) return;
  context_->findings->violated(Property::kAuditAgrees,
                               name_of(call) + " shows " + (mine.found ? mine.shown : "nothing") +
                                   ", node " + std::to_string(first->node) + " showed " +
                                   (first->found ? first->shown : "nothing"));
}

}  // namespace vordb::sim
