#include "core/vnode/refusals.h"

#include <utility>

namespace vordb::vnode {

ClientError rejected(ErrorCode code, std::string message, std::string hint) {
  return ClientError{code, Outcome::kRejected, std::move(message), std::move(hint)};
}

ClientError not_owner() {
  return rejected(ErrorCode::kNotReady, "this node does not own the partition",
                  "retry: the cluster is changing");
}

ClientError damaged() {
  return rejected(ErrorCode::kCorrupt, "this partition's data is damaged here",
                  "restore the node from its peers or a backup");
}

ClientError unreadable() {
  return rejected(ErrorCode::kUnavailable, "the disk could not be read", "retry");
}

ClientError unmet() {
  return rejected(ErrorCode::kNotReady, "this partition has not met another owner yet",
                  "retry at another node");
}

ClientError behind() {
  return rejected(ErrorCode::kUnavailable, "this replica has not seen all that the context names",
                  "retry");
}

ClientError clock_ahead() {
  return rejected(ErrorCode::kNotReady, "the owner's clock is too far ahead of the others'",
                  "set its clock right");
}

ClientError bucket_gone() {
  return rejected(ErrorCode::kBucketNotFound, "the bucket was deleted", "");
}

}  // namespace vordb::vnode
