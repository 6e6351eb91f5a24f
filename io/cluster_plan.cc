#include "io/cluster_plan.h"

#include <algorithm>
#include <map>

#include "core/cluster/operations.h"

namespace vordb::io {
namespace {

using Kind = ClusterChange::Kind;

ClientError to_error(const absl::Status& status) {
  ErrorCode code = ErrorCode::kConflict;
  if (absl::IsInvalidArgument(status) || absl::IsNotFound(status)) code = ErrorCode::kBadRequest;
  return {code, Outcome::kRejected, std::string(status.message()), ""};
}

const char* name_of(Kind kind) {
  if (kind == Kind::kJoin) return "join";
  if (kind == Kind::kLeave) return "leave";
  return kind == Kind::kReplace ? "replace" : "remove";
}

// Someone who is not among the owners yet and would be.
uint32_t newcomers(const cluster::PlannedMove& move) {
  return uint32_t(std::count_if(move.to.begin(), move.to.end(), [&](NodeNumber node) {
    return std::find(move.from.begin(), move.from.end(), node) == move.from.end();
  }));
}

}  // namespace

PlanInfo plan_change(const Configuration& configuration, const PlanQuestion& question) {
  using cluster::PlannedChange;
  PlanInfo plan;
  plan.change = name_of(question.change);
  plan.node_id = question.node_id;
  const PlannedChange change = question.change == Kind::kJoin    ? PlannedChange::kJoin
                               : question.change == Kind::kLeave ? PlannedChange::kLeave
                                                                 : PlannedChange::kRemove;
  const auto moves = cluster::plan(configuration, change, question.node_id, question.zone);
  if (!moves.ok()) {
    plan.error = to_error(moves.status());
    return plan;
  }
  std::map<NodeNumber, PlanInfo::Load> loads;
  for (const Member& member : configuration.members) {
    if (member.status != MemberStatus::kRemoved) loads[member.node].node_id = member.node_id;
  }
  for (const Partition& partition : configuration.partitions) {
    for (const NodeNumber node : partition.owners) ++loads[node].before;
  }
  for (auto& [node, load] : loads) load.after = load.before;
  for (const cluster::PlannedMove& move : *moves) {
    plan.replicas_moved += newcomers(move);
    for (const NodeNumber node : move.from) --loads[node].after;
    for (const NodeNumber node : move.to) ++loads[node].after;
  }
  plan.partitions_moved = uint32_t(moves->size());
  for (auto& [node, load] : loads) {
    // A number that nobody has yet is the joiner's.
    if (load.node_id.empty()) {
      load.node_id =
          configuration.member(node) ? configuration.member(node)->node_id : plan.node_id;
    }
    plan.loads.push_back(std::move(load));
  }
  return plan;
}

}  // namespace vordb::io
