// What follows from a vnode's values alone.
#include "core/vnode/state.h"

#include <algorithm>
#include <utility>

#include "core/codec.h"
#include "core/crdt/causal_past.h"
#include "core/vnode/causal_token.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

State::State(PlacementId placement, const Birth& birth, const Configuration& configuration)
    : id(placement),
      self{birth.node, birth.incarnation, birth.life},
      time(birth.above),
      log(placement),
      first_op(birth.first_op),
      next_op(birth.first_op) {
  take_roles(configuration);
  // Nothing was ever written where the owners are still those that the placement began with, or
  // where nobody else is left to hold anything: then there is no fence to learn.
  const bool began_here = roles.owner && id.n > 0 && id.n <= kReplicationMax &&
                          roles.pv <= configuration.replication_since[id.n - 1];
  standing.fenced = standing.complete = standing.synced = sole_owner() || began_here;
  standing.fence.raise(self);
}

pb::VnodeState State::record(bool drops) const {
  pb::VnodeState record;
  to_pb(self, record.mutable_self());
  record.set_dropped(drops);
  if (drops) return record;
  for (const BucketId bucket : buckets) record.add_bucket_ids(bucket);
  encode_standing(standing, &record);
  return record;
}

const std::shared_ptr<const ReadToken>& State::token() {
  if (!made_token) {
    ReadToken token{{id, durable.hlc, crdt::CausalPast(durable.clock)}, {}};
    for (const auto& [node, life] : durable.standing.seals.below()) {
      token.seen.past.fill_below(life);
    }
    token.bytes = encode_token(token.seen);
    made_token = std::make_shared<const ReadToken>(std::move(token));
  }
  return made_token;
}

PeerView State::own_view(const Configuration& configuration) const {
  PeerView view;
  view.replica = self;
  view.clock = durable.known();
  view.stable = stable.stable;
  view.fence = durable.standing.fence;
  view.contexts = retired_contexts(durable, configuration);
  view.sealed = sealed_counters(durable);
  view.epoch = roles.epoch;
  view.pv = roles.pv;
  view.fenced = durable.standing.fenced;
  view.complete = durable.standing.complete;
  view.content = announced_content(view);
  return view;
}

bool State::settled(const Configuration& configuration) const {
  if (awaiting() != Hlc{} || !durable.standing.fenced || !durable.standing.complete) return false;
  const auto views = peers.agreeing(standpoint(configuration));
  if (!views) return false;
  const crdt::VnodeClock mine = durable.known();
  return std::all_of(views->begin(), views->end(), [&](const PeerView* view) {
    return view->complete && view->clock.covers(mine) && mine.covers(view->clock);
  });
}

std::vector<std::pair<NodeNumber, uint64_t>> State::unacknowledged_dots() const {
  const crdt::VnodeClock mine = durable.known();
  std::vector<std::pair<NodeNumber, uint64_t>> missing;
  for (const NodeNumber receiver : roles.receivers) {
    const PeerView* peer = peers.find(receiver);
    missing.emplace_back(receiver, mine.count_missing(peer ? peer->seen() : crdt::VnodeClock{}));
  }
  return missing;
}

void State::take_roles(const Configuration& configuration) {
  const uint64_t pv_before = roles.pv;
  roles = roles_of(configuration, id, self.node);
  // What was announced under another version says nothing to a move.
  announce_soon = announce_soon || roles.pv != pv_before;
  log.note_news();
  peers.keep_only(roles.others);
  offers.keep_only(roles.others);
  if (counts_for != roles.move) counts_for = 0;
}

void State::add_to(Fingerprint& fingerprint) const {
  for_each_field(
      [&](std::string_view name, const auto& field) {
        const bool numbered =
            name == "first_op" || name == "next_op" || name == "overlay" || name == "parked";
        if (!numbered) add_fields(field, fingerprint);
      },
      *this);
  overlay.add_to(fingerprint, next_op);
  fingerprint.add(parked.size());
  for (const auto& [op, task] : parked) {
    fingerprint.add(next_op - op);
    add_fields(task, fingerprint);
  }
}

}  // namespace vordb::vnode
