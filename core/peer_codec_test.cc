// Messages that cross nodes come back as they were, node numbers of "this node" aside; bytes that
// no node of ours ever sent are refused and break nothing.
#include "core/peer_codec.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/cluster/ring.h"
#include "core/peer_check.h"
#include "core/vnode/causal_token.h"
#include "core/vnode/key_state.h"
#include "proto/peer.pb.h"

using namespace vordb;

namespace {

constexpr NodeNumber kSender = 7;
constexpr PlacementId kPlace{3, 200};
constexpr crdt::Dot kDot{{2, 16, 0x99}, 5};
const ActorId kVnodeActor{ActorKind::kVnode, 0, kPlace};
const ActorId kCoordinatorActor{ActorKind::kCoordinator, 4, {}};

std::shared_ptr<const CausalToken> some_token() {
  auto context = std::make_shared<CausalToken>();
  context->placement = kPlace;
  context->hlc = Hlc{77};
  context->past.add(kDot);
  return context;
}

KeyMutation some_mutation() {
  KeyMutation m;
  m.op = 1ull << 60;
  m.shard = 4;
  m.pv = 19;
  m.placement = kPlace;
  m.bucket = 31;
  m.operation = Operation::kSetAdd;
  m.key = std::string("k\0", 2);
  m.key_hash = cluster::ring_hash(m.bucket, m.key);
  m.value = "v";
  m.elements = {"b", "", "a"};
  m.amount = INT64_MAX;
  m.now_ms = 12;
  m.seen = some_token();
  m.request_token = "token";
  return m;
}

KeyRead some_read() {
  KeyRead r;
  r.op = 9;
  r.from = kSender;
  r.shard = 1;
  r.pv = 20;
  r.placement = kPlace;
  r.bucket = 1;
  r.key = "key";
  r.key_hash = cluster::ring_hash(r.bucket, r.key);
  r.subkeys = {crdt::meta_subkey(), crdt::element_subkey("x")};
  std::sort(r.subkeys.begin(), r.subkeys.end());
  r.after = "after";
  r.limit = 10;
  r.now_ms = 4;
  r.alone = true;
  return r;
}

KeyReadReply some_read_reply() {
  KeyReadReply r;
  r.op = 9;
  auto state = std::make_shared<KeyState>();
  crdt::Entry entry;
  entry.live.push_back({kDot, {.hlc = Hlc{9}, .value = "value"}});
  entry.context.raise(kDot);
  state->set(crdt::kRegisterSubkey, std::make_shared<crdt::Entry>(entry));
  state->set(crdt::element_subkey("e"), std::make_shared<crdt::Entry>(entry));
  r.state = state;
  r.more = true;
  r.context = "opaque";
  r.now_ms = 8;
  r.base.raise(kDot.replica, 4);
  r.moved = true;
  return r;
}

std::vector<std::pair<Message, ActorId>> all_messages() {
  const ClientError error{ErrorCode::kTypeMismatch, Outcome::kUnknown, "m", "h", "lww"};
  KeyMutationReply refused;
  refused.op = 3;
  refused.error = error;
  KeyMutationReply done;
  done.op = 3;
  done.timestamp_ms = 5;
  done.context = "c";
  done.dot = kDot;
  done.moved = true;
  KeyReadReply failed;
  failed.error = error;
  KeyList list;
  list.op = 2;
  list.shard = 4;
  list.placement = kPlace;
  list.bucket = 40;
  list.after = "a";
  list.limit = 3;
  list.now_ms = 6;
  KeyListReply listed;
  listed.op = 2;
  listed.keys = {"", "b"};
  listed.more = true;
  KeyPush push;
  push.op = 4;
  push.pv = 21;
  push.placement = kPlace;
  push.bucket = 40;
  push.key = "k";
  push.subkeys = {""};
  push.dot = kDot;
  push.targets = {1, 2, 3};
  KeyAck ack;
  ack.op = 4;
  ack.source = 3;
  ack.refused = true;
  return {{some_mutation(), kVnodeActor},
          {refused, kCoordinatorActor},
          {done, kCoordinatorActor},
          {some_read(), kVnodeActor},
          {some_read_reply(), kCoordinatorActor},
          {failed, kCoordinatorActor},
          {list, kVnodeActor},
          {listed, kCoordinatorActor},
          {push, kVnodeActor},
          {ack, kCoordinatorActor}};
}

std::string encode(const Message& message, const ActorId& to) {
  pb::PeerMessage out;
  REQUIRE(to_peer(message, to, &out));
  out.set_from_node(kSender);
  return out.SerializeAsString();
}

// As a shard takes it.
absl::StatusOr<Envelope> checked(const pb::PeerMessage& message) {
  if (absl::Status status = check_peer_message(message); !status.ok()) return status;
  return from_peer(message);
}

absl::StatusOr<Envelope> decode(const std::string& bytes) {
  pb::PeerMessage message;
  if (!message.ParseFromString(bytes)) return absl::InvalidArgumentError("no protobuf");
  return checked(message);
}

Envelope pass(const Message& message, const ActorId& to) {
  absl::StatusOr<Envelope> back = decode(encode(message, to));
  REQUIRE(back.ok());
  return *std::move(back);
}

void check_same(const std::optional<ClientError>& a, const std::optional<ClientError>& b) {
  REQUIRE(a.has_value() == b.has_value());
  if (!a) return;
  CHECK(a->code == b->code);
  CHECK(a->outcome == b->outcome);
  CHECK(a->message == b->message);
  CHECK(a->hint == b->hint);
  CHECK(a->expected == b->expected);
}

}  // namespace

