#include "sim/decision.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "sim/fault_kinds.h"
#include "sim/site_faults.h"

namespace vordb::sim {

namespace {

constexpr const char* kStreamNames[] = {"unnamed",  "world",  "machine", "shard",      "random",
                                        "disk",     "link",   "arrival", "connection", "client",
                                        "calls",    "behind", "fault",   "strike",     "moment",
                                        "operator", "knobs",  "sites",   "site"};
constexpr const char* kDecisionNames[] = {"unnamed",
                                          "buffered",
                                          "first_start",
                                          "form_faults_end",
                                          "first_thought",
                                          "restart_is_late",
                                          "restart_wait",
                                          "tick",
                                          "turn_ends_at_once",
                                          "turn_length",
                                          "local_delay",
                                          "completion_delay",
                                          "node_random",
                                          "write_time",
                                          "read_time",
                                          "disk_stalls",
                                          "stall_time",
                                          "read_is_late",
                                          "read_as_of_question",
                                          "write_fails",
                                          "read_fails",
                                          "rots",
                                          "rot_is_silent",
                                          "rot_place",
                                          "rot_bit",
                                          "rot_length",
                                          "start_commit_is_kept",
                                          "groups_kept",
                                          "group_is_torn",
                                          "delay",
                                          "delay_is_long",
                                          "long_delay",
                                          "slow_delay",
                                          "reorder_delay",
                                          "lose",
                                          "break",
                                          "double",
                                          "passes",
                                          "reorder",
                                          "request_delay",
                                          "reply_delay",
                                          "disconnect_delay",
                                          "asks",
                                          "rests_long",
                                          "rest",
                                          "think_time",
                                          "retry_wait",
                                          "page_wait",
                                          "hangs_up",
                                          "is_impatient",
                                          "sends_behind",
                                          "repeats",
                                          "switches_node",
                                          "node",
                                          "forgets_context",
                                          "bucket",
                                          "key_is_hot",
                                          "key",
                                          "same_key",
                                          "operation",
                                          "element_count",
                                          "many_elements",
                                          "element",
                                          "has_limit",
                                          "limit",
                                          "has_after",
                                          "after",
                                          "amount",
                                          "asks_for_quorum",
                                          "has_token",
                                          "token",
                                          "gives_context",
                                          "fault_is_on",
                                          "fault_due",
                                          "strikes",
                                          "target",
                                          "duration",
                                          "lasts_long",
                                          "is_kill",
                                          "step_is_far",
                                          "clock_step",
                                          "clock_drift",
                                          "disk_is_full",
                                          "disk_is_below_half",
                                          "rot_is_detected",
                                          "order",
                                          "holds",
                                          "rate",
                                          "is_everywhere",
                                          "cut_place",
                                          "clogs_out",
                                          "clogs_in",
                                          "aims",
                                          "aims_at_once",
                                          "aimed_delay",
                                          "machine",
                                          "by_seeds",
                                          "start_wait",
                                          "operator_wait",
                                          "takes_backup",
                                          "operator_delay",
                                          "knobs_are_odd",
                                          "knob_is_odd",
                                          "knob",
                                          "knob_value",
                                          "sites_are_on",
                                          "site_is_on",
                                          "site_pace",
                                          "site_strikes"};

static_assert(std::size(kStreamNames) == kStreamKinds && std::size(kDecisionNames) == kDecisions);

template <typename Kind>
std::optional<Kind> named(std::span<const char* const> names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return Kind(found - names.begin());
}

}  // namespace

const char* to_string(StreamKind kind) { return kStreamNames[size_t(kind)]; }
const char* to_string(Decision decision) { return kDecisionNames[size_t(decision)]; }

std::optional<StreamKind> stream_kind_of(std::string_view name) {
  return named<StreamKind>(kStreamNames, name);
}

std::optional<Decision> decision_of(std::string_view name) {
  return named<Decision>(kDecisionNames, name);
}

std::string text_of(Stream stream) {
  const bool of_fault = stream.kind == StreamKind::kFault || stream.kind == StreamKind::kStrike ||
                        stream.kind == StreamKind::kOperator;
  if (of_fault && stream.index < kFaultKinds)
    return std::string(to_string(stream.kind)) + " " + to_string(FaultKind(stream.index));
  if (stream.kind == StreamKind::kSite && stream.index < kSites)
    return std::string(to_string(stream.kind)) + " " + to_string(Site(stream.index));
  return std::string(to_string(stream.kind)) + " " + std::to_string(stream.index);
}

std::string text_of(const Drawn& drawn) {
  std::string text = text_of(drawn.stream) + ": " + to_string(drawn.decision) + " ";
  if (drawn.bound == 2) return text + (drawn.value != 0 ? "yes" : "no");
  text += std::to_string(drawn.value);
  return drawn.bound == 0 ? text : text + " of " + std::to_string(drawn.bound);
}

}  // namespace vordb::sim
