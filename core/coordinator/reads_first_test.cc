// Mutations that act on the state of a key: what a read quorum knows of it is at the mutating owner
// before it mutates, and an answer that changed nothing is held by W owners too.
#include <doctest/doctest.h>

#include "core/coordinator/testing/coordinator_lab.h"

using namespace vordb;
using namespace vordb::coordinator;

namespace {

using Lab = CoordinatorLab;
const crdt::Dot d1 = Lab::dot(1, 1), d2 = Lab::dot(2, 1);
const std::string kX = crdt::element_subkey("x");

}  // namespace

TEST_CASE("coordinator: a put with W+R > N acts on what a read quorum knows") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kPut, "lww 2,2");
  CHECK(lab.count<KeyMutation>() == 0);
  SUBCASE("which its owner knows") {
    lab.answer_read(1, Lab::value("v", d1, 5), {d1});
    lab.answer_read(2, Lab::value("v", d1, 5), {d1});
    CHECK(lab.count<KeyPush>() == 0);
  }
  SUBCASE("which is older than what its owner knows") {
    lab.answer_read(1, Lab::value("new", d2, 9), {d1, d2});
    lab.answer_read(2, Lab::value("v", d1, 5), {d1});
    CHECK(lab.count<KeyPush>() == 0);
  }
  SUBCASE("which is brought to its owner first") {
    lab.answer_read(1, Lab::value("v", d1, 5), {d1});
    lab.answer_read(2, Lab::value("new", d2, 9), {d1, d2});
    CHECK(lab.count<KeyMutation>() == 0);
    const KeyPush push = lab.take<KeyPush>(2);
    CHECK(push.targets == std::vector<NodeNumber>{1});
    lab.deliver(lab.ack(push.op, 3, 2));
    CHECK(lab.count<KeyMutation>() == 0);
    lab.deliver(lab.ack(push.op, 1, 2));
    REQUIRE(lab.count<KeyMutation>(1) == 1);
    lab.deliver(lab.ack(push.op, 1, 2));  // doubled: says nothing of the mutation
    lab.deliver(lab.ack(push.op, 3, 2));
  }
  SUBCASE("which its owner did not answer about") {
    lab.answer_read(2, Lab::value("v", d1, 5), {d1});
    lab.answer_read(3, Lab::value("v", d1, 5), {d1});
    lab.pass_push(2, {1});
  }
  const KeyMutation m = lab.take<KeyMutation>(1);
  lab.deliver(lab.done(m, 1));
  CHECK_FALSE(lab.answered(client));
  lab.deliver(lab.ack(m.op, 3, 1));
  CHECK(lab.succeeded(client));
}

TEST_CASE("coordinator: which mutations read first") {
  Lab lab({1, 2, 3});
  ClientRequest with_context = lab.request(Operation::kSetRemove, "orswot 2,2");
  with_context.context = encode_token({{3, 0}, {}, {}});
  const auto reads = [&](ClientRequest request) {
    lab.lose_all();
    lab.submit(std::move(request));
    CHECK(lab.count<KeyRead>() + lab.count<KeyMutation>() > 0);
    return lab.count<KeyMutation>() == 0;
  };
  using Op = Operation;
  CHECK(reads(lab.request(Op::kPut, "lww 2,2")));
  CHECK(reads(lab.request(Op::kDelete, "lww 2,2")));
  CHECK(reads(lab.request(Op::kSetRemove, "orswot 2,2")));
  CHECK(reads(lab.request(Op::kDelete, "orswot 2,2")));
  CHECK(reads(lab.request(Op::kDelete, "pn_counter 2,2")));
  CHECK(reads(lab.request(Op::kSetAdd, "orswot 2,2 ttl")));
  CHECK(reads(lab.request(Op::kCounterIncrement, "pn_counter 2,2 ttl")));
  CHECK_FALSE(reads(lab.request(Op::kSetAdd, "orswot 2,2")));
  CHECK_FALSE(reads(lab.request(Op::kCounterIncrement, "pn_counter 2,2")));
  CHECK_FALSE(reads(with_context));
  with_context.operation = Op::kDelete;
  CHECK_FALSE(reads(with_context));
  with_context.bucket = "orswot 2,2 ttl";
  CHECK(reads(with_context));
  CHECK_FALSE(reads(lab.request(Op::kPut, "lww 2,1")));
  CHECK_FALSE(reads(lab.request(Op::kSetRemove, "orswot 2,1")));
}

