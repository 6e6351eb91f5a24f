// What may be done to a configuration, one by one and in random sequences.
#include "core/cluster/operations.h"

#include <algorithm>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "core/cluster/moves.h"

using namespace vordb;
using namespace vordb::cluster;

namespace {

constexpr uint32_t kRing = 16;

Configuration founded() {
  Member first;
  first.node = 1;
  first.node_id = "n1";
  first.address = "h1:1";
  first.nonce = 1001;
  return found_cluster(std::string(16, 'c'), kRing, {first}, BucketConfig{});
}

ChainOperation of(ChainOperation::Kind kind, NodeNumber node) {
  ChainOperation operation;
  operation.kind = kind;
  operation.node = node;
  return operation;
}

ChainOperation admission(const std::string& id, uint64_t nonce) {
  ChainOperation operation = of(ChainOperation::Kind::kAdmit, 0);
  operation.joiner = {id, "h:" + id, "", kRing, nonce};
  return operation;
}

Configuration must(const ChainOperation& operation, const Configuration& current) {
  absl::StatusOr<Configuration> next = apply(operation, current);
  INFO(next.status().message());
  REQUIRE(next.ok());
  CHECK(next->epoch == current.epoch + 1);
  CHECK(next->previous_checksum == checksum(current));
  const absl::Status sound = check_configuration(*next);
  INFO(sound.message());
  REQUIRE(sound.ok());
  return *std::move(next);
}

Configuration joined(const Configuration& current, const std::string& id, uint64_t nonce) {
  const Configuration admitted = must(admission(id, nonce), current);
  ChainOperation confirm = of(ChainOperation::Kind::kConfirm, admitted.last_node);
  confirm.nonce = nonce;
  return must(confirm, admitted);
}

// Every open move ends and every draining member has drained.
Configuration settled(Configuration current) {
  for (int round = 0; round < 2; ++round) {
    ChainOperation progress = of(ChainOperation::Kind::kProgress, 0);
    for (uint16_t p = 0; p < kRing; ++p) {
      const Partition& partition = current.partitions[p];
      if (partition.move != 0) progress.ended.push_back({p, partition.move});
      for (const NodeNumber node : partition.draining) {
        progress.drained.push_back({node, p, current.epoch});
      }
    }
    if (progress.ended.empty() && progress.drained.empty()) break;
    current = must(progress, current);
  }
  return current;
}

Configuration cluster_of(int members) {
  Configuration current = founded();
  for (int i = 2; i <= members; ++i) {
    current = settled(joined(current, "n" + std::to_string(i), 1000 + uint64_t(i)));
  }
  return current;
}

std::set<NodeNumber> set_of(const std::vector<NodeNumber>& nodes) {
  return {nodes.begin(), nodes.end()};
}

absl::StatusCode refusal(const ChainOperation& operation, const Configuration& current) {
  return apply(operation, current).status().code();
}

}  // namespace

TEST_CASE("operations: a joiner owns nothing and votes for nothing until it is confirmed") {
  const Configuration admitted = must(admission("n2", 7), founded());
  REQUIRE(admitted.member(2));
  CHECK(admitted.member(2)->status == MemberStatus::kJoining);
  CHECK(admitted.member(2)->admitted == admitted.epoch);
  for (const Partition& p : admitted.partitions) CHECK(p.move == 0);
  CHECK(refusal(admission("n2", 7), admitted) == absl::StatusCode::kAlreadyExists);

  ChainOperation confirm = of(ChainOperation::Kind::kConfirm, 2);
  confirm.nonce = 8;
  CHECK(refusal(confirm, admitted) == absl::StatusCode::kNotFound);
  confirm.nonce = 7;
  const Configuration up = must(confirm, admitted);
  for (const Partition& p : up.partitions) {
    CHECK(p.owners == std::vector<NodeNumber>{1});
    CHECK(set_of(p.next) == std::set<NodeNumber>{1, 2});
    CHECK(p.move == up.epoch);
    CHECK(p.pv == up.epoch);
  }
  CHECK(refusal(confirm, up) == absl::StatusCode::kAlreadyExists);
}

TEST_CASE("operations: another ring size is refused, with both sizes named") {
  ChainOperation other = admission("n2", 7);
  other.joiner.ring_size = 8;
  const absl::Status status = apply(other, founded()).status();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(status.message() == "the cluster's ring_size is 16, not 8");
}

