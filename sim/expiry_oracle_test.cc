// What a node alone may show of an expired key when its clock is set back: what had expired stays
// away only if somebody was told so.
#include <doctest/doctest.h>

#include "sim/oracle_history.h"

namespace vordb::sim {
namespace {

constexpr ClusterShape kAlone{1, true};

// A key's time to live goes by, a mutation comes and is answered, and the clock is set back.
void expire_and_step_back(History& h, Operation mutation, uint32_t bucket, bool acknowledged) {
  h.ok(mutation, bucket, 0);
  h.now_ms_ += 5'000;
  Call call = h.begin(mutation, bucket, 0);
  call.elements = {2};
  call = h.open(call);
  h.causes_.no_space = true;
  if (acknowledged) {
    h.end(call, {});
  } else {
    h.refused(call, ErrorCode::kDiskFull);
  }
  h.now_ms_ -= 4'900;
}

TEST_CASE("oracles: an expired counter shows again unless a mutation was acknowledged after it") {
  for (const bool acknowledged : {false, true}) {
    History h(kAlone);
    expire_and_step_back(h, Operation::kCounterIncrement, kShortCounter, acknowledged);
    CHECK(h.clean());
    h.value(kShortCounter, 0, acknowledged ? 2 : 1);
    CHECK(h.clean() == !acknowledged);
  }
}

TEST_CASE("oracles: an expired set shows again unless a mutation was acknowledged after it") {
  for (const bool acknowledged : {false, true}) {
    History h(kAlone);
    expire_and_step_back(h, Operation::kSetAdd, kShortSet, acknowledged);
    CHECK(h.clean());
    h.members(kShortSet, 0, {1});
    CHECK(h.clean() == !acknowledged);
  }
}

// It took effect at once, but its node died, and the client asks again with its token.
Call begin_and_wait(History& h, Operation mutation, uint32_t bucket) {
  const Call call = h.open(h.begin(mutation, bucket, 0));
  h.now_ms_ += 5'000;
  return call;
}

TEST_CASE("oracles: what expired before its answer came need not be there when it comes") {
  for (const uint32_t bucket : {kShortCounter, kCounter}) {
    History h(kAlone);
    const uint64_t at_ms = h.now_ms_;
    const Call call = begin_and_wait(h, Operation::kCounterIncrement, bucket);
    h.ok(Operation::kCounterIncrement, bucket, 0);
    h.end(call, {}, at_ms);
    h.value(bucket, 0, 1);
    CHECK(h.clean() == (bucket == kShortCounter));
  }
  for (const uint32_t bucket : {kShortSet, kSet}) {
    History h(kAlone);
    const uint64_t at_ms = h.now_ms_;
    const Call call = begin_and_wait(h, Operation::kSetAdd, bucket);
    Call other = h.begin(Operation::kSetAdd, bucket, 0);
    other.elements = {2};
    h.end(h.open(other), {});
    h.end(call, {}, at_ms);
    h.members(bucket, 0, {2});
    CHECK(h.clean() == (bucket == kShortSet));
  }
}

// A read finds what has expired gone while a mutation is under way that may have renewed it before;
// from the mutation's answer on the key is there again. A node alone cannot have done both.
TEST_CASE("oracles: what a quorum saw expired is there again if it had been renewed just before") {
  for (const ClusterShape shape : {kAlone, ClusterShape{3, false}}) {
    History h(shape);
    h.ok(Operation::kSetAdd, kStrictShortSet, 0);
    h.now_ms_ += 900;
    Call renewal = h.begin(Operation::kSetAdd, kStrictShortSet, 0);
    renewal.elements = {2};
    renewal = h.open(renewal);
    const uint64_t at_ms = h.now_ms_;
    h.now_ms_ += 200;
    h.members(kStrictShortSet, 1, {});
    h.end(renewal, {}, at_ms);
    h.members(kStrictShortSet, 2, {1, 2});
    CHECK(h.clean() == (shape.nodes > 1));
    h.members(kStrictShortSet, 2, {2});
    CHECK(!h.clean());
  }
}

TEST_CASE("oracles: a call runs out of time only where something stood still for long") {
  for (const bool stalled : {false, true}) {
    History h(kAlone);
    h.causes_.stalled = stalled;
    h.refused(h.open(h.begin(Operation::kGet, kLww, 0)), ErrorCode::kUnavailable);
    CHECK((stalled ? h.clean() : h.finds(Property::kErrorsHaveCause)));
  }
}

}  // namespace
}  // namespace vordb::sim
