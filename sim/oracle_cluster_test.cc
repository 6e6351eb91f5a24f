// Histories of a cluster against the oracles, one hand-made for each rule: what a bucket's quorums
// allow passes, and the smallest history that breaks a promise is found by the right property.
#include <doctest/doctest.h>

#include "sim/error_oracle.h"
#include "sim/oracle_history.h"

namespace vordb::sim {
namespace {

TEST_CASE("cluster oracles: a strict read through another node sees what was acknowledged") {
  History stale;
  const Call old = stale.ok(Operation::kPut, kStrictLww, 0);
  stale.ok(Operation::kPut, kStrictLww, 0);
  stale.get(kStrictLww, 1, old.id);
  CHECK(stale.finds(Property::kQuorumReadSeesAck));
  History lost;
  lost.ok(Operation::kPut, kStrictLww, 0);
  lost.nothing(Operation::kGet, kStrictLww, 2);
  CHECK(lost.finds(Property::kQuorumReadSeesAck));
  History set;
  set.ok(Operation::kSetAdd, kStrictSet, 0);
  set.members(kStrictSet, 1, {});
  CHECK(set.finds(Property::kQuorumReadSeesAck));
  History counter;
  counter.ok(Operation::kCounterIncrement, kStrictCounter, 0);
  counter.value(kStrictCounter, 1, 0);
  CHECK(counter.finds(Property::kQuorumReadSeesAck));
  History remove;
  remove.ok(Operation::kSetAdd, kStrictSet, 0);
  remove.ok(Operation::kSetRemove, kStrictSet, 1);
  remove.members(kStrictSet, 2, {1});
  CHECK(remove.finds(Property::kQuorumReadSeesAck));
}

TEST_CASE("cluster oracles: what a quorum showed a later quorum shows too, acknowledged or not") {
  for (const bool back : {false, true}) {
    History reg;
    const Call old = reg.ok(Operation::kPut, kStrictLww, 0);
    const Call open = reg.open(reg.begin(Operation::kPut, kStrictLww, 1));
    reg.get(kStrictLww, 2, open.id);
    reg.get(kStrictLww, 0, back ? old.id : open.id);
    CHECK(reg.clean() != back);
    History set;
    set.open(set.begin(Operation::kSetAdd, kStrictSet, 1));
    set.members(kStrictSet, 2, {1});
    set.members(kStrictSet, 0, back ? std::vector<uint32_t>{} : std::vector<uint32_t>{1});
    CHECK(set.clean() != back);
    History counter;
    counter.ok(Operation::kCounterIncrement, kStrictCounter, 0);
    Call more = counter.begin(Operation::kCounterIncrement, kStrictCounter, 1);
    more.amount = 7;
    counter.open(more);
    counter.value(kStrictCounter, 2, 8);
    counter.value(kStrictCounter, 0, back ? 1 : 8);
    CHECK(counter.clean() != back);
  }
  History refused;
  const Call add = refused.open(refused.begin(Operation::kCounterIncrement, kStrictCounter, 0));
  refused.value(kStrictCounter, 1, 1);
  refused.causes_.no_space = true;
  refused.refused(add, ErrorCode::kDiskFull);
  CHECK(refused.finds(Property::kCounterExplained));
}

TEST_CASE(
    "cluster oracles: what was lost sight of may come late, once, and not after all settled") {
  History late;
  const Call old = late.ok(Operation::kPut, kStrictLww, 0);
  const Call unknown = late.open(late.begin(Operation::kPut, kStrictLww, 1));
  late.get(kStrictLww, 0, old.id);
  const Call newer = late.ok(Operation::kPut, kStrictLww, 0);
  late.get(kStrictLww, 2, newer.id);
  late.get(kStrictLww, 2, unknown.id);
  CHECK(late.clean());
  late.get(kStrictLww, 0, newer.id);
  CHECK_FALSE(late.clean());
  History settled;
  const Call lost = settled.open(settled.begin(Operation::kPut, kStrictLww, 1));
  settled.lose(lost);
  const Call put = settled.ok(Operation::kPut, kStrictLww, 0);
  settled.get(kStrictLww, 0, put.id);
  settled.get(kStrictLww, 0, lost.id);
  CHECK_FALSE(settled.clean());
}

TEST_CASE("cluster oracles: a removal that waits nowhere any more takes no later add") {
  for (const bool carried_out : {false, true}) {
    History h;
    h.ok(Operation::kSetAdd, kStrictSet, 0);
    Call remove = h.open(h.begin(Operation::kSetRemove, kStrictSet, 1));
    if (carried_out) h.carry_out(remove);
    h.members(kStrictSet, 0, {1});
    h.ok(Operation::kSetAdd, kStrictSet, 0);
    CHECK(h.clean());
    h.members(kStrictSet, 0, {});
    CHECK(h.clean() != carried_out);
  }
  for (const bool carried_out : {false, true}) {
    History h;
    h.ok(Operation::kCounterIncrement, kStrictCounter, 0);
    Call reset = h.open(h.begin(Operation::kDelete, kStrictCounter, 1));
    if (carried_out) h.carry_out(reset);
    h.value(kStrictCounter, 0, 1);
    h.ok(Operation::kCounterIncrement, kStrictCounter, 0);
    h.value(kStrictCounter, 0, 2);
    h.value(kStrictCounter, 0, 1);
    CHECK(h.clean());
    h.nothing(Operation::kCounterValue, kStrictCounter, 0);
    CHECK(h.clean() != carried_out);
  }
}

TEST_CASE("cluster oracles: a removal with another node's token removes what it covers only") {
  for (const bool of_all : {false, true}) {
    History h;
    h.ok(Operation::kSetAdd, kStrictSet, 0);
    Call origin = h.begin(Operation::kSetMembers, kStrictSet, 1);
    origin.span.end = ++h.step_;
    Call remove = h.begin(Operation::kSetRemove, kStrictSet, 2);
    remove.context = "token";
    remove.context_origin = origin.span;
    remove.context_of_all = of_all;
    h.end(h.open(remove), {});
    h.members(kStrictSet, 2, {1});
    CHECK(h.clean() != of_all);
  }
}

TEST_CASE("cluster oracles: a weak read may be old, but shows what was written") {
  History old;
  const Call first = old.ok(Operation::kPut, kLww, 0);
  old.ok(Operation::kPut, kLww, 0);
  old.get(kLww, 1, first.id);
  old.nothing(Operation::kGet, kLww, 2);
  CHECK(old.clean());
  History invented;
  invented.get(kLww, 0, 7);
  CHECK(invented.finds(Property::kWeakValueWritten));
  History refused;
  const Call put = refused.open(refused.begin(Operation::kPut, kLww, 0));
  refused.causes_.unreachable = true;
  refused.refused(put, ErrorCode::kUnavailable);
  CHECK(refused.clean());
  refused.get(kLww, 1, put.id);
  CHECK(refused.finds(Property::kWeakValueWritten));
  History member;
  member.members(kSet, 0, {1});
  CHECK(member.finds(Property::kWeakValueWritten));
  History sum;
  sum.ok(Operation::kCounterIncrement, kCounter, 0);
  sum.nothing(Operation::kCounterValue, kCounter, 1);
  CHECK(sum.clean());
  sum.value(kCounter, 1, 2);
  CHECK(sum.finds(Property::kWeakValueWritten));
}

TEST_CASE("cluster oracles: a node shows what it has acknowledged itself") {
  History put;
  const Call old = put.ok(Operation::kPut, kLww, 0);
  ++put.now_ms_;
  put.ok(Operation::kPut, kLww, 1);
  put.get(kLww, 0, old.id);
  CHECK(put.clean());
  put.get(kLww, 1, old.id);
  CHECK(put.finds(Property::kNodeReadsOwn));
  History add;
  add.ok(Operation::kSetAdd, kSet, 0);
  add.members(kSet, 1, {});
  CHECK(add.clean());
  add.members(kSet, 0, {});
  CHECK(add.finds(Property::kNodeReadsOwn));
  History removed;
  removed.ok(Operation::kSetAdd, kSet, 0);
  removed.ok(Operation::kSetRemove, kSet, 0);
  removed.members(kSet, 1, {1});
  CHECK(removed.clean());
  removed.members(kSet, 0, {1});
  CHECK(removed.finds(Property::kNodeReadsOwn));
  History sum;
  sum.ok(Operation::kCounterIncrement, kCounter, 0);
  sum.nothing(Operation::kCounterValue, kCounter, 0);
  CHECK(sum.finds(Property::kNodeReadsOwn));
  // A node that is starting may have let another owner do it.
  History starting;
  starting.causes_.starting = true;
  starting.ok(Operation::kSetAdd, kSet, 0);
  starting.causes_.starting = false;
  starting.members(kSet, 0, {});
  CHECK(starting.clean());
  // Where a key may have other owners nothing is promised.
  History moving({3, false});
  moving.ok(Operation::kSetAdd, kSet, 0);
  moving.members(kSet, 0, {});
  CHECK(moving.clean());
}

TEST_CASE("cluster oracles: a read sees what its causal token promises") {
  History put;
  const Call old = put.ok(Operation::kPut, kLww, 0);
  ++put.now_ms_;
  const Call newer = put.ok(Operation::kPut, kLww, 0);
  put.get(kLww, 1, newer.id, &newer);
  CHECK(put.clean());
  put.get(kLww, 1, old.id, &newer);
  CHECK(put.finds(Property::kSessionReadsOwn));
  History monotonic;
  monotonic.ok(Operation::kPut, kLww, 0);
  monotonic.now_ms_ += 5;
  const Call seen = monotonic.ok(Operation::kPut, kLww, 0);
  const Call read = monotonic.get(kLww, 1, seen.id, &seen);
  monotonic.nothing(Operation::kGet, kLww, 2, &read);
  CHECK(monotonic.finds(Property::kSessionReadsOwn));
  History add;
  const Call added = add.ok(Operation::kSetAdd, kSet, 0);
  add.members(kSet, 1, {}, &added);
  CHECK(add.finds(Property::kSessionReadsOwn));
  History taken;
  const Call mine = taken.ok(Operation::kSetAdd, kSet, 0);
  taken.ok(Operation::kSetRemove, kSet, 1);
  taken.members(kSet, 1, {}, &mine);
  CHECK(taken.clean());
  History sum;
  const Call counted = sum.ok(Operation::kCounterIncrement, kCounter, 0);
  sum.nothing(Operation::kCounterValue, kCounter, 1, &counted);
  CHECK(sum.finds(Property::kSessionReadsOwn));
}

}  // namespace
}  // namespace vordb::sim
