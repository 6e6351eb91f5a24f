// Histories of a cluster that end in the audit, and of buckets, lost disks and refusals: each
// passes where it must, and breaks the right property where it must not.
#include <doctest/doctest.h>

#include "sim/error_oracle.h"
#include "sim/oracle_history.h"

namespace vordb::sim {
namespace {

TEST_CASE("cluster oracles: in the audit weak buckets show what was acknowledged") {
  History put;
  const Call old = put.ok(Operation::kPut, kLww, 0, 1'000'000);
  put.now_ms_ += 10;
  put.ok(Operation::kPut, kLww, 1);
  put.audit();
  put.get(kLww, 2, old.id);
  CHECK(put.finds(Property::kAuditKeepsAcked));
  // The winner is the later by hybrid time, not by the clients' order.
  History skewed;
  skewed.skew_ms_ = 100;
  const Call ahead = skewed.ok(Operation::kPut, kLww, 0, 1'000'050);
  skewed.ok(Operation::kPut, kLww, 1, 1'000'010);
  skewed.audit();
  skewed.get(kLww, 2, ahead.id);
  CHECK(skewed.clean());
  History add;
  add.ok(Operation::kSetAdd, kSet, 0);
  add.ok(Operation::kSetRemove, kSet, 1);
  add.audit();
  add.members(kSet, 2, {1});
  CHECK(add.clean());  // the remove may have observed nothing
  History lost;
  lost.ok(Operation::kSetRemove, kSet, 1);
  lost.ok(Operation::kSetAdd, kSet, 0);
  lost.audit();
  lost.members(kSet, 2, {});
  CHECK(lost.finds(Property::kAuditKeepsAcked));
  for (const int64_t shown : {1, 2, 3}) {
    History sum;
    sum.ok(Operation::kCounterIncrement, kCounter, 0);
    sum.ok(Operation::kCounterIncrement, kCounter, 1);
    sum.audit();
    sum.value(kCounter, 2, shown);
    CHECK(sum.clean() == (shown == 2));
  }
  for (const int64_t shown : {0, 1, 2}) {
    History sum;
    sum.ok(Operation::kCounterIncrement, kCounter, 0);
    sum.lose(sum.open(sum.begin(Operation::kCounterIncrement, kCounter, 1)));
    sum.audit();
    sum.value(kCounter, 2, shown);
    CHECK(sum.clean() == (shown > 0));
  }
}

TEST_CASE("cluster oracles: in the audit what was surely removed is gone") {
  History put;
  const Call written = put.ok(Operation::kPut, kLww, 0);
  put.now_ms_ += 10;
  put.ok(Operation::kDelete, kLww, 1);
  put.audit();
  put.get(kLww, 2, written.id);
  CHECK(put.finds(Property::kAuditRemovedStays));
  History set;
  set.ok(Operation::kSetAdd, kSet, 1);
  set.ok(Operation::kSetRemove, kSet, 1);
  set.audit();
  set.members(kSet, 2, {1});
  CHECK(set.finds(Property::kAuditRemovedStays));
  History sum;
  sum.ok(Operation::kCounterIncrement, kCounter, 1);
  sum.ok(Operation::kDelete, kCounter, 1);
  sum.ok(Operation::kCounterIncrement, kCounter, 2);
  sum.audit();
  sum.value(kCounter, 2, 2);
  CHECK_FALSE(sum.clean());
}

TEST_CASE("cluster oracles: in the audit all nodes agree") {
  History h;
  const Call first = h.ok(Operation::kPut, kLww, 0);
  const Call second = h.ok(Operation::kPut, kLww, 1);
  h.audit();
  h.get(kLww, 0, first.id);
  CHECK(h.clean());
  h.get(kLww, 1, second.id);
  CHECK(h.finds(Property::kAuditAgrees));
  CHECK(h.findings_.count(Property::kAuditAgrees).relevant == 1);
}

TEST_CASE("cluster oracles: lost disks excuse what nobody else had to hold") {
  for (const uint32_t bucket : {kSet, kStrictSet}) {
    History h({3, false});
    h.ok(Operation::kSetAdd, bucket, 0);
    h.oracles_.disks_lost(++h.step_, 1);
    h.audit();
    h.members(bucket, 1, {});
    CHECK(h.clean() == (bucket == kSet));
  }
  History later({3, false});
  later.oracles_.disks_lost(++later.step_, 1);
  later.ok(Operation::kSetAdd, kSet, 0);
  later.audit();
  later.members(kSet, 1, {});
  CHECK(later.finds(Property::kAuditKeepsAcked));
}

TEST_CASE(
    "cluster oracles: expired data of weak buckets is hidden, live data expires by its time") {
  History put;
  const Call written = put.ok(Operation::kPut, kShortLww, 0);
  put.now_ms_ += 1'002;
  put.get(kShortLww, 1, written.id);
  CHECK(put.finds(Property::kWeakExpiredHidden));
  History early;
  early.ok(Operation::kPut, kShortLww, 0);
  early.now_ms_ += 500;
  early.nothing(Operation::kGet, kShortLww, 0);
  CHECK(early.finds(Property::kNodeReadsOwn));
  History set;
  set.ok(Operation::kSetAdd, kShortSet, 0);
  set.now_ms_ += 1'002;
  set.members(kShortSet, 1, {1});
  CHECK(set.finds(Property::kWeakExpiredHidden));
  History sum;
  sum.ok(Operation::kCounterIncrement, kShortCounter, 0);
  sum.now_ms_ += 1'002;
  sum.value(kShortCounter, 1, 1);
  CHECK(sum.finds(Property::kWeakExpiredHidden));
  // An owner that has not heard of a renewal clears what it has seen.
  History cleared;
  cleared.ok(Operation::kCounterIncrement, kShortCounter, 0);
  cleared.now_ms_ += 900;
  cleared.ok(Operation::kCounterIncrement, kShortCounter, 0);
  cleared.now_ms_ += 200;
  cleared.value(kShortCounter, 0, 1);
  CHECK(cleared.clean());
  // A clock that may be a second ahead may see it expired already.
  History ahead;
  ahead.skew_ms_ = 1'000;
  ahead.ok(Operation::kPut, kShortLww, 0);
  ahead.now_ms_ += 500;
  ahead.nothing(Operation::kGet, kShortLww, 1);
  CHECK(ahead.clean());
}

TEST_CASE("cluster oracles: a node may not have heard of a bucket's change for ten seconds") {
  for (const uint64_t seconds : {1u, 12u}) {
    History h;
    h.ok(Operation::kCreateBucket, kNamed, 0);
    h.calm_s(seconds);
    h.refused(h.open(h.begin(Operation::kPut, kNamed, 1)), ErrorCode::kBucketNotFound);
    CHECK((seconds == 1 ? h.clean() : h.finds(Property::kBucketPresence)));
  }
  History never;
  never.calm_s(12);
  never.ok(Operation::kPut, kNamed, 0);
  CHECK(never.finds(Property::kBucketPresence));
  History twice;
  twice.ok(Operation::kCreateBucket, kNamed, 0);
  twice.ok(Operation::kCreateBucket, kNamed, 1);
  CHECK(twice.finds(Property::kBucketPresence));
}

TEST_CASE("cluster oracles: a dropped bucket's data is gone in the end, new data stays") {
  for (const bool set : {false, true}) {
    const uint32_t bucket = set ? kChurnSet : kChurn;
    History h;
    h.ok(Operation::kCreateBucket, bucket, 0);
    const Call old = h.ok(set ? Operation::kSetAdd : Operation::kPut, bucket, 0);
    h.ok(Operation::kDeleteBucket, bucket, 0);
    h.ok(Operation::kCreateBucket, bucket, 0);
    // This node has not heard of it yet.
    set ? h.members(bucket, 1, {1}) : h.get(bucket, 1, old.id);
    CHECK(h.clean());
    h.audit();
    set ? h.members(bucket, 1, {1}) : h.get(bucket, 1, old.id);
    CHECK(h.finds(Property::kAuditRemovedStays));
  }
  History kept;
  kept.ok(Operation::kCreateBucket, kChurnSet, 0);
  kept.ok(Operation::kDeleteBucket, kChurnSet, 0);
  kept.ok(Operation::kCreateBucket, kChurnSet, 0);
  kept.calm_s(12);
  kept.ok(Operation::kSetAdd, kChurnSet, 0);
  kept.audit();
  kept.members(kChurnSet, 1, {});
  CHECK(kept.finds(Property::kAuditKeepsAcked));
}

TEST_CASE("cluster oracles: timestamps lie between the clocks, and rise where writes read first") {
  History early;
  early.ok(Operation::kPut, kLww, 0, early.now_ms_ - 1);
  CHECK(early.finds(Property::kTimestampsBounded));
  History late;
  late.ok(Operation::kPut, kLww, 0, late.now_ms_ + 1);
  CHECK(late.finds(Property::kTimestampsBounded));
  for (const uint32_t bucket : {kLww, kStrictLww}) {
    for (const uint32_t node : {0u, 1u}) {
      History h;
      h.skew_ms_ = 50;
      h.ok(Operation::kPut, bucket, 0, h.now_ms_ + 50);
      h.ok(Operation::kPut, bucket, node, h.now_ms_ + 10);
      const bool rises = bucket == kStrictLww || node == 0;
      CHECK((rises ? h.finds(Property::kTimestampsRise) : h.clean()));
    }
  }
}

TEST_CASE("cluster oracles: a refusal needs trouble in the cluster") {
  for (const int cause : {0, 1, 2, 3}) {
    History h;
    h.causes_.unreachable = cause == 1;
    h.causes_.changing = cause == 2;
    h.causes_.outside = cause == 3;
    h.refused(h.open(h.begin(Operation::kPut, kStrictLww, 0)), ErrorCode::kUnavailable);
    CHECK((cause == 0 ? h.finds(Property::kErrorsHaveCause) : h.clean()));
  }
  for (const uint64_t seconds : {1u, 12u}) {
    History young;
    young.ok(Operation::kCreateBucket, kNamed, 0);
    young.calm_s(seconds);
    young.refused(young.open(young.begin(Operation::kPut, kNamed, 1)), ErrorCode::kUnavailable);
    CHECK((seconds == 1 ? young.clean() : young.finds(Property::kErrorsHaveCause)));
  }
  History corrupt;
  corrupt.causes_.unreachable = true;
  corrupt.refused(corrupt.open(corrupt.begin(Operation::kPut, kLww, 0)), ErrorCode::kCorrupt);
  CHECK(corrupt.finds(Property::kErrorsHaveCause));
}

TEST_CASE("cluster oracles: a listing may be old, and is complete in the audit") {
  const auto list = [](History& h, std::vector<std::string> keys) {
    Call call = h.open(h.begin(Operation::kListKeys, kLww, 1));
    call.span.end = ++h.step_;
    h.oracles_.listed(call, keys);
  };
  History h;
  h.ok(Operation::kPut, kLww, 0);
  list(h, {});
  CHECK(h.clean());
  h.audit();
  list(h, {Catalogue::key_name(0)});
  CHECK(h.clean());
  list(h, {});
  CHECK(h.finds(Property::kKeysListed));
  History foreign;
  foreign.audit();
  list(foreign, {Catalogue::key_name(1)});
  CHECK(foreign.finds(Property::kKeysListed));
}

}  // namespace
}  // namespace vordb::sim
