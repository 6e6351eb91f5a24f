// Mutations: executed once by one owner, acknowledged by W distinct owners of each set, under one
// version of the placement.
#include <doctest/doctest.h>

#include "core/coordinator/testing/coordinator_lab.h"

using namespace vordb;
using namespace vordb::coordinator;

namespace {

using Lab = CoordinatorLab;

// A write with W=2 that node 1 has applied: the answer waits for one more owner.
struct Applied {
  explicit Applied(Lab& lab, const std::string& bucket = "lww 2,1") {
    client = lab.submit(Operation::kPut, bucket);
    mutation = lab.take<KeyMutation>(1);
    lab.deliver(lab.done(mutation, 1));
    REQUIRE_FALSE(lab.answered(client));
  }
  ClientId client = 0;
  KeyMutation mutation;
};

}  // namespace

TEST_CASE("coordinator: W=1 is this node's own vnode and one message each way") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kPut, "lww 1,1");
  CHECK(lab.count<KeyMutation>() == 1);
  const KeyMutation m = lab.take<KeyMutation>(1);
  CHECK(m.pv == 20);
  lab.deliver(lab.done(m, 1));
  CHECK(lab.succeeded(client));
  CHECK(lab.count<KeyPush>() == 0);
  lab.deliver(lab.ack(m.op, 2, 1));  // a receiver of the delta: nobody waits any more
  CHECK(lab.waiting() == 0);
}

TEST_CASE("coordinator: who owns nothing hands the mutation to one owner") {
  Lab lab({2, 3, 4});
  lab.suspect({2});
  const ClientId client = lab.submit(Operation::kPut, "lww 1,1");
  CHECK(lab.count<KeyMutation>() == 1);
  lab.deliver(lab.done(lab.take<KeyMutation>(3), 3));
  CHECK(lab.succeeded(client));
}

TEST_CASE("coordinator: a suspected owner is asked if there is no other, and counts") {
  Lab lab({2});
  lab.suspect({2});
  const ClientId client = lab.submit(Operation::kPut, "lww 1,1");
  lab.deliver(lab.done(lab.take<KeyMutation>(2), 2));
  CHECK(lab.succeeded(client));
}

TEST_CASE("coordinator: W counts distinct owners") {
  Lab lab({1, 2, 3});
  const Applied write(lab);
  lab.deliver(lab.ack(write.mutation.op, 1, 1));  // counted already
  CHECK_FALSE(lab.answered(write.client));
  lab.deliver(lab.ack(write.mutation.op, 5, 1));  // no owner
  CHECK_FALSE(lab.answered(write.client));
  KeyAck refused = lab.ack(write.mutation.op, 2, 1);
  refused.refused = true;
  lab.deliver(refused);
  CHECK_FALSE(lab.answered(write.client));
  lab.deliver(lab.ack(write.mutation.op, 3, 1));
  CHECK(lab.succeeded(write.client));
}

TEST_CASE("coordinator: acknowledgements that overtake the owner's answer count with it") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kPut, "lww 2,1");
  const KeyMutation m = lab.take<KeyMutation>(1);
  lab.deliver(lab.ack(m.op, 2, 1));
  lab.deliver(lab.ack(m.op, 3, 1));
  CHECK_FALSE(lab.answered(client));  // the time to answer with is not known
  lab.deliver(lab.done(m, 1));
  CHECK(lab.succeeded(client));
  CHECK(lab.reply(client).timestamp_ms == 1000);
}

TEST_CASE("coordinator: while the placement moves, W in both sets") {
  Lab lab({1, 2, 3});
  lab.change_owners({1, 2, 3}, {3, 4, 5});
  const Applied write(lab);
  lab.deliver(lab.ack(write.mutation.op, 2, 1));
  CHECK_FALSE(lab.answered(write.client));  // two of the owners, none of those to be
  lab.deliver(lab.ack(write.mutation.op, 4, 1));
  CHECK_FALSE(lab.answered(write.client));
  lab.deliver(lab.ack(write.mutation.op, 3, 1));  // of both
  CHECK(lab.succeeded(write.client));
}

