// What may be done to a configuration: pure functions from one to the next. Each is an operation
// with its precondition (CLUSTER.md rule 7): applied anew to whatever was chosen meanwhile, or
// found void.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/cluster/configuration.h"
#include "core/fields.h"

namespace vordb::cluster {

// q(O) of CLUSTER.md rule 18, over the quorums in use by buckets of this placement: how many of its
// owners an owner to be must cover before it counts. Lost ones do not count, and where more are
// lost than the rule allows, which an operator has accepted, what is left must do.
size_t owners_to_hold(const Configuration& configuration, PlacementId placement);
// The same where no loss was accepted.
size_t owners_needed(const Configuration& configuration, PlacementId placement);

// Rule 20: how many owners to be must count before the move may end.
size_t owners_to_count(const Configuration& configuration, PlacementId placement);

struct Joiner {
  std::string node_id;
  std::string address;
  std::string zone;
  uint32_t ring_size = 0;
  uint64_t nonce = 0;  // names the disk
  Features features;
  VORDB_FIELDS(Joiner, node_id, address, zone, ring_size, nonce, features)
};

// A move whose owners to be count.
struct EndedMove {
  uint16_t partition = 0;
  uint64_t move = 0;
  bool operator==(const EndedMove&) const = default;
  VORDB_FIELDS(EndedMove, partition, move)
};

// `node` holds nothing more of a partition that it had to hand over, as of this epoch.
struct Drained {
  NodeNumber node = 0;
  uint16_t partition = 0;
  uint64_t epoch = 0;
  bool operator==(const Drained&) const = default;
  VORDB_FIELDS(Drained, node, partition, epoch)
};

struct ChainOperation {
  enum class Kind : uint8_t {
    kCreateBucket,  // bucket
    kDeleteBucket,  // bucket.name
    kAdmit,         // joiner: a member that takes no part yet
    kConfirm,       // node, nonce: it holds the configuration durably and takes its share
    kLeave,         // node: it gives away what it owns
    kFinishLeave,   // node: it has given everything away
    kDown,          // node: known to be away
    kUp,            // node: it is back
    kRemove,        // node, accept_loss: its disk is lost
    kReplace,       // the same, and others must be able to take its place
    kProgress,      // ended, drained: what moves have reached
    kSetAddress,    // node, address
    kSetFeatures,   // node, features: of the program that it runs now
    kSwitchOn,      // features: all members that stay have them
  };
  Kind kind = Kind::kProgress;
  uint64_t id = 0;  // drawn at random by who asks for it: the same over all tries
  BucketConfig bucket;
  Joiner joiner;
  NodeNumber node = 0;
  uint64_t nonce = 0;
  bool accept_loss = false;
  std::string address;
  Features features;
  std::vector<EndedMove> ended;
  std::vector<Drained> drained;
  VORDB_FIELDS(ChainOperation, kind, id, bucket, joiner, node, nonce, accept_loss, address,
               features, ended, drained)
};

// The next configuration. AlreadyExists: it is done already, or there is nothing to do (a bucket of
// the name exists); NotFound: its subject is unknown; InvalidArgument, PermissionDenied and
// FailedPrecondition: it may not be done, and why.
absl::StatusOr<Configuration> apply(const ChainOperation& operation, const Configuration& current);

// The others may go on choosing epochs that this member will never hear of: none of theirs, and so
// no bucket's id, comes again here (rule 26).
inline constexpr uint64_t kForcedEpochs = 1 << 20;
// A new generation of the cluster with this member alone: everybody else is removed, whatever is
// lost with them (rule 10). Not for apply(): nobody else is asked.
Configuration alone(const Configuration& current, NodeNumber node, std::string cluster_id);

// The member that goes by this id now, not a removed one.
const Member* member_by_id(const Configuration& configuration, std::string_view node_id);

// Where a change of the members would let partitions go, without doing it.
struct PlannedMove {
  uint16_t partition = 0;
  std::vector<NodeNumber> from;
  std::vector<NodeNumber> to;
  VORDB_FIELDS(PlannedMove, partition, from, to)
};
enum class PlannedChange : uint8_t { kJoin, kLeave, kRemove };
absl::StatusOr<std::vector<PlannedMove>> plan(const Configuration& configuration,
                                              PlannedChange change, std::string_view node_id,
                                              std::string_view zone);

}  // namespace vordb::cluster
