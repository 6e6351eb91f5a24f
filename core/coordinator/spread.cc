// What owners are made to send one another on behalf of a request, and who is known to hold it.
//
// What an acknowledgement proves. An owner that acknowledges a push of entries by `source` holds
// durably, under the attempt's version of the placement, at least what `source` held of them when
// it answered, removals included: a push is made from durable state, which only grows, and each
// entry carries the clock that fills it. So an owner holds the merged entries once it has
// acknowledged every sender's push; one sender is enough where its own answer was the merged result
// already (merge_answers.h says when). A sender has what it sent.
//
// An owner that acknowledges a dot has it in its durable clock: the mutation's effect on all of its
// entries is merged there.
#include "core/coordinator/coordinator.h"

namespace vordb::coordinator {

void Coordinator::push_names(OpId op, Turn& turn) {
  const Pending& pending = *pending_.find(op);
  Work& work = *pending_.find(op)->work;
  const OwnerSets& sets = work.sets;
  if (work.taken.size() != sets.nodes.size()) work.taken.assign(sets.nodes.size(), 0);
  KeyPush push;
  push.op = op;
  push.shard = shard_;
  push.pv = sets.pv;
  push.placement = pending.placement;
  push.bucket = work.read.bucket;
  push.key = work.read.key;
  push.subkeys = work.names;
  const OwnerMask wanted = work.stage == Stage::kTeaching ? sets.bit(work.mutator) : sets.members;
  for (const NodeNumber sender : sets.nodes) {
    const OwnerMask from = sets.bit(sender) & work.senders;
    if (from == 0) continue;
    push.targets.clear();
    for (size_t i = 0; i < sets.nodes.size(); ++i) {
      const OwnerMask to = (OwnerMask{1} << i) & wanted & ~work.holders;
      if (to != 0 && (work.taken[i] & from) == 0) push.targets.push_back(sets.nodes[i]);
    }
    if (!push.targets.empty()) turn.outbox.push_back(to_owner(sender, push, turn));
  }
  work.next_us = turn.env.clock.monotonic_us() + retry_delay_us(work.round, turn);
}

OwnerMask Coordinator::holding(const Work& work) {
  OwnerMask who = work.holders;
  for (size_t i = 0; i < work.taken.size(); ++i) {
    if (work.senders != 0 && (work.senders & ~work.taken[i]) == 0) who |= OwnerMask{1} << i;
  }
  return who;
}

void Coordinator::check_spread(OpId op, Turn& turn) {
  Work& work = *pending_.find(op)->work;
  const OwnerMask who = holding(work);
  if (work.stage == Stage::kTeaching && (who & work.sets.bit(work.mutator)) != 0) {
    // Under an id of its own: a late acknowledgement of the push is none of the mutation.
    return send_mutation(renew(op), turn);
  }
  if (work.stage == Stage::kSettling && work.sets.reached(who, work.w)) {
    finish(op, std::move(work.reply), turn);
  }
}

// Whoever is not known to hold the dot is asked whether it does, and the owner that took it is
// asked to send it to them.
void Coordinator::push_dot(OpId op, Turn& turn) {
  const Pending& pending = *pending_.find(op);
  Work& work = *pending_.find(op)->work;
  KeyPush push;
  push.op = op;
  push.shard = shard_;
  push.pv = work.sets.pv;
  push.placement = pending.placement;
  push.dot = work.dot;
  std::vector<NodeNumber> missing;
  for (const NodeNumber node : work.sets.nodes) {
    if ((work.sets.bit(node) & work.sets.members & ~work.holders) == 0) continue;
    push.targets = {node};
    turn.outbox.push_back(to_owner(node, push, turn));
    if (node != work.mutator) missing.push_back(node);
  }
  if (!missing.empty() && turn.configuration.is_member(work.mutator)) {
    push.targets = std::move(missing);
    turn.outbox.push_back(to_owner(work.mutator, push, turn));
  }
  work.next_us = turn.env.clock.monotonic_us() + retry_delay_us(work.round, turn);
}

void Coordinator::step(KeyAck ack, Turn& turn) {
  Pending* pending = pending_.find(ack.op);
  if (!pending || !pending->work || ack.refused || turn.env.buggify(Site::kIgnoresAck)) return;
  Work& work = *pending->work;
  const OwnerSets& sets = work.sets;
  const OwnerMask bit = sets.bit(ack.node == 0 ? turn.node : ack.node) & sets.members;
  if (bit == 0) return;
  switch (work.stage) {
    case Stage::kMutating:
      if (!work.void_acks) work.holders |= bit;
      return;
    case Stage::kCollecting:
      work.holders |= bit;
      return collect(ack.op, turn);
    case Stage::kTeaching:
    case Stage::kSettling: {
      const OwnerMask source = sets.bit(ack.source == 0 ? turn.node : ack.source);
      for (size_t i = 0; i < work.taken.size(); ++i) {
        if (bit == OwnerMask{1} << i) work.taken[i] |= source;
      }
      return check_spread(ack.op, turn);
    }
    default:
      return;
  }
}

}  // namespace vordb::coordinator