TEST_CASE("coordinator: an addition to an expired key knows all that is to be cleared") {
  Lab lab({1, 2, 3});
  lab.submit(Operation::kSetAdd, "orswot 2,2 ttl");
  const auto expired = Lab::members({{"y", d1}}, lab.wall_ms() - 10);
  const auto meta_only = Lab::members({}, lab.wall_ms() - 10);
  CHECK_FALSE(lab.take<KeyRead>(3).subkeys.empty());
  lab.answer_read(1, meta_only, {Lab::dot(1, 99)});
  lab.answer_read(2, meta_only, {Lab::dot(1, 99)});
  CHECK(lab.count<KeyMutation>() == 0);
  CHECK(lab.take<KeyRead>(3).subkeys.empty());
  lab.answer_read(1, meta_only, {Lab::dot(2, 1)});
  lab.answer_read(2, expired, {Lab::dot(1, 99)});
  const KeyPush push = lab.take<KeyPush>(2);
  CHECK(push.subkeys == std::vector<std::string>{crdt::element_subkey("y")});
  lab.deliver(lab.ack(push.op, 1, 2));
  CHECK(lab.count<KeyMutation>(1) == 1);
}

TEST_CASE("coordinator: a removal that finds nothing waits until W owners hold what it saw") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kSetRemove, "orswot 2,2");
  lab.answer_read(1, nullptr, {d1});
  lab.answer_read(2, nullptr, {});
  const KeyMutation m = lab.take<KeyMutation>(1);
  lab.deliver(lab.done(m, 1, 0));
  SUBCASE("and is answered then") {
    CHECK_FALSE(lab.answered(client));
    const KeyPush push = lab.pass_push(1, {2});
    CHECK(push.subkeys == std::vector<std::string>{kX});
    CHECK(push.targets == std::vector<NodeNumber>{2, 3});
    CHECK(lab.succeeded(client));
  }
  SUBCASE("or is rejected: it has changed nothing") {
    lab.advance(5100);
    CHECK(lab.failed(client, Outcome::kRejected));
  }
  SUBCASE("also under another version") {
    lab.change_owners({1, 3, 4});
    const KeyPush before = lab.take<KeyPush>(1);
    lab.deliver(lab.ack(before.op, 2, 1));
    const KeyPush after = lab.take<KeyPush>(1);
    CHECK(after.pv == 21);
    lab.deliver(lab.ack(after.op, 3, 1));
    CHECK_FALSE(lab.answered(client));  // node 1 itself has not said so under it
    lab.deliver(lab.ack(after.op, 1, 1));
    CHECK(lab.succeeded(client));
  }
}

TEST_CASE("coordinator: deleting a set names every entry that an owner showed") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kDelete, "orswot 2,2");
  lab.answer_read(1, nullptr, {d1, d2});
  lab.answer_read(2, Lab::members({{"x", d1}}), {d1});
  const KeyMutation m = lab.take<KeyMutation>(1);
  lab.deliver(lab.done(m, 1, 0));
  CHECK_FALSE(lab.answered(client));
  CHECK(lab.pass_push(1, {3}).subkeys == std::vector<std::string>{kX});
  CHECK(lab.succeeded(client));
}

// What one owner has removed only another can name: with W=3, R=1 all are heard.
TEST_CASE("coordinator: deleting a set hears as many owners as must agree that it is empty") {
  Lab lab({1, 2, 3});
  lab.submit(Operation::kDelete, "orswot 3,1");
  lab.answer_read(1, nullptr, {d1, d2});
  lab.answer_read(2, nullptr, {d1, d2});
  CHECK(lab.count<KeyMutation>() == 0);
  lab.answer_read(3, Lab::members({{"x", d1}}), {d1});
  CHECK(lab.count<KeyMutation>(1) == 1);
}

TEST_CASE("coordinator: nothing was handed over: a mutation that could not read is rejected") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kPut, "lww 2,2");
  lab.answer_read(1);
  lab.advance(5100);
  CHECK(lab.count<KeyMutation>() == 0);
  CHECK(lab.failed(client, Outcome::kRejected));
}
