// Reads: one owner after the other, or a quorum that is merged, written back and answered.
#include <doctest/doctest.h>

#include "core/coordinator/testing/coordinator_lab.h"

using namespace vordb;
using namespace vordb::coordinator;

namespace {

using Lab = CoordinatorLab;
const crdt::Dot d1 = Lab::dot(1, 1), d2 = Lab::dot(2, 1), d3 = Lab::dot(3, 1);

}  // namespace

TEST_CASE("coordinator: a weak read asks one owner, this node's first") {
  Lab lab({2, 1, 3});
  const ClientId client = lab.submit(Operation::kGet, "lww 1,1");
  CHECK(lab.count<KeyRead>() == 1);
  lab.answer_read(1, Lab::value("v", d1, 5), {d1});
  CHECK(lab.reply(client).value == "v");
  CHECK(lab.waiting() == 0);
}

TEST_CASE("coordinator: a weak read goes on to the next owner") {
  Lab lab({2, 3, 4});
  const ClientId client = lab.submit(Operation::kGet, "lww 1,1");
  const KeyRead first = lab.take<KeyRead>(2);
  CHECK(first.alone);
  SUBCASE("when the first says nothing") {
    lab.advance(350);
    lab.answer_read(3, Lab::value("v", d1, 5));
  }
  SUBCASE("when the first refuses") {
    KeyReadReply refused = lab.answer(first, 2);
    refused.error = ClientError{ErrorCode::kNotReady, Outcome::kRejected, "", ""};
    lab.deliver(refused);
    lab.answer_read(3, Lab::value("v", d1, 5));
  }
  SUBCASE("when the first has moved on") {
    KeyReadReply moved = lab.answer(first, 2);
    moved.moved = true;
    lab.deliver(moved);
    lab.answer_read(3, Lab::value("v", d1, 5));
  }
  SUBCASE("and takes the first's answer if it comes after all") {
    lab.advance(350);
    lab.deliver(lab.answer(first, 2, Lab::value("v", d1, 5)));
  }
  CHECK(lab.reply(client).value == "v");
}

TEST_CASE("coordinator: a read that nobody answers is rejected in time") {
  Lab lab({2, 3, 4});
  const ClientId weak = lab.submit(Operation::kGet, "lww 1,1");
  const ClientId strict = lab.submit(Operation::kGet, "lww 2,2");
  lab.advance(3100);
  CHECK(lab.failed(weak, Outcome::kRejected));
  CHECK(lab.failed(strict, Outcome::kRejected));
  CHECK(lab.waiting() == 0);
}

TEST_CASE("coordinator: R that agree, and W of them, are answered at once") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kGet, "lww 2,2");
  CHECK(lab.count<KeyRead>() == 3);
  lab.answer_read(1, Lab::value("v", d1, 5), {d1});
  CHECK_FALSE(lab.answered(client));
  lab.answer_read(3, Lab::value("v", d1, 5), {d1, d2});
  CHECK(lab.reply(client).value == "v");
  CHECK(lab.count<KeyPush>() == 0);
}

TEST_CASE("coordinator: R that differ are written back before the answer") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kGet, "lww 2,2");
  lab.answer_read(1, Lab::value("old", d1, 5), {d1});
  lab.answer_read(2, Lab::value("new", d2, 9), {d1, d2});
  CHECK_FALSE(lab.answered(client));
  const KeyPush push = lab.take<KeyPush>(2);  // the one that holds the merged value
  CHECK(lab.count<KeyPush>() == 0);
  CHECK(push.subkeys == std::vector<std::string>{""});
  CHECK(push.targets == std::vector<NodeNumber>{1, 3});
  lab.deliver(lab.ack(push.op, 2, 1));  // by nobody who was asked to hold something of 1
  CHECK_FALSE(lab.answered(client));
  lab.deliver(lab.ack(push.op, 3, 2));
  CHECK(lab.reply(client).value == "new");
}

TEST_CASE("coordinator: a write-back counts W in both sets while the placement moves") {
  Lab lab({1, 2, 3});
  lab.change_owners({1, 2, 3}, {4, 5, 6});
  const ClientId client = lab.submit(Operation::kGet, "lww 2,2");
  lab.answer_read(1, Lab::value("new", d1, 9), {d1});
  lab.answer_read(2, Lab::value("new", d1, 9), {d1});
  CHECK(lab.count<KeyPush>() == 0);  // no answer of the owners to be yet
  lab.answer_read(4);
  lab.answer_read(5);
  CHECK_FALSE(lab.answered(client));
  const KeyPush push = lab.take<KeyPush>(1);
  lab.deliver(lab.ack(push.op, 3, 1));
  lab.deliver(lab.ack(push.op, 4, 1));
  CHECK_FALSE(lab.answered(client));
  lab.deliver(lab.ack(push.op, 6, 1));
  CHECK(lab.reply(client).value == "new");
}

