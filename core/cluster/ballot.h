// What an acceptor of the configuration chain has promised and accepted: durable before it is told
// (CLUSTER.md rules 3 and 4).
#pragma once

#include <compare>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "core/cluster/configuration.h"
#include "core/fields.h"
#include "core/ids.h"

namespace vordb {

namespace pb {
class AcceptorRecord;
class Ballot;
}  // namespace pb

namespace cluster {

// No ballot is used twice: a node's number belongs to one disk, and its boot number is raised,
// durably, at every start.
struct Ballot {
  uint64_t round = 0;  // 0: none
  NodeNumber node = 0;
  uint64_t boot = 0;
  auto operator<=>(const Ballot&) const = default;
  VORDB_FIELDS(Ballot, round, node, boot)
};

struct Votes {
  uint64_t epoch = 0;  // of the configuration that is voted on; votes for lower ones are over
  Ballot promised;
  Ballot accepted;
  std::shared_ptr<const Configuration> value;  // accepted; null: none
  VORDB_FIELDS(Votes, epoch, promised, accepted, value)
};

void to_pb(const Ballot& from, pb::Ballot* to);
Ballot from_pb(const pb::Ballot& from);
void to_pb(const Votes& from, pb::AcceptorRecord* to);
absl::StatusOr<Votes> from_pb(const pb::AcceptorRecord& from);

}  // namespace cluster
}  // namespace vordb