TEST_CASE("coordinator: W=1 while the placement moves needs one of each set") {
  Lab lab({1, 2, 3});
  lab.change_owners({1, 2, 3}, {4, 5, 6});
  const ClientId client = lab.submit(Operation::kPut, "lww 1,1");
  const KeyMutation m = lab.take<KeyMutation>(1);
  lab.deliver(lab.done(m, 1));
  CHECK_FALSE(lab.answered(client));
  lab.deliver(lab.ack(m.op, 6, 1));
  CHECK(lab.succeeded(client));
}

TEST_CASE("coordinator: a removed incarnation counts for nothing") {
  Lab lab({1, 2, 3});
  SUBCASE("its acknowledgement comes after the removal") {
    const Applied write(lab);
    lab.remove(3);
    lab.deliver(lab.ack(write.mutation.op, 3, 1));
    CHECK_FALSE(lab.answered(write.client));
    lab.deliver(lab.ack(write.mutation.op, 2, 1));
    CHECK(lab.succeeded(write.client));
  }
  SUBCASE("or had come before the answer of the owner") {
    const ClientId client = lab.submit(Operation::kPut, "lww 2,1");
    const KeyMutation m = lab.take<KeyMutation>(1);
    lab.deliver(lab.ack(m.op, 3, 1));
    lab.remove(3);
    lab.deliver(lab.done(m, 1));
    CHECK_FALSE(lab.answered(client));
  }
  SUBCASE("and quorums are not lowered") {
    lab.remove(2);
    lab.remove(3);
    CHECK(lab.failed(lab.submit(Operation::kPut, "lww 2,1"), Outcome::kRejected));
    CHECK(lab.count<KeyMutation>() == 0);
  }
}

TEST_CASE("coordinator: a change of version voids acknowledgements, the dot is sent again") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kPut, "lww 3,1");
  for (const NodeNumber node : {1, 2, 3}) lab.answer_read(node);
  const KeyMutation m = lab.take<KeyMutation>(1);
  lab.deliver(lab.done(m, 1));
  lab.deliver(lab.ack(m.op, 2, 1));
  lab.change_owners({1, 2, 4});
  lab.deliver(lab.ack(m.op, 3, 1));  // late, of the version before
  lab.deliver(lab.ack(m.op, 4, 1));
  CHECK_FALSE(lab.answered(client));
  CHECK(lab.count<KeyMutation>() == 0);
  // Each owner is asked whether it holds the dot, and the one that took it to send it on.
  const KeyPush own = lab.take<KeyPush>(1);
  CHECK(own.pv == 21);
  CHECK(own.op != m.op);
  CHECK(own.dot == Lab::dot(1, 1));
  CHECK(own.targets == std::vector<NodeNumber>{1});
  CHECK(lab.take<KeyPush>(1).targets == std::vector<NodeNumber>{2, 4});
  lab.deliver(lab.ack(own.op, 1, 1));
  lab.deliver(lab.ack(own.op, 2, 2));
  CHECK_FALSE(lab.answered(client));
  lab.deliver(lab.ack(own.op, 4, 1));
  CHECK(lab.succeeded(client));
}

TEST_CASE("coordinator: the version changes before the owner answers") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kPut, "lww 2,1");
  const KeyMutation m = lab.take<KeyMutation>(1);
  lab.deliver(lab.ack(m.op, 2, 1));
  lab.change_owners({2, 3, 4});
  lab.deliver(lab.ack(m.op, 3, 1));
  CHECK(lab.count<KeyMutation>() == 0);  // it may be applied already: nobody else is asked
  lab.deliver(lab.done(m, 1));
  CHECK_FALSE(lab.answered(client));
  const KeyPush push = lab.take<KeyPush>(1);  // node 1 owns nothing any more, and still sends it
  CHECK(push.targets == std::vector<NodeNumber>{2, 3, 4});
  lab.deliver(lab.ack(push.op, 1, 1));
  lab.deliver(lab.ack(push.op, 2, 1));
  CHECK_FALSE(lab.answered(client));
  lab.deliver(lab.ack(push.op, 4, 1));
  CHECK(lab.succeeded(client));
}

