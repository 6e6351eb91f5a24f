// Entries sent on a coordinator's wish, so that its quorum comes to hold the same: after replies
// that differ, or a dot sent again after the owners have changed. Like gossip it sends all that
// closure demands, from what is durable here; each receiver acknowledges to the coordinator.
#include <algorithm>
#include <utility>

#include "core/vnode/vnode.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

namespace {

// A closure with more entries than that is left to gossip.
constexpr size_t kPushEntriesMax = 2000;

}  // namespace

void Vnode::step(KeyPush push, Context& context) {
  const AckWaiter waiter{push.op, push.from, push.shard, push.pv, self_.node};
  const bool nothing = push.subkeys.empty() && push.dot.counter == 0;
  if (corrupt_ || dropped_ || dropping_ || !standing_.fenced || push.pv != roles_.pv || nothing) {
    return send_ack(waiter, true, context);
  }
  GossipTask task;
  task.to = push.targets;
  if (push.dot.counter != 0) {
    if (!durable_.known().contains(push.dot)) return send_ack(waiter, true, context);
    // Asked about itself alone: its clock knows, also once the log has forgotten the dot.
    const bool only_here = push.targets.size() == 1 && push.targets[0] == self_.node;
    if (only_here) return send_ack(waiter, !roles_.serves(), context);
    task.wanted.push_back(push.dot);
  } else {
    GossipTask::Key key;
    key.bucket = push.bucket;
    key.key = push.key;
    key.subkeys.insert(push.subkeys.begin(), push.subkeys.end());
    key.untouched = push.subkeys;
    task.key = std::move(key);
  }
  task.push = std::move(push);
  task.snapshot = context.env.disk.open_snapshot();
  run(std::move(task), nullptr, context);
}

void Vnode::end_push(const GossipTask& task, bool complete, Context& context) {
  const KeyPush& push = *task.push;
  const AckWaiter waiter{push.op, push.from, push.shard, push.pv, self_.node};
  size_t entries = 0;
  for (const GossipTask::Key& key : task.done) entries += key.entries.size();
  if (!complete || corrupt_ || task.done.empty() || entries > kPushEntriesMax ||
      push.pv != roles_.pv) {
    return send_ack(waiter, true, context);
  }
  pb::PeerMessage message;
  add_updates(task, message.mutable_push());
  pb::Origin* origin = message.mutable_push()->mutable_keys(0)->add_origins();
  origin->set_node(push.from == 0 ? self_.node : push.from);
  origin->set_shard(push.shard);
  origin->set_op(push.op);
  for (const NodeNumber target : push.targets) {
    if (target == self_.node) {
      send_ack(waiter, false, context);
    } else {
      send(target, message, context);
    }
  }
}

void Vnode::send_ack(const AckWaiter& waiter, bool refused, Context& context) {
  KeyAck ack;
  ack.op = waiter.op;
  ack.source = waiter.source;
  ack.refused = refused;
  const bool here = waiter.from == 0 || waiter.from == self_.node;
  context.outbox.push_back(Envelope{ActorId{ActorKind::kCoordinator, waiter.shard, {}},
                                    std::move(ack), here ? 0 : waiter.from});
}

}  // namespace vordb::vnode
