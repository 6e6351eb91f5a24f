#include "core/message_table.h"

#include <doctest/doctest.h>

#include <google/protobuf/descriptor.h>
#include <set>
#include <string>
#include <utility>

#include "core/peer_codec.h"
#include "proto/peer.pb.h"

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using vordb::ActorKind;
using vordb::Effect;
using vordb::kMessageRows;
using vordb::kTakerStates;
using vordb::MessageRow;
using vordb::TakerState;
namespace pb = vordb::pb;

namespace {

// An empty message with this body.
pb::PeerMessage with_body(const MessageRow& row) {
  pb::PeerMessage message;
  google::protobuf::Message* of = &message;
  if (row.of_cluster) of = message.mutable_cluster_message();
  of->GetReflection()->MutableMessage(of, of->GetDescriptor()->FindFieldByNumber(row.body));
  return message;
}

const Descriptor* body_type(const MessageRow& row) {
  const Descriptor* of =
      row.of_cluster ? pb::ClusterMessage::descriptor() : pb::PeerMessage::descriptor();
  return of->FindFieldByNumber(row.body)->message_type();
}

}  // namespace

TEST_CASE("message table: every body of the schema has one row") {
  std::set<std::pair<bool, int>> rows;
  for (const MessageRow& row : vordb::message_table()) {
    CHECK_MESSAGE(rows.insert({row.of_cluster, row.body}).second, row.name() << " has two rows");
  }
  for (const Descriptor* type : {pb::PeerMessage::descriptor(), pb::ClusterMessage::descriptor()}) {
    const bool of_cluster = type == pb::ClusterMessage::descriptor();
    const auto* bodies = type->FindOneofByName("body");
    for (int i = 0; i < bodies->field_count(); ++i) {
      const FieldDescriptor* body = bodies->field(i);
      if (body->message_type() == pb::ClusterMessage::descriptor()) continue;
      CHECK_MESSAGE(rows.erase({of_cluster, body->number()}) == 1, body->name() << " has no row");
    }
  }
  CHECK_MESSAGE(rows.empty(), "a row is of no body");
  for (size_t row = 0; row < kMessageRows; ++row) {
    CHECK(vordb::message_row(with_body(vordb::message_table()[row])) == row);
  }
}

TEST_CASE("message table: who takes a message is who the dispatch layer gives it to") {
  for (const MessageRow& row : vordb::message_table()) {
    const pb::PeerMessage message = with_body(row);
    // It is for all vnodes of a shard, and dispatched by itself.
    if (message.has_digest()) continue;
    CHECK_MESSAGE(row.to == vordb::peer_target(message), row.name());
    const bool between_vnodes = row.from == ActorKind::kVnode && row.to == ActorKind::kVnode;
    CHECK_MESSAGE(between_vnodes == vordb::is_between_vnodes(message), row.name());
  }
}

TEST_CASE("message table: who sends a message shows in what it holds") {
  for (const MessageRow& row : vordb::message_table()) {
    const Descriptor* type = body_type(row);
    const bool asks = !row.of_cluster && type->FindFieldByName("origin") != nullptr;
    const bool answers = !row.of_cluster && type->FindFieldByName("op") != nullptr;
    CHECK_MESSAGE(asks == (row.from == ActorKind::kCoordinator), row.name());
    CHECK_MESSAGE(answers == (row.to == ActorKind::kCoordinator), row.name());
    CHECK_MESSAGE(row.of_cluster == (row.from == ActorKind::kMembership), row.name());
    CHECK_MESSAGE(row.of_cluster == (row.to == ActorKind::kMembership), row.name());
  }
}

TEST_CASE("message table: a message meets no state of another kind of actor") {
  const auto kind_of = [](TakerState state) {
    return state >= TakerState::kSeeking       ? ActorKind::kMembership
           : state >= TakerState::kNoOperation ? ActorKind::kCoordinator
                                               : ActorKind::kVnode;
  };
  for (const MessageRow& row : vordb::message_table()) {
    bool taken = false;
    for (size_t s = 0; s < kTakerStates; ++s) {
      const TakerState state{uint8_t(s)};
      taken = taken || row.effect(state) == Effect::kTaken;
      if (state < TakerState::kAbsent || kind_of(state) == row.to) continue;
      CHECK_MESSAGE(!row.possible(state), row.name() << " in " << to_string(state));
    }
    CHECK_MESSAGE(taken, row.name() << " is never taken");
    for (const TakerState never :
         {TakerState::kIllFormed, TakerState::kFromSelf, TakerState::kMisplaced}) {
      CHECK_MESSAGE(!row.possible(never), row.name() << " in " << to_string(never));
    }
  }
}

TEST_CASE("message table: only who asks is refused") {
  for (const MessageRow& row : vordb::message_table()) {
    bool refused = false;
    for (const Effect effect : row.effects) refused = refused || effect == Effect::kRefused;
    const pb::PeerMessage message = with_body(row);
    const pb::ClusterMessage& inner = message.cluster_message();
    const bool asks = row.from == ActorKind::kCoordinator || message.has_scrub_ask() ||
                      inner.has_join() || inner.has_founding_hello();
    CHECK_MESSAGE(asks == refused, row.name());
  }
}

TEST_CASE("message table: states have names of their own") {
  std::set<std::string> names;
  for (size_t s = 0; s < kTakerStates; ++s) names.insert(to_string(TakerState(s)));
  CHECK(names.size() == kTakerStates);
}