TEST_CASE(
    "operations: a node with another disk is another member, and takes the lost one's place") {
  const Configuration three = cluster_of(3);
  const Configuration admitted = must(admission("n2", 99), three);
  CHECK(admitted.member(2)->status == MemberStatus::kRemoved);
  CHECK(admitted.removed_epoch == admitted.epoch);
  CHECK(admitted.member(4)->status == MemberStatus::kJoining);
  ChainOperation confirm = of(ChainOperation::Kind::kConfirm, 4);
  confirm.nonce = 99;
  const Configuration up = must(confirm, admitted);
  for (const Partition& p : up.partitions) {
    CHECK(set_of(p.owners) == std::set<NodeNumber>{1, 2, 3});
    CHECK(set_of(p.next) == std::set<NodeNumber>{1, 3, 4});
  }
  const Configuration over = settled(up);
  for (const Partition& p : over.partitions) {
    CHECK(set_of(p.owners) == std::set<NodeNumber>{1, 3, 4});
    CHECK(p.draining.empty());  // the lost disk has nothing to hand over
  }
  // Its earlier disk has lost its place for good.
  CHECK(refusal(admission("n2", 1002), over) == absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("operations: a cutover belongs to one move and leaves the old owners draining") {
  const Configuration up = joined(cluster_of(3), "n4", 1004);
  uint16_t moving = 0;
  while (up.partitions[moving].move == 0) ++moving;
  ChainOperation stale = of(ChainOperation::Kind::kProgress, 0);
  stale.ended.push_back({moving, up.partitions[moving].move - 1});
  CHECK(refusal(stale, up) == absl::StatusCode::kAlreadyExists);
  ChainOperation cutover = of(ChainOperation::Kind::kProgress, 0);
  cutover.ended.push_back({moving, up.partitions[moving].move});
  const Configuration next = must(cutover, up);
  const Partition& p = next.partitions[moving];
  CHECK(p.owners == up.partitions[moving].next);
  CHECK(p.move == 0);
  CHECK(p.pv == next.epoch);
  REQUIRE(p.draining.size() == 1);
  CHECK_FALSE(set_of(p.owners).contains(p.draining[0]));
  // A report made before the cutover says nothing about what is to be handed over since.
  ChainOperation drained = of(ChainOperation::Kind::kProgress, 0);
  drained.drained.push_back({p.draining[0], moving, up.epoch});
  CHECK(refusal(drained, next) == absl::StatusCode::kAlreadyExists);
  drained.drained[0].epoch = next.epoch;
  CHECK(must(drained, next).partitions[moving].draining.empty());
}

TEST_CASE("operations: an owner to be that dies gives the move another end") {
  Configuration up = joined(cluster_of(3), "n4", 1004);
  up = joined(up, "n5", 1005);
  ChainOperation removal = of(ChainOperation::Kind::kRemove, 4);
  const Configuration next = must(removal, up);
  for (uint32_t p = 0; p < kRing; ++p) {
    CHECK_FALSE(set_of(next.partitions[p].next).contains(4));
    CHECK_FALSE(set_of(next.partitions[p].owners).contains(4));
    if (!set_of(up.partitions[p].next).contains(4)) continue;
    CHECK(next.partitions[p].move != up.partitions[p].move);
    CHECK(next.partitions[p].pv == next.epoch);
  }
}

TEST_CASE("operations: leaving is over when nothing of the leaver is left, and not before") {
  const Configuration four = cluster_of(4);
  const Configuration leaving = must(of(ChainOperation::Kind::kLeave, 1), four);
  CHECK(leaving.member(1)->status == MemberStatus::kLeaving);
  const ChainOperation finish = of(ChainOperation::Kind::kFinishLeave, 1);
  CHECK(refusal(finish, leaving) == absl::StatusCode::kFailedPrecondition);
  CHECK(refusal(of(ChainOperation::Kind::kLeave, 1), leaving) == absl::StatusCode::kAlreadyExists);
  const Configuration drained = settled(leaving);
  CHECK_FALSE(has_part_in_ring(drained, 1));
  const Configuration left = must(finish, drained);
  CHECK_FALSE(left.is_member(1));
  for (const Partition& p : left.partitions) CHECK(p.owners.size() == 3);
  CHECK(refusal(of(ChainOperation::Kind::kLeave, 1), founded()) ==
        absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("operations: a removal that would lose acknowledged writes must be asked for") {
  const Configuration three = cluster_of(3);
  const Configuration two = must(of(ChainOperation::Kind::kRemove, 3), three);
  ChainOperation another = of(ChainOperation::Kind::kRemove, 2);
  CHECK(refusal(another, two) == absl::StatusCode::kFailedPrecondition);
  another.accept_loss = true;
  const Configuration one = must(another, two);
  for (const Partition& p : one.partitions) {
    CHECK(p.owners.size() == 3);  // quorums are not lowered while it moves
    CHECK(p.next == std::vector<NodeNumber>{1});
  }
  CHECK(owners_to_hold(one, {3, 0}) == 1);
  CHECK(owners_needed(one, {3, 0}) == 2);
  another.node = 1;
  CHECK(refusal(another, one) == absl::StatusCode::kFailedPrecondition);
  CHECK(refusal(of(ChainOperation::Kind::kReplace, 3), three) ==
        absl::StatusCode::kFailedPrecondition);
  CHECK(apply(of(ChainOperation::Kind::kReplace, 3), cluster_of(4)).ok());
}

TEST_CASE("operations: down and back") {
  const Configuration two = cluster_of(2);
  const Configuration down = must(of(ChainOperation::Kind::kDown, 2), two);
  CHECK(down.member(2)->status == MemberStatus::kDown);
  CHECK(down.partitions == two.partitions);
  CHECK(refusal(of(ChainOperation::Kind::kDown, 2), down) == absl::StatusCode::kAlreadyExists);
  CHECK(must(of(ChainOperation::Kind::kUp, 2), down).member(2)->status == MemberStatus::kUp);
  CHECK(refusal(of(ChainOperation::Kind::kUp, 9), down) == absl::StatusCode::kNotFound);
}

TEST_CASE("operations: quorums that overlap decide how much a move must see") {
  Configuration c = cluster_of(4);
  CHECK(owners_to_hold(c, {3, 0}) == 2);
  CHECK(owners_to_hold(c, {1, 0}) == 1);
  const auto with = [&](uint8_t w, uint8_t r) {
    ChainOperation create = of(ChainOperation::Kind::kCreateBucket, 0);
    create.bucket.name = "b";
    create.bucket.write_quorum = w;
    create.bucket.read_quorum = r;
    return must(create, c);
  };
  CHECK(owners_to_hold(with(3, 3), {3, 0}) == 2);
  CHECK(owners_to_hold(with(2, 1), {3, 0}) == 2);
  CHECK(owners_to_hold(with(1, 3), {3, 0}) == 3);
  CHECK(owners_to_hold(with(3, 1), {3, 0}) == 3);
  Configuration moving = joined(with(3, 1), "n5", 1005);
  uint16_t p = 0;
  while (moving.partitions[p].move == 0) ++p;
  CHECK(owners_to_count(moving, {3, p}) == 3);
  moving = joined(c, "n5", 1005);
  CHECK(owners_to_count(moving, {3, p}) == 2);
}

TEST_CASE("operations: more replicas than any bucket had lengthen the lists, and nothing moves") {
  const Configuration six = cluster_of(6);
  ChainOperation create = of(ChainOperation::Kind::kCreateBucket, 0);
  create.bucket.name = "wide";
  create.bucket.replication_n = 5;
  const Configuration next = must(create, six);
  for (uint32_t p = 0; p < kRing; ++p) {
    CHECK(next.partitions[p].owners.size() == 5);
    CHECK(next.partitions[p].move == 0);
    CHECK(std::equal(six.partitions[p].owners.begin(), six.partitions[p].owners.end(),
                     next.partitions[p].owners.begin()));
  }
  // Places that a running move is to fill are not new ones.
  const Configuration growing = joined(founded(), "n2", 5);
  const Configuration wide = must(create, growing);
  for (const Partition& p : wide.partitions) CHECK(p.owners == std::vector<NodeNumber>{1});
}

TEST_CASE("operations: a plan says what would move and changes nothing") {
  const Configuration three = cluster_of(3);
  const auto join = plan(three, PlannedChange::kJoin, "n9", "");
  REQUIRE(join.ok());
  CHECK(join->size() >= kRing * 3 / 5);
  const auto removal = plan(three, PlannedChange::kRemove, "n2", "");
  REQUIRE(removal.ok());
  CHECK(removal->size() == kRing);
  CHECK_FALSE(set_of(removal->front().to).contains(2));
  CHECK(absl::IsNotFound(plan(three, PlannedChange::kLeave, "n7", "").status()));
}

TEST_CASE("operations: random sequences keep every configuration sound, and settle") {
  uint64_t random = 3;
  const auto below = [&](uint64_t n) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    return (random >> 33) % n;
  };
  for (int run = 0; run < 40; ++run) {
    Configuration current = founded();
    uint64_t nonce = 5000;
    for (int i = 0; i < 60; ++i) {
      ChainOperation operation;
      operation.node = NodeNumber(1 + below(current.last_node));
      operation.accept_loss = below(2) == 0;
      switch (below(8)) {
        case 0:
        case 1:
          operation = admission("n" + std::to_string(1 + below(12)), ++nonce);
          break;
        case 2:
        case 3:
          operation.kind = ChainOperation::Kind::kConfirm;
          if (const Member* m = current.member(operation.node)) operation.nonce = m->nonce;
          break;
        case 4:
          operation.kind =
              below(2) == 0 ? ChainOperation::Kind::kLeave : ChainOperation::Kind::kFinishLeave;
          break;
        case 5:
          operation.kind =
              below(3) == 0 ? ChainOperation::Kind::kRemove : ChainOperation::Kind::kDown;
          break;
        case 6:
          operation.kind = ChainOperation::Kind::kCreateBucket;
          operation.bucket.name = "b" + std::to_string(below(6));
          operation.bucket.replication_n = uint8_t(1 + below(5));
          break;
        default:
          for (uint16_t p = 0; p < kRing; ++p) {
            const Partition& partition = current.partitions[p];
            if (partition.move != 0 && below(2) == 0) {
              operation.ended.push_back({p, partition.move});
            }
            for (const NodeNumber node : partition.draining) {
              if (below(2) == 0) operation.drained.push_back({node, p, current.epoch});
            }
          }
      }
      const absl::StatusOr<Configuration> next = apply(operation, current);
      if (!next.ok()) continue;
      const absl::Status sound = check_configuration(*next);
      INFO(sound.message());
      REQUIRE(sound.ok());
      current = *next;
    }
    current = settled(current);
    for (const Partition& p : current.partitions) {
      CHECK(p.move == 0);
      CHECK(p.draining.empty());
    }
  }
}