TEST_CASE("coordinator: an owner that has moved on does not count, the new version asks anew") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kPut, "lww 1,1");
  KeyMutationReply moved = lab.done(lab.take<KeyMutation>(1), 1);
  moved.moved = true;
  lab.deliver(moved);
  CHECK_FALSE(lab.answered(client));
  CHECK(lab.take<KeyPush>(1).pv == 20);
  lab.lose_all();
  lab.change_owners({1, 2, 3}, {1, 2, 4});
  const KeyPush push = lab.take<KeyPush>(1);
  CHECK(push.pv == 21);
  CHECK(push.dot == Lab::dot(1, 1));
  lab.deliver(lab.ack(push.op, 1, 1));
  CHECK(lab.succeeded(client));
}

TEST_CASE("coordinator: an owner that has moved on is none of the W") {
  Lab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kPut, "lww 2,1");
  const KeyMutation m = lab.take<KeyMutation>(1);
  KeyMutationReply moved = lab.done(m, 1);
  moved.moved = true;
  lab.deliver(moved);
  lab.deliver(lab.ack(m.op, 2, 1));
  CHECK_FALSE(lab.answered(client));
  lab.deliver(lab.ack(m.op, 3, 1));
  CHECK(lab.succeeded(client));
}

TEST_CASE("coordinator: missing acknowledgements are asked for again, less and less often") {
  Lab lab({1, 2, 3});
  const Applied write(lab);
  lab.advance(200);
  CHECK(lab.count<KeyPush>() == 0);
  lab.advance(100);
  CHECK(lab.count<KeyPush>(1) == 1);
  CHECK(lab.take<KeyPush>(1).targets == std::vector<NodeNumber>{2, 3});
  CHECK(lab.take<KeyPush>(2).targets == std::vector<NodeNumber>{2});
  lab.lose_all();
  lab.advance(3000);
  const size_t later = lab.count<KeyPush>(1);
  CHECK(later >= 2);
  CHECK(later <= 6);
  CHECK(lab.count<KeyMutation>() == 0);
  lab.deliver(lab.ack(lab.take<KeyPush>(1).op, 3, 1));
  CHECK(lab.succeeded(write.client));
}

TEST_CASE("coordinator: without a quorum in time the outcome is unknown, and answered once") {
  Lab lab({1, 2, 3});
  const Applied write(lab);
  lab.advance(5100);
  CHECK(lab.failed(write.client, Outcome::kUnknown));
  CHECK(lab.waiting() == 0);
  lab.deliver(lab.ack(write.mutation.op, 2, 1));
}

TEST_CASE("coordinator: a mutation is never sent twice, whoever does not answer") {
  Lab lab({2, 3, 4});
  const ClientId client = lab.submit(Operation::kPut, "lww 1,1");
  CHECK(lab.count<KeyMutation>() == 1);
  lab.advance(4000);
  lab.change_owners({3, 4, 5});
  lab.advance(800);
  CHECK(lab.count<KeyMutation>() == 1);
  lab.advance(400);
  CHECK(lab.failed(client, Outcome::kUnknown));
}

TEST_CASE("coordinator: an owner that refuses has not applied it: the next one is asked") {
  Lab lab({2, 3, 4});
  const ClientId client = lab.submit(Operation::kPut, "lww 1,1");
  lab.deliver(lab.refused(lab.take<KeyMutation>(2), 2, ErrorCode::kNotReady));
  lab.deliver(lab.refused(lab.take<KeyMutation>(3), 3, ErrorCode::kCorrupt));
  lab.deliver(lab.done(lab.take<KeyMutation>(4), 4));
  CHECK(lab.succeeded(client));
}