TEST_CASE("peer codec: encoding what was decoded gives the same bytes") {
  for (const auto& [message, to] : all_messages()) {
    const std::string bytes = encode(message, to);
    const absl::StatusOr<Envelope> back = decode(bytes);
    REQUIRE(back.ok());
    CHECK(back->to == to);
    CHECK(back->message.index() == message.index());
    const std::string again = encode(back->message, back->to);
    // The second time `from` is the number that the first time it stood for.
    pb::PeerMessage first, second;
    REQUIRE(first.ParseFromString(bytes));
    REQUIRE(second.ParseFromString(again));
    for (pb::PeerMessage* m : {&first, &second}) {
      if (m->has_mutate()) m->mutable_mutate()->mutable_origin()->set_node(kSender);
      if (m->has_list()) m->mutable_list()->mutable_origin()->set_node(kSender);
      if (m->has_push_request()) m->mutable_push_request()->mutable_origin()->set_node(kSender);
    }
    CHECK(first.SerializeAsString() == second.SerializeAsString());
  }
}

TEST_CASE("peer codec: a mutation and its answer come back as they were") {
  const KeyMutation m = some_mutation();
  const Envelope envelope = pass(m, kVnodeActor);
  const KeyMutation& back = std::get<KeyMutation>(envelope.message);
  CHECK(envelope.node == 0);
  CHECK(back.op == m.op);
  CHECK(back.shard == m.shard);
  CHECK(back.pv == m.pv);
  CHECK(back.placement == m.placement);
  CHECK(back.bucket == m.bucket);
  CHECK(back.key_hash == m.key_hash);
  CHECK(back.operation == m.operation);
  CHECK(back.key == m.key);
  CHECK(back.value == m.value);
  CHECK(back.elements == m.elements);
  CHECK(back.amount == m.amount);
  CHECK(back.now_ms == m.now_ms);
  CHECK(back.request_token == m.request_token);
  REQUIRE(back.seen);
  CHECK(back.seen->placement == m.seen->placement);
  CHECK(back.seen->hlc == m.seen->hlc);
  CHECK(back.seen->past == m.seen->past);
  for (const auto& [message, to] : all_messages()) {
    const auto* reply = std::get_if<KeyMutationReply>(&message);
    if (!reply) continue;
    const Envelope answer = pass(message, to);
    const KeyMutationReply& got = std::get<KeyMutationReply>(answer.message);
    CHECK(got.op == reply->op);
    CHECK(got.timestamp_ms == reply->timestamp_ms);
    CHECK(got.context == reply->context);
    CHECK(got.dot == reply->dot);
    CHECK(got.moved == reply->moved);
    check_same(got.error, reply->error);
  }
}

TEST_CASE("peer codec: entries of a read come back with what fills them") {
  const KeyReadReply reply = some_read_reply();
  const Envelope envelope = pass(reply, kCoordinatorActor);
  const KeyReadReply& back = std::get<KeyReadReply>(envelope.message);
  REQUIRE(back.state);
  REQUIRE(back.state->entries.size() == reply.state->entries.size());
  for (size_t i = 0; i < back.state->entries.size(); ++i) {
    CHECK(back.state->entries[i].subkey == reply.state->entries[i].subkey);
    CHECK(*back.state->entries[i].entry == *reply.state->entries[i].entry);
  }
  CHECK(back.base == reply.base);
  CHECK(back.more);
  CHECK(back.moved);
  CHECK(back.now_ms == 8);
  CHECK(back.context == "opaque");
}

TEST_CASE("peer codec: 0 becomes the sender, of what may be another any other number stays") {
  KeyMutation mine = some_mutation();
  CHECK(std::get<KeyMutation>(pass(mine, kVnodeActor).message).from == kSender);
  KeyMutationReply reply;
  CHECK(std::get<KeyMutationReply>(pass(reply, kCoordinatorActor).message).node == kSender);
  reply.node = 3;  // speaks for nobody else
  CHECK(std::get<KeyMutationReply>(pass(reply, kCoordinatorActor).message).node == kSender);
  KeyAck ack;
  CHECK(std::get<KeyAck>(pass(ack, kCoordinatorActor).message).node == kSender);
  CHECK(std::get<KeyAck>(pass(ack, kCoordinatorActor).message).source == kSender);
  ack.source = 3;
  CHECK(std::get<KeyAck>(pass(ack, kCoordinatorActor).message).source == 3);
  KeyPush push;
  push.placement = kPlace;
  push.targets = {0, 3};
  CHECK(std::get<KeyPush>(pass(push, kVnodeActor).message).targets ==
        std::vector<NodeNumber>{kSender, 3});
}

