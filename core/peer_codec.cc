#include "core/peer_codec.h"

#include <string>
#include <utility>

#include "core/cluster/configuration.h"
#include "core/cluster/ring.h"
#include "core/codec.h"
#include "core/vnode/causal_token.h"
#include "core/vnode/key_state.h"
#include "proto/peer.pb.h"

namespace vordb {

namespace {

using Body = pb::PeerMessage::BodyCase;

absl::Status ill_formed(const char* what) { return absl::InvalidArgumentError(what); }

NodeNumber or_sender(NodeNumber node, const pb::PeerMessage& message) {
  return node == 0 ? message.from_node() : node;
}

template <typename Request>
void put_origin(const Request& from, pb::Origin* to) {
  to->set_node(from.from);
  to->set_shard(from.shard);
  to->set_op(from.op);
}

// Whoever asks is answered: a request that named another as its origin could have the receiver
// answer an operation of somebody who has asked nothing, the receiver itself for one.
template <typename Request>
absl::Status take_origin(const pb::Origin& from, const pb::PeerMessage& message, Request* to) {
  if (from.node() != 0 && from.node() != message.from_node()) {
    return ill_formed("Origin.node: a request comes from its sender");
  }
  to->from = message.from_node();
  to->shard = uint16_t(from.shard());
  to->op = from.op();
  return absl::OkStatus();
}

void put_token(const CausalToken* from, std::string* to) {
  if (from) *to = encode_token(*from);
}

absl::Status take_token(const std::string& from, std::shared_ptr<const CausalToken>* to) {
  if (from.empty()) return absl::OkStatus();
  absl::StatusOr<CausalToken> context = decode_token(from);
  if (!context.ok()) return context.status();
  *to = std::make_shared<const CausalToken>(*std::move(context));
  return absl::OkStatus();
}

template <typename Reply>
void put_error(const std::optional<ClientError>& from, Reply* to) {
  if (!from) return;
  to->set_failed(true);
  pb::PeerError* error = to->mutable_error();
  error->set_code(uint32_t(from->code));
  error->set_outcome(uint32_t(from->outcome));
  error->set_message(from->message);
  error->set_hint(from->hint);
  error->set_expected(from->expected);
}

template <typename Reply>
std::optional<ClientError> take_error(const Reply& from) {
  if (!from.failed()) return std::nullopt;
  const pb::PeerError& error = from.error();
  return ClientError{ErrorCode(error.code()), Outcome(error.outcome()), error.message(),
                     error.hint(), error.expected()};
}

absl::Status take_entries(const google::protobuf::RepeatedPtrField<pb::KeyEntry>& from,
                          std::shared_ptr<const KeyState>* to) {
  if (from.empty()) return absl::OkStatus();
  auto state = std::make_shared<KeyState>();
  for (const pb::KeyEntry& e : from) {
    auto entry = std::make_shared<crdt::Entry>();
    if (absl::Status status = from_pb(e.entry(), entry.get()); !status.ok()) return status;
    if (entry->vacant()) return ill_formed("a vacant entry was sent");
    state->entries.push_back(KeyEntry{e.subkey(), std::move(entry)});
  }
  *to = std::move(state);
  return absl::OkStatus();
}

void put(const KeyMutation& from, pb::PeerMessage* out) {
  out->set_pv(from.pv);
  pb::MutateRequest* to = out->mutable_mutate();
  put_origin(from, to->mutable_origin());
  to->set_bucket_id(from.bucket);
  to->set_operation(uint32_t(from.operation));
  to->set_key(from.key);
  to->set_value(from.value);
  for (const std::string& element : from.elements) to->add_elements(element);
  to->set_amount(from.amount);
  to->set_now_ms(from.now_ms);
  put_token(from.seen.get(), to->mutable_context());
  to->set_request_token(from.request_token);
  to->set_wants_acks(from.wants_acks);
}

void put(const KeyMutationReply& from, pb::PeerMessage* out) {
  pb::MutateReply* to = out->mutable_mutate_reply();
  to->set_op(from.op);
  put_error(from.error, to);
  to->set_timestamp_ms(from.timestamp_ms);
  to->set_context(from.context);
  if (from.dot.counter != 0) to_pb(from.dot, to->mutable_dot());
  to->set_moved(from.moved);
}

void put(const KeyRead& from, pb::PeerMessage* out) {
  out->set_pv(from.pv);
  pb::ReadRequest* to = out->mutable_read();
  put_origin(from, to->mutable_origin());
  to->set_bucket_id(from.bucket);
  to->set_key(from.key);
  for (const std::string& subkey : from.subkeys) to->add_subkeys(subkey);
  if (from.after) to->set_after(*from.after);
  to->set_limit(from.limit);
  to->set_now_ms(from.now_ms);
  to->set_alone(from.alone);
  put_token(from.seen.get(), to->mutable_context());
}

void put(const KeyReadReply& from, pb::PeerMessage* out) {
  pb::ReadReply* to = out->mutable_read_reply();
  to->set_op(from.op);
  put_error(from.error, to);
  if (from.state) {
    for (const KeyEntry& e : from.state->entries) {
      pb::KeyEntry* entry = to->add_entries();
      entry->set_subkey(e.subkey);
      to_pb(*e.entry, entry->mutable_entry());
    }
  }
  to_pb(from.base, to->mutable_base());
  to->set_more(from.more);
  to->set_context(from.context);
  to->set_now_ms(from.now_ms);
  to->set_moved(from.moved);
}

void put(const KeyList& from, pb::PeerMessage* out) {
  pb::ListRequest* to = out->mutable_list();
  put_origin(from, to->mutable_origin());
  to->set_bucket_id(from.bucket);
  to->set_after(from.after);
  to->set_limit(from.limit);
  to->set_now_ms(from.now_ms);
}

void put(const KeyListReply& from, pb::PeerMessage* out) {
  pb::ListReply* to = out->mutable_list_reply();
  to->set_op(from.op);
  put_error(from.error, to);
  for (const std::string& key : from.keys) to->add_keys(key);
  to->set_more(from.more);
}

void put(const KeyPush& from, pb::PeerMessage* out) {
  out->set_pv(from.pv);
  pb::PushRequest* to = out->mutable_push_request();
  put_origin(from, to->mutable_origin());
  to->set_bucket_id(from.bucket);
  to->set_key(from.key);
  for (const std::string& subkey : from.subkeys) to->add_subkeys(subkey);
  if (from.dot.counter != 0) to_pb(from.dot, to->mutable_dot());
  for (const NodeNumber target : from.targets) to->add_targets(target);
}

void put(const KeyAck& from, pb::PeerMessage* out) {
  pb::Ack* to = out->mutable_ack();
  to->set_op(from.op);
  to->set_source(from.source);
  to->set_refused(from.refused);
}

PlacementId placement_of(const pb::PeerMessage& message) {
  return PlacementId{uint8_t(message.replication_n()), uint16_t(message.partition())};
}

absl::Status take(const pb::PeerMessage& message, KeyMutation* to) {
  const pb::MutateRequest& from = message.mutate();
  if (absl::Status origin = take_origin(from.origin(), message, to); !origin.ok()) return origin;
  to->pv = message.pv();
  to->placement = placement_of(message);
  to->bucket = from.bucket_id();
  to->key_hash = cluster::ring_hash(from.bucket_id(), from.key());
  const bool known = from.operation() < uint32_t(kOperations);
  to->operation = known ? Operation(from.operation()) : Operation::kPing;
  if (!row_of(to->operation).of_key || !mutates(to->operation))
    return ill_formed("the operation changes no key");
  to->key = from.key();
  to->value = from.value();
  to->elements.assign(from.elements().begin(), from.elements().end());
  to->amount = from.amount();
  to->now_ms = from.now_ms();
  to->request_token = from.request_token();
  to->wants_acks = from.wants_acks();
  return take_token(from.context(), &to->seen);
}

absl::Status take(const pb::PeerMessage& message, KeyMutationReply* to) {
  const pb::MutateReply& from = message.mutate_reply();
  to->op = from.op();
  to->error = take_error(from);
  to->timestamp_ms = from.timestamp_ms();
  to->context = from.context();
  to->node = message.from_node();
  to->dot = from_pb(from.dot());
  if (to->dot.counter == 0) to->dot = {};
  to->moved = from.moved();
  return absl::OkStatus();
}

absl::Status take(const pb::PeerMessage& message, KeyRead* to) {
  const pb::ReadRequest& from = message.read();
  if (absl::Status origin = take_origin(from.origin(), message, to); !origin.ok()) return origin;
  to->pv = message.pv();
  to->placement = placement_of(message);
  to->bucket = from.bucket_id();
  to->key_hash = cluster::ring_hash(from.bucket_id(), from.key());
  to->key = from.key();
  if (from.has_after()) to->after = from.after();
  to->limit = from.limit();
  to->now_ms = from.now_ms();
  to->alone = from.alone();
  to->subkeys.assign(from.subkeys().begin(), from.subkeys().end());
  return take_token(from.context(), &to->seen);
}

absl::Status take(const pb::PeerMessage& message, KeyReadReply* to) {
  const pb::ReadReply& from = message.read_reply();
  to->op = from.op();
  to->error = take_error(from);
  to->more = from.more();
  to->context = from.context();
  to->now_ms = from.now_ms();
  to->node = message.from_node();
  to->base = vector_from_pb(from.base());
  to->moved = from.moved();
  return take_entries(from.entries(), &to->state);
}

absl::Status take(const pb::PeerMessage& message, KeyList* to) {
  const pb::ListRequest& from = message.list();
  if (absl::Status origin = take_origin(from.origin(), message, to); !origin.ok()) return origin;
  to->placement = placement_of(message);
  to->bucket = from.bucket_id();
  to->after = from.after();
  to->limit = from.limit();
  to->now_ms = from.now_ms();
  return absl::OkStatus();
}

absl::Status take(const pb::PeerMessage& message, KeyListReply* to) {
  const pb::ListReply& from = message.list_reply();
  to->op = from.op();
  to->error = take_error(from);
  to->keys.assign(from.keys().begin(), from.keys().end());
  to->more = from.more();
  return absl::OkStatus();
}

absl::Status take(const pb::PeerMessage& message, KeyPush* to) {
  const pb::PushRequest& from = message.push_request();
  if (absl::Status origin = take_origin(from.origin(), message, to); !origin.ok()) return origin;
  to->pv = message.pv();
  to->placement = placement_of(message);
  to->bucket = from.bucket_id();
  to->key = from.key();
  to->dot = from_pb(from.dot());
  if (to->dot.counter == 0) to->dot = {};
  for (const uint32_t target : from.targets()) to->targets.push_back(or_sender(target, message));
  to->subkeys.assign(from.subkeys().begin(), from.subkeys().end());
  return absl::OkStatus();
}

absl::Status take(const pb::PeerMessage& message, KeyAck* to) {
  const pb::Ack& from = message.ack();
  to->op = from.op();
  to->node = message.from_node();
  to->source = or_sender(from.source(), message);
  to->refused = from.refused();
  return absl::OkStatus();
}

template <typename M>
absl::StatusOr<Envelope> envelope_of(const pb::PeerMessage& message, ActorKind kind) {
  M body;
  if (absl::Status status = take(message, &body); !status.ok()) return status;
  ActorId to{kind, uint16_t(message.shard()), {}};
  if (kind == ActorKind::kVnode) to = ActorId{kind, 0, placement_of(message)};
  return Envelope{to, std::move(body)};
}

}  // namespace

bool to_peer(const Message& message, const ActorId& to, pb::PeerMessage* out) {
  if (to.kind == ActorKind::kVnode) {
    out->set_partition(to.placement.partition);
    out->set_replication_n(to.placement.n);
  } else {
    out->set_shard(to.shard);
  }
  return std::visit(
      [&](const auto& body) {
        if constexpr (requires { put(body, out); }) {
          put(body, out);
          return true;
        } else {
          return false;
        }
      },
      message);
}

absl::StatusOr<Envelope> from_peer(const pb::PeerMessage& message) {
  switch (message.body_case()) {
    case Body::kMutate:
      return envelope_of<KeyMutation>(message, ActorKind::kVnode);
    case Body::kRead:
      return envelope_of<KeyRead>(message, ActorKind::kVnode);
    case Body::kList:
      return envelope_of<KeyList>(message, ActorKind::kVnode);
    case Body::kPushRequest:
      return envelope_of<KeyPush>(message, ActorKind::kVnode);
    case Body::kMutateReply:
      return envelope_of<KeyMutationReply>(message, ActorKind::kCoordinator);
    case Body::kReadReply:
      return envelope_of<KeyReadReply>(message, ActorKind::kCoordinator);
    case Body::kListReply:
      return envelope_of<KeyListReply>(message, ActorKind::kCoordinator);
    case Body::kAck:
      return envelope_of<KeyAck>(message, ActorKind::kCoordinator);
    default:
      return ill_formed("the message is none between a coordinator and a vnode");
  }
}

ActorKind peer_target(const pb::PeerMessage& message) {
  switch (message.body_case()) {
    case Body::kMutate:
    case Body::kRead:
    case Body::kList:
    case Body::kPushRequest:
      return ActorKind::kVnode;
    case Body::kClusterMessage:
      return ActorKind::kMembership;
    default:
      return is_between_vnodes(message) ? ActorKind::kVnode : ActorKind::kCoordinator;
  }
}

bool is_between_vnodes(const pb::PeerMessage& message) {
  switch (message.body_case()) {
    case Body::kDelta:
    case Body::kGossip:
    case Body::kAnnouncement:
    case Body::kSnapshotPull:
    case Body::kSnapshotPart:
    case Body::kPush:
    case Body::kScrubAsk:
    case Body::kScrubAnswer:
      return true;
    default:
      return false;
  }
}

}  // namespace vordb
