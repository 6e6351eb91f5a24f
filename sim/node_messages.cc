// What other nodes sent, handed to the shards that it is for, and held against the table of
// messages.
#include "core/cluster/configuration.h"
#include "core/message_table.h"
#include "core/peer_codec.h"
#include "core/peer_wire.h"
#include "proto/peer.pb.h"
#include "sim/node.h"

namespace vordb::sim {

// What concerns a placement goes to its shard, what answers a coordinator to the coordinator's, a
// digest of announcements to all, and the rest to membership, whose messages may also be for an
// earlier identity of the node: their sender must learn that it is gone.
void SimNode::take_peer_message(const Event& event) {
  const std::optional<PeerBytes> arrived = host_->take_peer_message(event);
  pb::PeerMessage message;
  if (!arrived) return;
  if (const absl::Status read = read_peer_message(arrived->bytes, options_.features, &message);
      !read.ok()) {
    return host_->findings().violated(Property::kMessagesExpected,
                                      name_ + ": " + std::string(read.message()));
  }
  const ActorKind kind = peer_target(message);
  if (kind != ActorKind::kMembership && !is_for_me(arrived->to)) return;
  uint32_t first = 0;
  uint32_t shards = 1;
  if (message.has_digest()) {
    shards = options_.shards;
  } else if (kind == ActorKind::kVnode) {
    first = message.partition() % options_.shards;
  } else if (kind == ActorKind::kCoordinator) {
    first = message.shard();
  }
  if (first + shards > options_.shards) return note_message(message, TakerState::kMisplaced);
  const uint32_t life = life_;
  for (uint32_t shard = first; shard < first + shards && life == life_; ++shard) {
    hand_over(message, uint16_t(shard));
    after_call(uint16_t(shard));
  }
}

void SimNode::hand_over(const pb::PeerMessage& message, uint16_t shard) {
  const TakerState before = shards_[shard].taker_state(message);
  const uint64_t refused_before = telemetry_figures_.violated;
  call(shard, [&](Shard& of, Env& env) { of.on_peer_message(message, env); });
  const bool refused = telemetry_figures_.violated != refused_before;
  note_message(message, taker_state_after(message, before, refused));
}

void SimNode::note_message(const pb::PeerMessage& message, TakerState state) {
  const size_t row = message_row(message);
  const MessageRow& of = message_table()[row];
  messages_.count(row, state);
  host_->findings().evaluated(Property::kMessagesExpected, true);
  if (of.possible(state)) return;
  host_->findings().violated(
      Property::kMessagesExpected,
      name_ + " got a " + of.name() + " in a state in which none comes: " + to_string(state));
}

bool SimNode::is_for_me(NodeNumber to) const {
  if (to == 0) return true;
  const Member* member = shards_[0].configuration()->member(to);
  return member != nullptr && member->node_id == options_.node_id;
}

}  // namespace vordb::sim
