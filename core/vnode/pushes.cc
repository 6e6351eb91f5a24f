// Pushes. Like gossip one sends all that closure demands, from what is durable here; each receiver
// acknowledges to the coordinator.
#include "core/vnode/pushes.h"

#include <utility>

#include "core/vnode/acknowledgements.h"
#include "core/vnode/collecting.h"
#include "core/vnode/key_update.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

void Pushes::begin(KeyPush push) {
  const AckWaiter waiter{push.op, push.from, push.shard, push.pv, vnode.self.node};
  const bool nothing = push.subkeys.empty() && push.dot.counter == 0;
  if (vnode.corrupt || vnode.gone() || !vnode.standing.fenced || push.pv != vnode.roles.pv ||
      nothing) {
    return Acknowledgements(*this).send_ack(waiter, true);
  }
  if (turn.env.buggify(Site::kRefusesPush)) return refuse(waiter);
  const bool by_dot = push.dot.counter != 0;
  if (by_dot && !vnode.durable.known().contains(push.dot)) return refuse(waiter);
  // Asked about itself alone: its clock knows, also once the log has forgotten the dot.
  const bool only_here = push.targets.size() == 1 && push.targets[0] == vnode.self.node;
  if (by_dot && only_here) {
    return Acknowledgements(*this).send_ack(waiter, !vnode.roles.serves());
  }
  const Closure::Bounds bounds = Collecting(*this).begin();
  Closure closure = by_dot ? Closure::of_dots(bounds, {push.dot})
                           : Closure::of_entries(bounds, push.bucket, push.key, push.subkeys);
  Collecting(*this).go_on({std::move(push), std::move(closure)}, nullptr);
}

void Pushes::end(const KeyPush& push, const Closure& closure, bool complete) {
  const AckWaiter waiter{push.op, push.from, push.shard, push.pv, vnode.self.node};
  size_t entries = 0;
  for (const Closure::Key& key : closure.keys()) entries += key.entries.size();
  if (!complete || vnode.corrupt || closure.keys().empty() ||
      entries > turn.env.knobs.push_entries_max || push.pv != vnode.roles.pv) {
    return refuse(waiter);
  }
  pb::PeerMessage message;
  add_updates(closure, message.mutable_push());
  const Origin origin{push.op, push.from == 0 ? vnode.self.node : push.from, push.shard};
  add_origin(origin, message.mutable_push()->mutable_keys(0));
  for (const NodeNumber target : push.targets) {
    if (target == vnode.self.node) {
      Acknowledgements(*this).send_ack(waiter, false);
    } else {
      if (turn.env.buggify(Site::kPushTwice)) send(target, message);
      send(target, message);
    }
  }
}

void Pushes::refuse(const AckWaiter& waiter) { Acknowledgements(*this).send_ack(waiter, true); }

}  // namespace vordb::vnode