TEST_CASE("coordinator: what every owner refuses is rejected, after a few rounds") {
  Lab lab({2, 3});
  const ClientId client = lab.submit(Operation::kPut, "lww 1,1");
  for (int round = 0; round < 10 && !lab.answered(client); ++round) {
    for (const NodeNumber node : {2, 3}) {
      lab.deliver(lab.refused(lab.take<KeyMutation>(node), node, ErrorCode::kNotReady));
    }
    lab.advance(1000);
  }
  CHECK(lab.failed(client, Outcome::kRejected));
  CHECK(lab.reply(client).error.code == ErrorCode::kNotReady);
}

TEST_CASE("coordinator: a refusal that would be the same everywhere is the answer") {
  Lab lab({2, 3, 4});
  const ClientId client = lab.submit(Operation::kCounterIncrement, "pn_counter 1,1");
  lab.deliver(lab.refused(lab.take<KeyMutation>(2), 2, ErrorCode::kOverflow));
  CHECK(lab.failed(client, Outcome::kRejected));
}

TEST_CASE("coordinator: this node's own vnode refuses: others are asked first for a while") {
  Lab lab({1, 2, 3});
  const ClientId first = lab.submit(Operation::kPut, "lww 1,1");
  lab.deliver(lab.refused(lab.take<KeyMutation>(1), 1, ErrorCode::kNotReady));
  CHECK(lab.failed(first, Outcome::kRejected));
  const ClientId second = lab.submit(Operation::kPut, "lww 1,1");
  lab.deliver(lab.done(lab.take<KeyMutation>(2), 2));
  CHECK(lab.succeeded(second));
  lab.advance(1100);
  lab.submit(Operation::kPut, "lww 1,1");
  CHECK(lab.count<KeyMutation>(1) == 1);
}

TEST_CASE("coordinator: a request token goes to the first owner only") {
  Lab lab({2, 1, 3});
  ClientRequest put = lab.request(Operation::kPut, "lww 1,1");
  put.request_token = "token";
  SUBCASE("and is sent there again while nothing is heard") {
    const ClientId client = lab.submit(put);
    const KeyMutation m = lab.take<KeyMutation>(2);
    lab.advance(700);
    CHECK(lab.count<KeyMutation>() >= 1);
    CHECK(lab.count<KeyMutation>(2) == lab.count<KeyMutation>());
    CHECK(lab.take<KeyMutation>(2).op == m.op);
    lab.deliver(lab.done(m, 2));
    CHECK(lab.succeeded(client));
  }
  SUBCASE("nothing is sent to one that is suspected") {
    lab.suspect({2});
    CHECK(lab.failed(lab.submit(put), Outcome::kRejected));
    CHECK(lab.count<KeyMutation>() == 0);
  }
  SUBCASE("no other is asked when it refuses") {
    const ClientId client = lab.submit(put);
    lab.deliver(lab.refused(lab.take<KeyMutation>(2), 2, ErrorCode::kNotReady));
    lab.advance(400);
    CHECK(lab.count<KeyMutation>() == 1);
    lab.deliver(lab.done(lab.take<KeyMutation>(2), 2));
    CHECK(lab.succeeded(client));
  }
  SUBCASE("sent twice, a refusal of one copy says nothing of the other") {
    const ClientId client = lab.submit(put);
    const KeyMutation m = lab.take<KeyMutation>(2);
    lab.advance(700);
    for (int i = 0; i < 20 && !lab.answered(client); ++i) {
      while (lab.count<KeyMutation>(2) > 0) {
        lab.deliver(lab.refused(lab.take<KeyMutation>(2), 2, ErrorCode::kNotReady));
      }
      lab.advance(400);
    }
    CHECK(lab.failed(client, Outcome::kUnknown));
  }
  SUBCASE("nobody answers: unknown") {
    const ClientId client = lab.submit(put);
    lab.advance(5100);
    CHECK(lab.count<KeyMutation>(2) == lab.count<KeyMutation>());
    CHECK(lab.failed(client, Outcome::kUnknown));
  }
}

