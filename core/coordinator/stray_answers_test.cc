// Answers of other nodes to what they were not asked: of another kind, or to what only this node's
// own vnode was asked.
#include <doctest/doctest.h>

#include "core/coordinator/testing/coordinator_lab.h"

using namespace vordb;
using namespace vordb::coordinator;

namespace {

void answer_otherwise(CoordinatorLab& lab, OpId op, NodeNumber node) {
  KeyMutationReply mutated;
  mutated.op = op;
  mutated.node = node;
  lab.deliver(mutated);
  KeyReadReply read;
  read.op = op;
  read.node = node;
  lab.deliver(read);
  read.error = ClientError{ErrorCode::kUnavailable, Outcome::kRejected, "no", ""};
  lab.deliver(read);
}

}  // namespace

TEST_CASE("coordinator: a peer that answers a listing with something else is not listened to") {
  CoordinatorLab lab({2, 3, 4});
  const ClientId client = lab.submit(Operation::kListKeys, "lww 1,1");
  const KeyList list = lab.take<KeyList>(2);
  answer_otherwise(lab, list.op, 2);
  CHECK_FALSE(lab.answered(client));
  KeyListReply listed;
  listed.op = list.op;
  listed.keys = {"k"};
  lab.deliver(listed);
  CHECK(lab.reply(client).items == std::vector<std::string>{"k"});
}

TEST_CASE("coordinator: what only the own vnode was asked nobody else answers") {
  CoordinatorLab lab({1, 2, 3});
  const ClientId client = lab.submit(Operation::kPut, "lww 1,1");
  const KeyMutation put = lab.take<KeyMutation>(1);
  answer_otherwise(lab, put.op, 2);
  CHECK_FALSE(lab.answered(client));
  lab.deliver(lab.done(put, 1));
  CHECK(lab.succeeded(client));
}
