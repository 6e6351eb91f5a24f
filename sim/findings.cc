#include "sim/findings.h"

#include <utility>

namespace vordb::sim {

namespace {
constexpr size_t kViolationsKept = 8;
}

const char* to_string(Property property) {
  static constexpr const char* kNames[kProperties] = {"register_value_written",
                                                      "register_not_stale",
                                                      "register_acked_survives",
                                                      "register_unknown_settles",
                                                      "register_deleted_stays",
                                                      "register_expired_hidden",
                                                      "set_member_added",
                                                      "set_add_not_lost",
                                                      "set_removed_stays",
                                                      "set_acked_survives",
                                                      "set_context_removes",
                                                      "set_expired_hidden",
                                                      "set_pages_ordered",
                                                      "counter_explained",
                                                      "counter_acked_survives",
                                                      "counter_reset_stays",
                                                      "counter_expired_hidden",
                                                      "token_once",
                                                      "timestamps_rise",
                                                      "bucket_presence",
                                                      "bucket_dropped_stays",
                                                      "keys_listed",
                                                      "answered_once",
                                                      "answered_in_time",
                                                      "errors_have_cause",
                                                      "restarts",
                                                      "dots_unique",
                                                      "clock_grows",
                                                      "acked_durable",
                                                      "records_sound",
                                                      "one_configuration",
                                                      "cluster_settles",
                                                      "converged",
                                                      "scrub_agrees",
                                                      "operator_answered",
                                                      "quorum_read_sees_ack",
                                                      "weak_value_written",
                                                      "weak_expired_hidden",
                                                      "session_reads_own",
                                                      "node_reads_own",
                                                      "audit_agrees",
                                                      "audit_keeps_acked",
                                                      "audit_removed_stays",
                                                      "timestamps_bounded",
                                                      "messages_expected",
                                                      "canary"};
  return kNames[int(property)];
}

std::optional<Property> property_named(std::string_view name) {
  for (int i = 0; i < kProperties; ++i) {
    if (name == to_string(Property(i))) return Property(i);
  }
  return std::nullopt;
}

void Findings::violated(Property property, std::string text) {
  ++counts_[size_t(property)].violated;
  if (violations_.size() < kViolationsKept)
    violations_.push_back({property, step_, time_us_, std::move(text)});
}

}  // namespace vordb::sim
