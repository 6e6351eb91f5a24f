#include "core/cluster/operations.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/cluster/moves.h"

namespace vordb::cluster {

namespace {

using Result = absl::StatusOr<Configuration>;

Member* find(Configuration& configuration, NodeNumber node) {
  for (Member& m : configuration.members) {
    if (m.node == node) return &m;
  }
  return nullptr;
}

void set_removed(Configuration& next, NodeNumber node) {
  find(next, node)->status = MemberStatus::kRemoved;
  next.removed_epoch = next.epoch;
  stop_draining(next, node);
}

absl::Status unknown_member() { return absl::NotFoundError("there is no such member"); }
absl::Status already_removed() { return absl::AlreadyExistsError("the member is removed already"); }

Result admit(const Joiner& joiner, const Configuration& current) {
  if (joiner.ring_size != current.ring_size) {
    return absl::FailedPreconditionError(
        absl::StrCat("the cluster's ring_size is ", current.ring_size, ", not ", joiner.ring_size));
  }
  if (joiner.node_id.empty() || joiner.address.empty()) {
    return absl::InvalidArgumentError("a joiner has a name and an address");
  }
  // This very disk, whatever became of it: a retry finds its first try, and a removed disk stays
  // out.
  for (const Member& m : current.members) {
    if (m.nonce != joiner.nonce || m.node_id != joiner.node_id) continue;
    if (m.status != MemberStatus::kRemoved) {
      return absl::AlreadyExistsError("this disk has been admitted");
    }
    return absl::FailedPreconditionError("this disk was removed from the cluster");
  }
  if (current.last_node >= kNodesMax) {
    return absl::FailedPreconditionError("the cluster has given all of its node numbers");
  }
  if (const Features lacks = lacking(current.features_on, joiner.features); !lacks.empty()) {
    return absl::FailedPreconditionError(switched_on_text(lacks));
  }
  Configuration next = successor(current);
  // The same node with another disk: the one before is lost, and counts for nothing from now on.
  if (const Member* before = member_by_id(current, joiner.node_id)) set_removed(next, before->node);
  Member member;
  member.node = ++next.last_node;
  member.node_id = joiner.node_id;
  member.address = joiner.address;
  member.zone = joiner.zone;
  member.status = MemberStatus::kJoining;
  member.admitted = next.epoch;
  member.nonce = joiner.nonce;
  member.features = joiner.features;
  next.members.push_back(std::move(member));
  return next;
}

Result confirm(NodeNumber node, uint64_t nonce, const Configuration& current) {
  const Member* member = current.member(node);
  if (!member || member->nonce != nonce) return unknown_member();
  if (member->status == MemberStatus::kRemoved) {
    return absl::FailedPreconditionError("the joiner was removed again");
  }
  if (member->status != MemberStatus::kJoining) {
    return absl::AlreadyExistsError("the joiner is up already");
  }
  Configuration next = successor(current);
  find(next, node)->status = MemberStatus::kUp;
  move_to_members(next);
  return next;
}

size_t others_that_own(const Configuration& configuration, NodeNumber node) {
  size_t count = 0;
  for (const auto& member : ring_members(configuration)) count += member.node != node;
  return count;
}

Result leave(NodeNumber node, const Configuration& current) {
  const Member* member = current.member(node);
  if (!member) return unknown_member();
  if (member->status == MemberStatus::kRemoved) return already_removed();
  if (member->status == MemberStatus::kLeaving) {
    return absl::AlreadyExistsError("the member is leaving already");
  }
  if (others_that_own(current, node) == 0) {
    return absl::FailedPreconditionError("the last member cannot leave");
  }
  Configuration next = successor(current);
  find(next, node)->status = MemberStatus::kLeaving;
  move_to_members(next);
  return next;
}

Result finish_leave(NodeNumber node, const Configuration& current) {
  const Member* member = current.member(node);
  if (!member) return unknown_member();
  if (member->status == MemberStatus::kRemoved) return already_removed();
  if (member->status != MemberStatus::kLeaving) {
    return absl::FailedPreconditionError("the member is not leaving");
  }
  if (has_part_in_ring(current, node)) {
    return absl::FailedPreconditionError("the member has not handed everything over");
  }
  Configuration next = successor(current);
  set_removed(next, node);
  return next;
}

Result set_status(NodeNumber node, MemberStatus from, MemberStatus to,
                  const Configuration& current) {
  const Member* member = current.member(node);
  if (!member) return unknown_member();
  if (member->status == to) {
    return absl::AlreadyExistsError(absl::StrCat("the member is ", to_string(to), " already"));
  }
  if (member->status != from) {
    return absl::FailedPreconditionError(
        absl::StrCat("the member is ", to_string(member->status), ", not ", to_string(from)));
  }
  Configuration next = successor(current);
  find(next, node)->status = to;
  return next;
}

// Too few owners of some placement would be left to have all that was acknowledged (rule 25).
bool loses_data(const Configuration& next) {
  for (uint8_t n = 1; n <= kReplicationMax; ++n) {
    const bool used = std::any_of(next.buckets.begin(), next.buckets.end(), [&](const auto& each) {
      return each.second.config.replication_n == n;
    });
    if (!used) continue;
    for (uint32_t p = 0; p < next.ring_size; ++p) {
      const PlacementId id{n, uint16_t(p)};
      if (owners_to_hold(next, id) < owners_needed(next, id)) return true;
    }
  }
  return false;
}

Result remove(NodeNumber node, bool accept_loss, bool to_be_replaced,
              const Configuration& current) {
  const Member* member = current.member(node);
  if (!member) return unknown_member();
  if (member->status == MemberStatus::kRemoved) return already_removed();
  const size_t others = others_that_own(current, node);
  if (others == 0) return absl::FailedPreconditionError("the last member cannot be removed");
  size_t width = 0;
  for (const Partition& p : current.partitions) width = std::max(width, p.owners.size());
  if (to_be_replaced && others < width) {
    return absl::FailedPreconditionError(
        "no other member could take its place; join one first, or remove it");
  }
  Configuration next = successor(current);
  set_removed(next, node);
  if (!accept_loss && loses_data(next)) {
    return absl::FailedPreconditionError(
        "acknowledged writes may be lost: too few of their owners would be left; accept_loss");
  }
  move_to_members(next);
  return next;
}

Result progress(const ChainOperation& operation, const Configuration& current) {
  Configuration next = successor(current);
  bool changed = false;
  for (const EndedMove& ended : operation.ended) {
    if (ended.partition >= next.ring_size || ended.move == 0) continue;
    if (next.partitions[ended.partition].move != ended.move) continue;
    cut_over(next, ended.partition);
    changed = true;
  }
  for (const Drained& drained : operation.drained) {
    if (drained.partition >= next.ring_size) continue;
    Partition& partition = next.partitions[drained.partition];
    // Of an earlier time, when less may have been to be handed over.
    if (partition.pv > drained.epoch) continue;
    changed |= std::erase(partition.draining, drained.node) > 0;
  }
  if (!changed) return absl::AlreadyExistsError("nothing of it is open");
  return next;
}

Result set_address(NodeNumber node, const std::string& address, const Configuration& current) {
  const Member* member = current.member(node);
  if (!member || member->status == MemberStatus::kRemoved) return unknown_member();
  if (member->address == address) return absl::AlreadyExistsError("the address is known");
  Configuration next = successor(current);
  find(next, node)->address = address;
  return next;
}

Result set_features(NodeNumber node, const Features& features, const Configuration& current) {
  const Member* member = current.member(node);
  if (!member || member->status == MemberStatus::kRemoved) return unknown_member();
  if (member->features == features) return absl::AlreadyExistsError("the features are known");
  const Features lacks = lacking(current.features_on, features);
  if (!lacks.empty() && member->status != MemberStatus::kLeaving) {
    return absl::FailedPreconditionError(switched_on_text(lacks));
  }
  Configuration next = successor(current);
  find(next, node)->features = features;
  return next;
}

Result switch_on(const Features& features, const Configuration& current) {
  const Features off = lacking(features, current.features_on);
  if (off.empty()) return absl::AlreadyExistsError("the features are on already");
  for (const Member* m : staying_members(current)) {
    const Features lacks = lacking(off, m->features);
    if (lacks.empty()) continue;
    return absl::FailedPreconditionError(absl::StrCat(m->node_id, " does not have ", lacks[0]));
  }
  Configuration next = successor(current);
  next.features_on.insert(next.features_on.end(), off.begin(), off.end());
  std::sort(next.features_on.begin(), next.features_on.end());
  return next;
}

Result applied_to(const ChainOperation& operation, const Configuration& current) {
  using Kind = ChainOperation::Kind;
  switch (operation.kind) {
    case Kind::kCreateBucket:
      return create_bucket(current, operation.bucket);
    case Kind::kDeleteBucket:
      return delete_bucket(current, operation.bucket.name);
    case Kind::kAdmit:
      return admit(operation.joiner, current);
    case Kind::kConfirm:
      return confirm(operation.node, operation.nonce, current);
    case Kind::kLeave:
      return leave(operation.node, current);
    case Kind::kFinishLeave:
      return finish_leave(operation.node, current);
    case Kind::kDown:
      return set_status(operation.node, MemberStatus::kUp, MemberStatus::kDown, current);
    case Kind::kUp:
      return set_status(operation.node, MemberStatus::kDown, MemberStatus::kUp, current);
    case Kind::kRemove:
      return remove(operation.node, operation.accept_loss, false, current);
    case Kind::kReplace:
      return remove(operation.node, operation.accept_loss, true, current);
    case Kind::kProgress:
      return progress(operation, current);
    case Kind::kSetAddress:
      return set_address(operation.node, operation.address, current);
    case Kind::kSetFeatures:
      return set_features(operation.node, operation.features, current);
    case Kind::kSwitchOn:
      return switch_on(operation.features, current);
  }
  return absl::InvalidArgumentError("no such operation");
}

}  // namespace

absl::StatusOr<Configuration> apply(const ChainOperation& operation, const Configuration& current) {
  Result next = applied_to(operation, current);
  if (!next.ok()) return next;
  std::vector<uint64_t>& recent = next->recent_operations;
  recent.push_back(operation.id);
  if (recent.size() > kRecentOperations) recent.erase(recent.begin());
  return next;
}

Configuration alone(const Configuration& current, NodeNumber node, std::string cluster_id) {
  Configuration next = successor(current);
  next.epoch = current.epoch + kForcedEpochs;
  next.cluster_id = std::move(cluster_id);
  for (const Member& m : current.members) {
    if (m.node != node && m.status != MemberStatus::kRemoved) set_removed(next, m.node);
  }
  find(next, node)->status = MemberStatus::kUp;
  for (Partition& p : next.partitions) {
    p.owners = {node};
    p.next.clear();
    p.draining.clear();
    p.move = 0;
    p.pv = next.epoch;
  }
  return next;
}

const Member* member_by_id(const Configuration& configuration, std::string_view node_id) {
  for (const Member& m : configuration.members) {
    if (m.node_id == node_id && m.status != MemberStatus::kRemoved) return &m;
  }
  return nullptr;
}

absl::StatusOr<std::vector<PlannedMove>> plan(const Configuration& configuration,
                                              PlannedChange change, std::string_view node_id,
                                              std::string_view zone) {
  const Member* member = member_by_id(configuration, node_id);
  if (change != PlannedChange::kJoin && !member) return unknown_member();
  ChainOperation operation;
  Configuration current = configuration;
  if (change == PlannedChange::kJoin) {
    ChainOperation admission;
    admission.kind = ChainOperation::Kind::kAdmit;
    admission.joiner = {std::string(node_id),    "planned:1", std::string(zone),
                        configuration.ring_size, 0,           configuration.features_on};
    Result admitted = apply(admission, configuration);
    if (!admitted.ok()) return admitted.status();
    current = *std::move(admitted);
    operation.kind = ChainOperation::Kind::kConfirm;
    operation.node = current.last_node;
  } else {
    operation.kind = change == PlannedChange::kLeave ? ChainOperation::Kind::kLeave
                                                     : ChainOperation::Kind::kRemove;
    operation.node = member->node;
    operation.accept_loss = true;
  }
  Result next = apply(operation, current);
  if (!next.ok()) return next.status();
  const OwnerLists from = owners_to_come(configuration);
  const OwnerLists to = owners_to_come(*next);
  std::vector<PlannedMove> moves;
  for (size_t p = 0; p < from.size(); ++p) {
    if (from[p] != to[p]) moves.push_back({uint16_t(p), from[p], to[p]});
  }
  return moves;
}

}  // namespace vordb::cluster