TEST_CASE("coordinator: where nobody holds the merged state, each that knows something sends it") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kSetMembers, "orswot 2,2");
  lab.answer_read(1, Lab::members({{"x", d1}}), {d1});
  lab.answer_read(2, Lab::members({{"x", d2}}), {d2});
  CHECK_FALSE(lab.answered(client));
  const KeyPush one = lab.take<KeyPush>(1);
  const KeyPush two = lab.take<KeyPush>(2);
  lab.deliver(lab.ack(one.op, 1, 1));
  lab.deliver(lab.ack(one.op, 2, 1));
  lab.deliver(lab.ack(one.op, 3, 1));
  CHECK_FALSE(lab.answered(client));  // nobody has taken in both yet
  lab.deliver(lab.ack(two.op, 2, 2));
  CHECK_FALSE(lab.answered(client));  // only node 2 has
  lab.deliver(lab.ack(two.op, 3, 2));
  CHECK(lab.reply(client).items == std::vector<std::string>{"x"});
}

TEST_CASE("coordinator: W=3, R=1 is answered once three owners hold it") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kGet, "lww 3,1");
  lab.answer_read(1, Lab::value("v", d1, 5), {d1});
  CHECK_FALSE(lab.answered(client));
  lab.answer_read(2, Lab::value("v", d1, 5), {d1});
  lab.answer_read(3);
  CHECK_FALSE(lab.answered(client));
  lab.pass_push(1, {3});
  CHECK(lab.reply(client).value == "v");
}

TEST_CASE("coordinator: a lost push is sent again, and the read begins anew now and then") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kGet, "lww 2,2");
  lab.answer_read(1, Lab::value("old", d1, 5), {d1});
  lab.answer_read(2, Lab::value("new", d2, 9), {d1, d2});
  lab.lose_all();
  lab.advance(300);
  CHECK(lab.count<KeyPush>(2) == 1);
  lab.lose_all();
  lab.advance(600);
  CHECK(lab.count<KeyRead>() == 3);
  lab.answer_read(2, Lab::value("new", d2, 9), {d1, d2});
  lab.answer_read(3, Lab::value("new", d2, 9), {d1, d2});
  CHECK(lab.reply(client).value == "new");
}

TEST_CASE("coordinator: answers under another version are dropped, the read restarts") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kGet, "lww 2,2");
  const KeyRead late = lab.take<KeyRead>(2);
  lab.answer_read(1, Lab::value("old", d1, 5), {d1});
  KeyReadReply moved = lab.answer(lab.take<KeyRead>(3), 3, Lab::value("old", d1, 5), {d1});
  moved.moved = true;
  lab.deliver(moved);
  CHECK_FALSE(lab.answered(client));
  lab.lose_all();
  lab.change_owners({1, 2, 4});
  lab.deliver(lab.answer(late, 2, Lab::value("old", d1, 5), {d1}));
  CHECK_FALSE(lab.answered(client));
  CHECK(lab.count<KeyRead>() == 3);
  lab.answer_read(2, Lab::value("new", d2, 9), {d1, d2});
  lab.answer_read(4, Lab::value("new", d2, 9), {d1, d2});
  CHECK(lab.reply(client).value == "new");
}

TEST_CASE("coordinator: a write-back under way begins anew under another version") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kGet, "lww 2,2");
  lab.answer_read(1, Lab::value("old", d1, 5), {d1});
  lab.answer_read(2, Lab::value("new", d2, 9), {d1, d2});
  const KeyPush push = lab.take<KeyPush>(2);
  lab.change_owners({1, 2, 4});
  lab.deliver(lab.ack(push.op, 1, 2));
  CHECK_FALSE(lab.answered(client));
  CHECK(lab.count<KeyRead>() >= 3);
}

TEST_CASE("coordinator: a quorum must know the time by which a key has expired") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kSetMembers, "orswot 2,2 ttl");
  const uint64_t deadline_ms = lab.wall_ms() + 500;
  const auto set = Lab::members({{"x", d1}}, deadline_ms);
  const auto answer_at = [&](NodeNumber node, uint64_t now_ms) {
    KeyReadReply reply = lab.answer(lab.take<KeyRead>(node), node, set, {d1});
    reply.now_ms = now_ms;
    lab.deliver(reply);
  };
  answer_at(1, lab.wall_ms());
  answer_at(2, deadline_ms + 1);  // its clock is ahead, and it may be the only one
  lab.take<KeyRead>(3);
  CHECK_FALSE(lab.answered(client));
  const KeyRead again = lab.take<KeyRead>(1);
  CHECK(again.now_ms > deadline_ms);
  lab.deliver(lab.answer(again, 1, set, {d1}));
  answer_at(3, again.now_ms);
  CHECK(lab.reply(client).kind == ClientReply::Kind::kNotFound);
}

