#include "core/peer_wire.h"

#include <array>

#include "proto/peer.pb.h"

namespace vordb {

namespace {

// Further ones are spelt out each time: so that looking for them costs little.
constexpr size_t kPlacesMax = 64;

// ---- the walk: every replica that a message names, always in this order

template <typename F>
void walk(pb::Dot* dot, F& each) {
  if (dot->has_replica()) each(dot->mutable_replica());
}

template <typename F>
void walk(pb::ReplicaClock* clock, F& each) {
  if (clock->has_replica()) each(clock->mutable_replica());
}

template <typename F>
void walk(pb::ReplicaId* replica, F& each) {
  each(replica);
}

template <typename F, typename M>
void walk(google::protobuf::RepeatedPtrField<M>* all, F& each);

template <typename F>
void walk(pb::KeyEntry* entry, F& each) {
  if (!entry->has_entry()) return;
  pb::Entry* inner = entry->mutable_entry();
  for (pb::LiveDot& live : *inner->mutable_live()) {
    if (live.has_dot()) walk(live.mutable_dot(), each);
  }
  walk(inner->mutable_context(), each);
}

template <typename F>
void walk(pb::LoggedDot* logged, F& each) {
  if (logged->has_dot()) walk(logged->mutable_dot(), each);
}

template <typename F>
void walk(pb::TokenAnswer* answer, F& each) {
  if (answer->has_answer() && answer->answer().has_dot())
    walk(answer->mutable_answer()->mutable_dot(), each);
}

template <typename F>
void walk(pb::KeyUpdate* update, F& each) {
  walk(update->mutable_entries(), each);
  walk(update->mutable_dots(), each);
  walk(update->mutable_answers(), each);
}

template <typename F, typename M>
void walk(google::protobuf::RepeatedPtrField<M>* all, F& each) {
  for (M& one : *all) walk(&one, each);
}

template <typename F>
void walk(pb::Updates* updates, F& each) {
  walk(updates->mutable_base(), each);
  walk(updates->mutable_keys(), each);
  walk(updates->mutable_voids(), each);
}

template <typename F>
void walk(pb::Announcement* announcement, F& each) {
  walk(announcement->mutable_clock(), each);
  walk(announcement->mutable_fence(), each);
  walk(announcement->mutable_contexts(), each);
  walk(announcement->mutable_sealed(), each);
}

template <typename F>
void walk(pb::SnapshotPart* part, F& each) {
  walk(part->mutable_clock(), each);
  if (part->has_updates()) walk(part->mutable_updates(), each);
  walk(part->mutable_answers(), each);
  walk(part->mutable_log(), each);
  walk(part->mutable_voids(), each);
}

template <typename F>
void walk(pb::ReadReply* reply, F& each) {
  walk(reply->mutable_entries(), each);
  walk(reply->mutable_base(), each);
}

template <typename F>
void walk(pb::PeerMessage* message, F& each) {
  if (message->has_from_replica()) each(message->mutable_from_replica());
  switch (message->body_case()) {
    case pb::PeerMessage::kDelta:
      return walk(message->mutable_delta(), each);
    case pb::PeerMessage::kGossip:
      return walk(message->mutable_gossip(), each);
    case pb::PeerMessage::kPush:
      return walk(message->mutable_push(), each);
    case pb::PeerMessage::kAnnouncement:
      return walk(message->mutable_announcement(), each);
    case pb::PeerMessage::kSnapshotPart:
      return walk(message->mutable_snapshot_part(), each);
    case pb::PeerMessage::kReadReply:
      return walk(message->mutable_read_reply(), each);
    default:
      return;  // names none, or one
  }
}

// ---- what is done at each

// Those that were spelt out.
struct Named {
  std::array<pb::ReplicaId*, kPlacesMax> replicas;
  size_t count = 0;

  void add(pb::ReplicaId* replica) {
    if (count < kPlacesMax) replicas[count++] = replica;
  }
};

struct Shorten {
  Named named;
  bool any = false;

  void operator()(pb::ReplicaId* replica) {
    for (size_t i = 0; i < named.count; ++i) {
      const pb::ReplicaId& before = *named.replicas[i];
      if (before.life() != replica->life() || before.node() != replica->node() ||
          before.incarnation() != replica->incarnation())
        continue;
      replica->Clear();
      replica->set_place(uint32_t(i + 1));
      any = true;
      return;
    }
    named.add(replica);
  }
};

struct Lengthen {
  Named named;
  bool sound = true;

  void operator()(pb::ReplicaId* replica) {
    const uint32_t place = replica->place();
    if (place == 0) return named.add(replica);
    const bool alone = replica->node() == 0 && replica->incarnation() == 0 && replica->life() == 0;
    if (place > named.count || !alone) {
      sound = false;
    } else {
      *replica = *named.replicas[place - 1];
    }
  }
};

bool lengthen(pb::PeerMessage* message) {
  message->clear_has_places();
  Lengthen each;
  walk(message, each);
  return each.sound;
}

}  // namespace

WireForm wire_form(const NodeOptions& own, const Configuration& configuration, NodeNumber to) {
  const Member* receiver = configuration.member(to);
  const bool reads = has(configuration.features_on, kShortReplicas) && receiver != nullptr &&
                     has(receiver->features, kShortReplicas) && has(own.features, kShortReplicas);
  return reads ? WireForm::kShort : WireForm::kFull;
}

void put_in_form(WireForm form, pb::PeerMessage* message) {
  const bool wanted = form == WireForm::kShort;
  if (message->has_places() == wanted) return;
  if (!wanted) {
    lengthen(message);
    return;
  }
  Shorten each;
  walk(message, each);
  if (each.any) message->set_has_places(true);
}

absl::Status read_peer_message(std::string_view bytes, const Features& own,
                               pb::PeerMessage* message) {
  if (!message->ParseFromArray(bytes.data(), int(bytes.size()))) {
    return absl::InvalidArgumentError("a message is not understood");
  }
  if (!message->has_places()) return absl::OkStatus();
  if (!has(own, kShortReplicas)) {
    return absl::InvalidArgumentError(
        "a message came in a form that this program does not read: short-replicas");
  }
  if (!lengthen(message)) {
    return absl::InvalidArgumentError("a message names a replica by a place that it does not have");
  }
  return absl::OkStatus();
}

}  // namespace vordb
