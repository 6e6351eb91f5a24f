#include "core/cluster/errors.h"

#include <string>

namespace vordb::cluster {

ClientError to_error(const absl::Status& status, ChainOperation::Kind kind) {
  const bool of_bucket =
      kind == ChainOperation::Kind::kCreateBucket || kind == ChainOperation::Kind::kDeleteBucket;
  ErrorCode code = ErrorCode::kBadRequest;
  if (absl::IsAlreadyExists(status)) code = ErrorCode::kBucketExists;
  if (absl::IsNotFound(status) && of_bucket) code = ErrorCode::kBucketNotFound;
  if (absl::IsPermissionDenied(status)) code = ErrorCode::kForbidden;
  if (absl::IsFailedPrecondition(status)) code = ErrorCode::kConflict;
  return ClientError{code, Outcome::kRejected, std::string(status.message()), ""};
}

ClientError out_of_time(bool never_proposed) {
  return ClientError{ErrorCode::kUnavailable,
                     never_proposed ? Outcome::kRejected : Outcome::kUnknown,
                     "too few members answered in time",
                     "a majority of the members decides on changes of the cluster"};
}

}  // namespace vordb::cluster