TEST_CASE("coordinator: R>1 without a promise answers at once and repairs behind") {
  Lab lab({1, 2, 3});
  ClientRequest get = lab.request(Operation::kGet, "lww 1,1");
  get.r = 2;
  const ClientId client = lab.submit(get);
  lab.answer_read(1, Lab::value("old", d1, 5), {d1});
  lab.answer_read(2, Lab::value("new", d2, 9), {d1, d2});
  CHECK(lab.reply(client).value == "new");
  const KeyPush push = lab.take<KeyPush>(2);
  CHECK(push.targets == std::vector<NodeNumber>{1});
  CHECK(push.op == 0);
  CHECK(lab.count<KeyPush>() == 0);
}

TEST_CASE("coordinator: r below the bucket's own asks fewer and promises nothing") {
  Lab lab({1, 2, 3});
  ClientRequest get = lab.request(Operation::kGet, "lww 2,2");
  get.r = 1;
  const ClientId client = lab.submit(get);
  CHECK(lab.count<KeyRead>() == 1);
  lab.answer_read(1, Lab::value("v", d1, 5), {d1});
  CHECK(lab.succeeded(client));
}

TEST_CASE("coordinator: a quorum's token covers what each answer covers, and is waited for") {
  Lab lab({1, 2, 3});
  ClientId client = lab.submit(Operation::kGet, "lww 2,2");
  lab.answer_read(1, Lab::value("v", d1, 5), {d1, d2});
  lab.answer_read(2, Lab::value("v", d1, 5), {d1, d3});
  const absl::StatusOr<CausalToken> seen = decode_token(lab.reply(client).context);
  REQUIRE(seen.ok());
  for (const crdt::Dot& dot : {d1, d2, d3}) CHECK(seen->past.contains(dot));
  ClientRequest get = lab.request(Operation::kGet, "lww 2,2");
  get.context = lab.reply(client).context;
  lab.lose_all();
  client = lab.submit(get);
  lab.answer_read(1, Lab::value("v", d1, 5), {d1, d2});
  lab.answer_read(2, Lab::value("v", d1, 5), {d1});
  CHECK_FALSE(lab.answered(client));
  lab.answer_read(3, Lab::value("v", d1, 5), {d1, d3});
  CHECK(lab.succeeded(client));
}

TEST_CASE("coordinator: a page of several owners ends where the first of theirs does") {
  Lab lab({1, 2, 3});
  ClientRequest page = lab.request(Operation::kSetMembers, "orswot 2,2");
  page.limit = 2;
  const ClientId client = lab.submit(page);
  const KeyRead one = lab.take<KeyRead>(1);
  CHECK(one.limit == 2);
  KeyReadReply first = lab.answer(one, 1, Lab::members({{"a", d1}, {"c", d1}}), {d1});
  KeyReadReply second =
      lab.answer(lab.take<KeyRead>(2), 2, Lab::members({{"a", d1}, {"d", d1}}), {d1});
  first.more = second.more = true;
  lab.deliver(first);
  lab.deliver(second);
  REQUIRE_FALSE(lab.answered(client));  // they differ in c
  const KeyPush push = lab.take<KeyPush>(2);
  CHECK(push.subkeys == std::vector<std::string>{crdt::element_subkey("c")});
  lab.deliver(lab.ack(push.op, 1, 2));
  CHECK(lab.reply(client).items == std::vector<std::string>{"a"});
  CHECK(lab.reply(client).next == "c");
}

TEST_CASE("coordinator: the listing of keys asks one owner a partition, then the next") {
  Lab lab({2, 3, 4});
  ClientRequest list = lab.request(Operation::kListKeys, "lww 1,1");
  const ClientId client = lab.submit(list);
  CHECK(lab.count<KeyList>() == 1);
  const KeyList first = lab.take<KeyList>(2);
  SUBCASE("which refused") {
    KeyListReply refused;
    refused.op = first.op;
    refused.error = ClientError{ErrorCode::kCorrupt, Outcome::kRejected, "", ""};
    lab.deliver(refused);
  }
  SUBCASE("which said nothing") { lab.advance(350); }
  KeyListReply reply;
  reply.op = lab.take<KeyList>(3).op;
  reply.keys = {"a", "b"};
  lab.deliver(reply);
  CHECK(lab.reply(client).items == std::vector<std::string>{"a", "b"});
  CHECK(lab.waiting() == 0);
}