TEST_CASE("coordinator: more replicas than there are is refused and says so") {
  Lab lab({1});
  const ClientId client = lab.submit(Operation::kPut, "lww 2,2");
  CHECK(lab.failed(client, Outcome::kRejected));
  CHECK(lab.reply(client).error.message == "this needs 2 replicas and the cluster has 1");
  ClientRequest put = lab.request(Operation::kPut, "lww 1,1");
  put.w = 4;
  CHECK(lab.reply(lab.submit(put)).error.code == ErrorCode::kBadRequest);
  put.w = 2;
  CHECK(lab.reply(lab.submit(put)).error.code == ErrorCode::kUnavailable);
  CHECK(lab.count<KeyMutation>() == 0);
}

TEST_CASE("coordinator: w of a request is how many are waited for") {
  Lab lab({1, 2, 3});
  ClientRequest put = lab.request(Operation::kPut, "lww 1,1");
  put.w = 3;
  const ClientId client = lab.submit(put);
  const KeyMutation m = lab.take<KeyMutation>(1);
  lab.deliver(lab.done(m, 1));
  lab.deliver(lab.ack(m.op, 2, 1));
  CHECK_FALSE(lab.answered(client));
  lab.deliver(lab.ack(m.op, 3, 1));
  CHECK(lab.succeeded(client));
}

TEST_CASE("coordinator: a node in no cluster, or out of it, serves nothing") {
  Lab lab({1, 2, 3});
  SUBCASE("joining") {
    lab.configuration() = Configuration{};
    for (const Operation operation : {Operation::kPut, Operation::kGet, Operation::kListBuckets}) {
      const ClientId client = lab.submit(operation, "lww 1,1");
      CHECK(lab.failed(client, Outcome::kRejected));
      CHECK(lab.reply(client).error.message == "joining");
    }
  }
  SUBCASE("left") {
    lab.remove(1);
    const ClientId client = lab.submit(Operation::kPut, "lww 1,1");
    CHECK(lab.failed(client, Outcome::kRejected));
    CHECK(lab.reply(client).error.code == ErrorCode::kLeft);
  }
  SUBCASE("leaving goes on") {
    lab.configuration().members[0].status = MemberStatus::kLeaving;
    lab.submit(Operation::kPut, "lww 1,1");
    CHECK(lab.count<KeyMutation>(1) == 1);
  }
  SUBCASE("the clock is far ahead: no changes") {
    lab.set_clock_ahead(true);
    const ClientId client = lab.submit(Operation::kPut, "lww 1,1");
    CHECK(lab.failed(client, Outcome::kRejected));
    CHECK(lab.reply(client).error.message.find("max_clock_drift_ms") != std::string::npos);
    CHECK(lab.count<KeyMutation>() == 0);
    lab.submit(Operation::kGet, "lww 1,1");
    CHECK(lab.count<KeyRead>(1) == 1);
  }
  SUBCASE("paused: no changes, also none that was being prepared") {
    const ClientId prepared = lab.submit(Operation::kPut, "lww 2,2");
    lab.pause(true);
    CHECK(lab.failed(lab.submit(Operation::kPut, "lww 1,1"), Outcome::kRejected));
    lab.answer_read(1);
    lab.answer_read(2);
    CHECK(lab.failed(prepared, Outcome::kRejected));
    CHECK(lab.count<KeyMutation>() == 0);
    lab.submit(Operation::kGet, "lww 1,1");
    CHECK(lab.count<KeyRead>(1) == 1);
  }
}
