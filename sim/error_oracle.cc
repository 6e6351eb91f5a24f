#include "sim/error_oracle.h"

#include <algorithm>

namespace vordb::sim {

bool ErrorOracle::has_cause(const Call& call, const ClientError& error,
                            const ErrorCauses& causes) const {
  const BucketPlan& plan = context_->catalogue.bucket(call.bucket);
  const bool alone = context_->alone();
  const bool cluster_troubled = !alone && (causes.unreachable || causes.changing || causes.outside);
  // A node that finds itself far ahead of its peers takes no writes.
  const bool ahead = !alone && causes.clock_stepped && call.is_mutation();
  // Its bucket was deleted when it had been handed to an owner.
  const bool overtaken = plan.churns && error.outcome == Outcome::kUnknown;
  const uint32_t needed = call.is_mutation() ? std::max<uint32_t>(call.w, plan.config.write_quorum)
                                             : std::max<uint32_t>(call.r, plan.config.read_quorum);
  switch (error.code) {
    case ErrorCode::kBucketNotFound:
      return plan.churns || call.operation == Operation::kCreateBucket ||
             (!alone && !plan.is_default);
    case ErrorCode::kBucketExists:
      return call.operation == Operation::kCreateBucket;
    // More replicas asked for than there are nodes, or can be reached; or a disk that does not
    // answer. What a stopped process finds late when it goes on is late.
    case ErrorCode::kUnavailable:
      return needed > context_->shape.nodes || causes.damaged || causes.starting ||
             causes.stalled || cluster_troubled || ahead || overtaken ||
             context_->may_be_unheard_of(call);
    case ErrorCode::kBadRequest:
      return std::max(call.w, call.r) > plan.config.replication_n;
    case ErrorCode::kDiskFull:
      return causes.no_space;
    case ErrorCode::kCorrupt:
      return causes.damaged;
    case ErrorCode::kPurging:
      return plan.config.ttl_seconds > 0;
    case ErrorCode::kNotReady:
      return causes.starting || cluster_troubled || ahead;
    default:
      return false;
  }
}

void ErrorOracle::answered(const Call& call, const ClientError& error, const ErrorCauses& causes) {
  context_->findings->evaluated(Property::kErrorsHaveCause, true);
  if (has_cause(call, error, causes)) return;
  context_->findings->violated(
      Property::kErrorsHaveCause,
      std::string("call ") + std::to_string(call.id) + " (" + to_string(call.operation) +
          ") was refused without a cause: " + http_word(error.code) + ", " + error.message);
}

}  // namespace vordb::sim
