// Requests of one connection through the coordinator: what waits is run once, and in its own time.
#include <doctest/doctest.h>

#include "core/coordinator/testing/coordinator_lab.h"

using namespace vordb;
using namespace vordb::coordinator;

namespace {

using Lab = CoordinatorLab;

ClientId submit(Lab& lab, uint64_t connection, Operation operation, const std::string& bucket) {
  ClientRequest request = lab.request(operation, bucket);
  request.connection = connection;
  return lab.submit(std::move(request));
}

}  // namespace

TEST_CASE("order: a read is sent out when the mutation before it was answered") {
  Lab lab({1, 2, 3});
  const ClientId put = submit(lab, 7, Operation::kPut, "lww 1,1");
  const ClientId get = submit(lab, 7, Operation::kGet, "lww 1,1");
  const ClientId other = submit(lab, 8, Operation::kGet, "lww 1,1");
  const ClientId none = lab.submit(Operation::kGet, "lww 1,1");
  CHECK(lab.count<KeyRead>() == 2);
  CHECK(lab.waiting() == 4);
  const KeyMutation mutation = lab.take<KeyMutation>(1);
  SUBCASE("as done") {
    lab.deliver(lab.done(mutation, 1));
    CHECK(lab.succeeded(put));
  }
  SUBCASE("as refused by its owner") {
    lab.deliver(lab.refused(mutation, 1, ErrorCode::kOverflow));
    CHECK(lab.failed(put, Outcome::kRejected));
  }
  SUBCASE("as unknown, for the bucket is gone") {
    lab.configuration().buckets.clear();
    lab.configuration().bucket_names.clear();
    lab.deliver(lab.refused(mutation, 1, ErrorCode::kBucketNotFound));
    CHECK(lab.failed(get, Outcome::kRejected));
    CHECK(lab.reply(get).error.code == ErrorCode::kBucketNotFound);
    return;
  }
  CHECK(lab.count<KeyRead>() == 3);
  for (int i = 0; i < 3; ++i) lab.answer_read(1);
  for (const ClientId client : {get, other, none}) CHECK(lab.succeeded(client));
  CHECK(lab.waiting() == 0);
}

TEST_CASE("order: who was refused before anything was sent holds nobody up") {
  Lab lab({1, 2, 3});
  ClientRequest bad = lab.request(Operation::kSetAdd, "lww 1,1");
  bad.connection = 7;
  const ClientId refused = lab.submit(std::move(bad));
  CHECK(lab.failed(refused, Outcome::kRejected));
  const ClientId put = submit(lab, 7, Operation::kPut, "lww 1,1");
  const ClientId late = submit(lab, 7, Operation::kCounterIncrement, "lww 1,1");
  const ClientId get = submit(lab, 7, Operation::kGet, "lww 1,1");
  CHECK_FALSE(lab.answered(late));
  lab.deliver(lab.done(lab.take<KeyMutation>(1), 1));
  CHECK(lab.succeeded(put));
  CHECK(lab.failed(late, Outcome::kRejected));
  lab.answer_read(1);
  CHECK(lab.succeeded(get));
}

TEST_CASE("order: time to be answered begins when it is a request's turn") {
  Lab lab({1, 2, 3});
  const ClientId put = submit(lab, 7, Operation::kPut, "lww 1,1");
  const ClientId get = submit(lab, 7, Operation::kGet, "lww 1,1");
  lab.advance(4900);
  CHECK_FALSE(lab.answered(get));
  lab.advance(200);
  CHECK(lab.failed(put, Outcome::kUnknown));
  CHECK(lab.count<KeyRead>() == 1);
  CHECK_FALSE(lab.answered(get));
  lab.advance(3100);
  CHECK(lab.failed(get, Outcome::kRejected));
  CHECK(lab.waiting() == 0);
}

TEST_CASE("order: mutations of a key overlap in a cluster of one member only") {
  const auto two_puts = [](Lab& lab) {
    submit(lab, 7, Operation::kPut, "lww 1,1");
    submit(lab, 7, Operation::kPut, "lww 1,1");
    return lab.count<KeyMutation>(1);
  };
  SUBCASE("one") {
    Lab lab({1});
    lab.configuration().members.resize(1);
    CHECK(two_puts(lab) == 2);
    // Once its vnode has refused, the next one may be sent twice.
    lab.deliver(lab.refused(lab.take<KeyMutation>(1), 1, ErrorCode::kNotReady));
    lab.deliver(lab.done(lab.take<KeyMutation>(1), 1));
    CHECK(two_puts(lab) == 1);
  }
  SUBCASE("the only owner, of several members") {
    Lab lab({1});
    CHECK(two_puts(lab) == 1);
  }
  SUBCASE("three") {
    Lab lab({1, 2, 3});
    CHECK(two_puts(lab) == 1);
  }
}

TEST_CASE("order: no name of a bucket is the name of the default one") {
  Lab lab({1, 2, 3});
  BucketConfig config;
  config.name = "default";
  lab.configuration().add_bucket(Bucket{kDefaultLww, config});
  submit(lab, 7, Operation::kPut, "");
  submit(lab, 7, Operation::kGet, "default");
  CHECK(lab.count<KeyMutation>(1) == 1);
  CHECK(lab.count<KeyRead>() == 0);
}
