// What a node alone may show of a bucket's change while nobody was answered yet, and after.
#include <doctest/doctest.h>

#include "sim/oracle_history.h"

namespace vordb::sim {
namespace {

constexpr ClusterShape kAlone{1, true};

void put(History& h, bool served) {
  if (served) {
    h.ok(Operation::kPut, kChurn, 0);
  } else {
    h.refused(h.open(h.begin(Operation::kPut, kChurn, 0)), ErrorCode::kBucketNotFound);
  }
}

TEST_CASE("oracles: a bucket's change shows here and there until it is answered, then everywhere") {
  History h(kAlone);
  const Call create = h.open(h.begin(Operation::kCreateBucket, kChurn, 0));
  put(h, true);
  put(h, false);
  put(h, true);
  h.end(create, {});
  put(h, true);
  CHECK(h.clean());
  put(h, false);
  CHECK(h.finds(Property::kBucketPresence));
}

TEST_CASE("oracles: what a refused change of a bucket shows is there for everybody") {
  History h(kAlone);
  h.open(h.begin(Operation::kCreateBucket, kChurn, 0));
  put(h, false);
  h.refused(h.open(h.begin(Operation::kCreateBucket, kChurn, 0)), ErrorCode::kBucketExists);
  put(h, true);
  CHECK(h.clean());
  put(h, false);
  CHECK(h.finds(Property::kBucketPresence));
}

TEST_CASE("oracles: an answer after its client has hung up says nothing of a bucket") {
  for (const bool hung_up : {false, true}) {
    History h(kAlone);
    h.ok(Operation::kCreateBucket, kChurn, 0);
    const Call call = h.open(h.begin(Operation::kPut, kChurn, 0));
    h.ok(Operation::kDeleteBucket, kChurn, 0);
    // Nobody waits for it any more.
    if (hung_up) h.oracles_.forget_before(++h.step_);
    for (int i = 0; i < 100; ++i) put(h, false);
    h.end(call, {});
    CHECK(h.clean());
    put(h, true);
    CHECK(h.finds(Property::kBucketPresence));
  }
}

TEST_CASE("oracles: what a deletion of its bucket overtakes may be unknown, but not rejected") {
  for (const uint32_t bucket : {kChurn, kLww}) {
    for (const Outcome outcome : {Outcome::kUnknown, Outcome::kRejected}) {
      History h(kAlone);
      if (bucket == kChurn) h.ok(Operation::kCreateBucket, kChurn, 0);
      h.refused(h.open(h.begin(Operation::kPut, bucket, 0)), ErrorCode::kUnavailable, outcome);
      const bool overtaken = bucket == kChurn && outcome == Outcome::kUnknown;
      CHECK((overtaken ? h.clean() : h.finds(Property::kErrorsHaveCause)));
    }
  }
}

}  // namespace
}  // namespace vordb::sim
