// What others may see of a shard: figures, how two states of it differ, and how it stands to a
// message that comes. Nothing here changes it.
#include <utility>

#include "core/describe.h"
#include "core/fingerprint.h"
#include "core/peer_codec.h"
#include "core/shard_impl.h"
#include "proto/peer.pb.h"

namespace vordb {

std::optional<TakerState> stopped_at_door(const pb::PeerMessage& message,
                                          const Configuration& configuration, NodeNumber self) {
  if (configuration.epoch == 0) return TakerState::kNoCluster;
  if (message.cluster() != configuration.cluster_hash()) return TakerState::kForeign;
  if (!configuration.is_member(message.from_node())) return TakerState::kNoMember;
  if (message.from_node() == self) return TakerState::kFromSelf;
  return std::nullopt;
}

TakerState Shard::taker_state(const pb::PeerMessage& message) const {
  const Impl& s = *impl_;
  const ActorKind to = peer_target(message);
  if (to == ActorKind::kMembership) {
    return s.membership ? (*s.membership)->state_for(message) : TakerState::kMisplaced;
  }
  const Configuration& configuration = *s.configuration;
  if (const auto stopped = stopped_at_door(message, configuration, s.started.node)) return *stopped;
  if (message.has_digest()) return TakerState::kShard;
  if (to == ActorKind::kCoordinator) return s.coordinator->state_for(message);
  const PlacementId id{uint8_t(message.replication_n()), uint16_t(message.partition())};
  if (!s.holds(id)) return TakerState::kMisplaced;
  if (const vnode::Vnode* vnode = s.vnodes.look_up(id)) {
    return vnode->state_for(message, configuration);
  }
  return s.vnodes.serves(id, configuration) ? TakerState::kUnmade : TakerState::kAbsent;
}

std::shared_ptr<const Configuration> Shard::configuration() const { return impl_->configuration; }

bool Shard::turn_has_work() const {
  return !impl_->vnodes.unflushed.empty() || impl_->committed_in_turn;
}

bool Shard::idle() const {
  const Impl& s = *impl_;
  if (s.coordinator->waiting() > 0 || (s.membership && !(*s.membership)->idle())) return false;
  return s.vnodes.idle();
}

ShardFigures Shard::figures(uint64_t now_ms) const {
  const Impl& s = *impl_;
  ShardFigures figures;
  figures.cache_hits = s.cache.hits();
  figures.cache_misses = s.cache.misses();
  figures.cache_bytes = s.cache.bytes();
  figures.commits = s.commits;
  figures.waiting_operations = s.coordinator->waiting();
  figures.contexts_withheld = s.coordinator->contexts_withheld();
  figures.repairs = s.coordinator->repairs();
  figures.turned_away = s.turned_away;
  if (s.membership) {
    for (const auto& [node, ahead_ms] : (*s.membership)->clock_leads())
      figures.peers[node].clock_ahead_ms = ahead_ms;
  }
  s.vnodes.add_to(figures, *s.configuration, now_ms);
  return figures;
}

uint64_t Shard::keys_purged() const { return impl_->vnodes.keys_purged(); }
vnode::ScrubFigures Shard::scrubbed() const { return impl_->vnodes.scrubbed(); }

std::pair<uint64_t, uint64_t> Shard::fingerprint() const { return digest_of_fields(*impl_); }

namespace {

// Calls visit(actor, before, after) for each actor of which both know and that may differ.
template <typename Impl, typename Visit>
void for_each_actor_pair(const Impl& was, const Impl& is, const Visit& visit) {
  if (!was.coordinator.shares(is.coordinator))
    visit(ActorId{ActorKind::kCoordinator, is.index, {}}, *was.coordinator, *is.coordinator);
  if (was.membership && is.membership && !was.membership->shares(*is.membership))
    visit(ActorId{ActorKind::kMembership, 0, {}}, **was.membership, **is.membership);
  is.vnodes.for_each_pair(
      was.vnodes, [&](const VnodeTable::Slot& old, const VnodeTable::Slot& now) {
        if (old.shares(now)) return;
        visit(ActorId{ActorKind::kVnode, is.index, now->id()}, old->state(), now->state());
      });
}

// Fields of classes are named with an underscore behind, which concerns nobody.
std::string_view shown(std::string_view field) {
  if (field.ends_with('_')) field.remove_suffix(1);
  return field;
}

}  // namespace

void Shard::differences(const Shard& before, const VisitDifference& visit) const {
  for_each_actor_pair(*before.impl_, *impl_, [&](ActorId actor, const auto& was, const auto& is) {
    for_each_difference(was, is, [&](const char* name, size_t index) {
      visit(actor, shown(name), uint8_t(index));
    });
  });
}

void Shard::changes(const Shard& before, size_t max, const VisitChange& visit) const {
  for_each_actor_pair(*before.impl_, *impl_, [&](ActorId actor, const auto& was, const auto& is) {
    const auto compare = [&](const char* name, const auto& old, const auto& now) {
      if (same_fields(old, now)) return;
      visit(actor, shown(name), described(old, max), described(now, max));
    };
    for_each_field(compare, was, is);
  });
}

void Shard::describe(size_t max, const VisitField& visit) const {
  const auto tell = [&](ActorId actor, const auto& state) {
    const auto one = [&](const char* name, const auto& field) {
      visit(actor, shown(name), described(field, max));
    };
    for_each_field(one, state);
  };
  const Impl& s = *impl_;
  if (s.membership) tell({ActorKind::kMembership, 0, {}}, **s.membership);
  tell({ActorKind::kCoordinator, s.index, {}}, *s.coordinator);
  s.vnodes.for_each([&](const vnode::Vnode& vnode) {
    tell({ActorKind::kVnode, s.index, vnode.id()}, vnode.state());
  });
}

bool Shard::operator==(const Shard& other) const { return same_fields(*impl_, *other.impl_); }

}  // namespace vordb
