// Deltas: each durable mutation's entries, as its batch left them. What is lost on the way, gossip
// brings.
#include "core/vnode/deltas.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "core/codec.h"
#include "core/vnode/collecting.h"
#include "core/vnode/key_update.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

using crdt::Dot;
using crdt::Entry;

namespace {

using KeyName = std::pair<BucketId, std::string_view>;

}  // namespace

// Each durable mutation's entries, as its batch left them, filled with the clock that the batch
// left. Whoever waits for a mutation is named with it, if the placement is still what it was. The
// mutations of one key go together: its entries show all of them (rule 3).
void Deltas::tell(const Group& group) {
  if (group.deltas.empty() || !vnode.durable.standing.fenced || vnode.roles.receivers.empty())
    return;
  std::map<KeyName, std::vector<const Delta*>> by_key;
  std::vector<Dot> voids;
  for (const Delta& delta : group.deltas) {
    if (turn.configuration.bucket(delta.bucket)) {
      by_key[{delta.bucket, delta.key}].push_back(&delta);
    } else {
      voids.push_back(delta.logged.dot);
    }
  }
  std::map<std::pair<KeyName, std::string_view>, const Entry*> left;
  for (const Change& c : group.changes) left[{{c.bucket, c.key}, c.subkey}] = c.entry.get();

  pb::PeerMessage message;
  BodySize size;
  const BodyLimits limits = BodyLimits::of(turn.env.knobs);
  const auto send_body = [&] {
    to_pb(vnode.durable.clock.base(), message.mutable_delta()->mutable_base());
    message.mutable_delta()->set_hlc(group.highest_hlc.word);
    vnode.exchanged.delta_messages += vnode.roles.receivers.size();
    vnode.exchanged.delta_bytes += size.bytes * vnode.roles.receivers.size();
    for (const NodeNumber receiver : vnode.roles.receivers) {
      if (turn.env.buggify(Site::kDeltaTwice)) send(receiver, message);
      send(receiver, message);
    }
    message.Clear();
    size = {};
  };
  for (const auto& [name, deltas] : by_key) {
    if (std::any_of(deltas.begin(), deltas.end(), [](const Delta* d) { return d->closed; })) {
      begin_closed(deltas);
      continue;
    }
    pb::KeyUpdate* key = message.mutable_delta()->add_keys();
    key->set_bucket_id(name.first);
    key->set_key(std::string(name.second));
    std::set<std::string_view> touched;
    for (const Delta* delta : deltas) {
      add_dot(delta->logged, key);
      touched.insert(delta->logged.subkeys.begin(), delta->logged.subkeys.end());
      if (const auto origin = waits_for(*delta)) add_origin(*origin, key);
    }
    for (const std::string_view subkey : touched) {
      add_entry(subkey, *left.at({name, subkey}), key);
    }
    vnode.exchanged.delta_keys += vnode.roles.receivers.size();
    const bool full = size.fills(key->ByteSizeLong(), deltas.size(), limits);
    if (full || turn.env.buggify(Site::kDeltaEndsEarly)) send_body();
  }
  for (const Dot& dot : voids) {
    to_pb(dot, message.mutable_delta()->add_voids());
    if (size.fills(kDotNameBytes, 1, limits)) send_body();
  }
  if (message.has_delta()) send_body();
}

// The coordinator that is told when another owner has the delta, if the placement is still what it
// was when the mutation came.
std::optional<Origin> Deltas::waits_for(const Delta& delta) const {
  const std::optional<Waiter>& waiter = delta.waiter;
  if (!waiter || !waiter->wants_acks || waiter->pv != vnode.roles.pv) return std::nullopt;
  return Origin{waiter->op, waiter->from == 0 ? vnode.self.node : waiter->from, waiter->shard};
}

// A mutation of a key that had been purged must not overtake the purge: with the renewed deadline
// what had expired would show again (rule 12, counterexample U). So it takes along all that the log
// holds of the key, read with its closure.
void Deltas::begin_closed(const std::vector<const Delta*>& deltas) {
  ClosedDelta delta;
  delta.to = vnode.roles.receivers;
  std::vector<Dot> dots;
  for (const Delta* each : deltas) {
    dots.push_back(each->logged.dot);
    if (const auto origin = waits_for(*each)) delta.origins.push_back(*origin);
  }
  Closure closure = Closure::of_dots(Collecting(*this).begin(), std::move(dots));
  Collecting(*this).go_on({std::move(delta), std::move(closure)}, nullptr);
}

void Deltas::end_closed(const ClosedDelta& delta, const Closure& closure) {
  // The bucket was dropped, or the key is too large for this: gossip says so.
  if (closure.keys().empty()) return;
  pb::PeerMessage message;
  add_updates(closure, message.mutable_delta());
  pb::KeyUpdate* key = message.mutable_delta()->mutable_keys(0);
  for (const Origin& origin : delta.origins) add_origin(origin, key);
  vnode.exchanged.delta_messages += delta.to.size();
  vnode.exchanged.delta_keys += delta.to.size();
  vnode.exchanged.delta_bytes += message.delta().ByteSizeLong() * delta.to.size();
  for (const NodeNumber receiver : delta.to) send(receiver, message);
}

}  // namespace vordb::vnode