TEST_CASE("peer codec: what stays on its node is not encoded") {
  pb::PeerMessage out;
  CHECK_FALSE(to_peer(BucketChange{}, ActorId{}, &out));
  CHECK_FALSE(to_peer(PeersSuspected{}, ActorId{}, &out));
  CHECK(out.body_case() == pb::PeerMessage::BODY_NOT_SET);
}

TEST_CASE("peer codec: every body has its actor") {
  for (const auto& [message, to] : all_messages()) {
    pb::PeerMessage out;
    REQUIRE(to_peer(message, to, &out));
    CHECK(peer_target(out) == to.kind);
    CHECK_FALSE(is_between_vnodes(out));
  }
  pb::PeerMessage delta;
  delta.mutable_delta();
  CHECK(peer_target(delta) == ActorKind::kVnode);
  CHECK(is_between_vnodes(delta));
  CHECK_FALSE(checked(delta).ok());
  pb::PeerMessage chain;
  chain.mutable_cluster_message();
  CHECK(peer_target(chain) == ActorKind::kMembership);
  CHECK_FALSE(checked(pb::PeerMessage{}).ok());
}

TEST_CASE("peer codec: ill-formed messages are refused") {
  const auto refused = [](auto&& damage, const Message& message, const ActorId& to) {
    pb::PeerMessage out;
    REQUIRE(to_peer(message, to, &out));
    out.set_from_node(kSender);
    REQUIRE(checked(out).ok());
    damage(out);
    return !checked(out).ok();
  };
  const Message mutation = some_mutation();
  CHECK(refused([](auto& m) { m.mutable_mutate()->set_operation(16); }, mutation, kVnodeActor));
  CHECK(refused([](auto& m) { m.mutable_mutate()->set_operation(int(Operation::kGet)); }, mutation,
                kVnodeActor));
  CHECK(refused([](auto& m) { m.mutable_mutate()->clear_key(); }, mutation, kVnodeActor));
  CHECK(refused([](auto& m) { m.mutable_mutate()->set_context("x"); }, mutation, kVnodeActor));
  CHECK(refused([](auto& m) { m.mutable_mutate()->mutable_origin()->set_shard(65536); }, mutation,
                kVnodeActor));
  CHECK(refused([](auto& m) { m.set_replication_n(10); }, mutation, kVnodeActor));
  CHECK(refused([](auto& m) { m.set_partition(65536); }, mutation, kVnodeActor));
  // It would be answered for an operation of somebody who has asked nothing.
  CHECK(refused([](auto& m) { m.mutable_mutate()->mutable_origin()->set_node(kSender + 1); },
                mutation, kVnodeActor));
  const Message read = some_read();
  CHECK(refused([](auto& m) { m.mutable_read()->mutable_origin()->set_node(kSender + 1); }, read,
                kVnodeActor));
  CHECK(refused([](auto& m) { m.mutable_read()->add_subkeys("?"); }, read, kVnodeActor));
  CHECK(refused([](auto& m) { m.mutable_read()->add_subkeys(m.read().subkeys(0)); }, read,
                kVnodeActor));
  const Message reply = some_read_reply();
  CHECK(refused([](auto& m) { m.mutable_read_reply()->mutable_entries()->SwapElements(0, 1); },
                reply, kCoordinatorActor));
  CHECK(refused([](auto& m) { m.mutable_read_reply()->mutable_entries(0)->clear_entry(); }, reply,
                kCoordinatorActor));
  CHECK(refused(
      [](auto& m) {
        m.mutable_read_reply()->set_failed(true);
        m.mutable_read_reply()->mutable_error()->set_code(99);
      },
      reply, kCoordinatorActor));
}

TEST_CASE("peer codec: cut and flipped bytes give a message or an error, and nothing worse") {
  for (const auto& [message, to] : all_messages()) {
    const std::string bytes = encode(message, to);
    for (size_t length = 0; length < bytes.size(); ++length) {
      const absl::StatusOr<Envelope> cut = decode(bytes.substr(0, length));
      if (cut.ok()) CHECK(cut->message.index() == message.index());
    }
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string flipped = bytes;
      flipped[bit / 8] = char(flipped[bit / 8] ^ (1 << bit % 8));
      const absl::StatusOr<Envelope> back = decode(flipped);
      if (!back.ok()) continue;
      pb::PeerMessage out;
      CHECK(to_peer(back->message, back->to, &out));
    }
  }
}
