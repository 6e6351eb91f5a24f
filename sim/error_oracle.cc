#include "sim/error_oracle.h"

namespace vordb::sim {

bool ErrorOracle::has_cause(const Call& call, ErrorCode code, const ErrorCauses& causes) const {
  const BucketPlan& plan = context_.catalogue.bucket(call.bucket);
  switch (code) {
    case ErrorCode::kBucketNotFound:
      return plan.churns || call.operation == Operation::kCreateBucket;
    case ErrorCode::kBucketExists:
      return call.operation == Operation::kCreateBucket;
    // More replicas asked for than there are nodes; or a disk that does not answer.
    case ErrorCode::kUnavailable:
      return call.w > 1 || call.r > 1 || causes.damaged || causes.starting;
    case ErrorCode::kDiskFull:
      return causes.no_space;
    case ErrorCode::kCorrupt:
      return causes.damaged;
    case ErrorCode::kPurging:
      return plan.config.ttl_seconds > 0;
    case ErrorCode::kNotReady:
      return causes.starting;
    default:
      return false;
  }
}

void ErrorOracle::answered(const Call& call, const ClientError& error, const ErrorCauses& causes) {
  context_.findings.evaluated(Property::kErrorsHaveCause, true);
  if (has_cause(call, error.code, causes)) return;
  context_.findings.violated(
      Property::kErrorsHaveCause,
      std::string("call ") + std::to_string(call.id) + " (" + to_string(call.operation) +
          ") was refused without a cause: " + http_word(error.code) + ", " + error.message);
}

}  // namespace vordb::sim
