#include "core/vnode/own_future.h"

#include <algorithm>

#include "core/codec.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

namespace {

struct Future {
  crdt::ReplicaId self;
  uint64_t highest = 0;

  bool is_self(const pb::ReplicaId& id) const {
    return id.life() == self.life && id.node() == self.node && id.incarnation() == self.incarnation;
  }

  bool in(const pb::Dot& dot) const { return dot.counter() > highest && is_self(dot.replica()); }

  bool in(const pb::ReplicaClock& replica) const {
    if (!is_self(replica.replica())) return false;
    return replica.base() > highest ||
           std::any_of(replica.above().begin(), replica.above().end(),
                       [&](uint64_t counter) { return counter > highest; });
  }

  bool in(const pb::Entry& entry) const {
    return in(entry.context()) || std::any_of(entry.live().begin(), entry.live().end(),
                                              [&](const auto& live) { return in(live.dot()); });
  }

  bool in(const pb::KeyEntry& entry) const { return in(entry.entry()); }
  bool in(const pb::LoggedDot& logged) const { return in(logged.dot()); }
  bool in(const pb::TokenAnswer& answer) const { return in(answer.answer().dot()); }
  bool in(const pb::KeyUpdate& key) const {
    return in(key.entries()) || in(key.dots()) || in(key.answers());
  }
  bool in(const pb::Updates& updates) const {
    return in(updates.base()) || in(updates.keys()) || in(updates.voids());
  }

  template <typename Part>
  bool in(const google::protobuf::RepeatedPtrField<Part>& parts) const {
    return std::any_of(parts.begin(), parts.end(), [&](const Part& part) { return in(part); });
  }
};

}  // namespace

bool names_future_of(const crdt::ReplicaId& self, uint64_t highest,
                     const pb::PeerMessage& message) {
  const Future future{self, highest};
  switch (message.body_case()) {
    case pb::PeerMessage::kDelta:
      return future.in(message.delta());
    case pb::PeerMessage::kGossip:
      return future.in(message.gossip());
    case pb::PeerMessage::kPush:
      return future.in(message.push());
    case pb::PeerMessage::kAnnouncement:
      return future.in(message.announcement().clock()) ||
             future.in(message.announcement().contexts()) ||
             future.in(message.announcement().sealed());
    case pb::PeerMessage::kSnapshotPart:
      return future.in(message.snapshot_part().clock()) ||
             future.in(message.snapshot_part().updates()) ||
             future.in(message.snapshot_part().answers()) ||
             future.in(message.snapshot_part().log()) || future.in(message.snapshot_part().voids());
    default:
      return false;
  }
}

}  // namespace vordb::vnode
