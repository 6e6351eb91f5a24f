// What coordinators are told, and when: a mutation's answer goes out once its dot, its entries and
// its record are durable.
#include "core/vnode/acknowledgements.h"

#include <algorithm>
#include <utility>

#include "core/codec.h"
#include "core/vnode/causal_token.h"
#include "core/vnode/to_coordinator.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

using crdt::Dot;

void Acknowledgements::acknowledge(KeyTask& task, const Dot& dot, Hlc hlc) {
  const KeyMutation& m = std::get<MutateTask>(task.what).mutation;
  Group& group = open();
  group.waiters.push_back(
      Waiter{m.op, m.from, m.shard, m.pv, hlc.ms(), dot, m.wants_acks, token_after(task, hlc)});
  if (m.request_token.empty()) return;
  remember_answer({m.request_token, Answer{dot, hlc, fingerprint_of(m)}});
}

// Nothing had to change. What made that so may not be durable yet, nor the time that is answered:
// the answer waits for the turn's batch, which holds both. A request token is remembered all the
// same: a retry must not find, and change, what came later.
void Acknowledgements::acknowledge_unchanged(KeyTask& task, Hlc hlc) {
  const KeyMutation& m = std::get<MutateTask>(task.what).mutation;
  if (!m.request_token.empty() && !task.load.answer) {
    acknowledge(task, Dot{}, hlc);
    return;
  }
  Group& group = open();
  group.wanted = true;
  // Of a token answered before: what was done then, which others may not hold yet.
  const Dot done = task.load.answer ? task.load.answer->dot : Dot{};
  group.waiters.push_back(
      Waiter{m.op, m.from, m.shard, m.pv, hlc.ms(), done, m.wants_acks, token_after(task, hlc)});
}

// What the client has seen once it is answered: what it gave, and its own mutation. It was shown
// nothing else of what is here.
std::string Acknowledgements::token_after(const KeyTask& task, Hlc hlc) const {
  const MutateTask& mutate = std::get<MutateTask>(task.what);
  CausalToken seen;
  const CausalToken* given = mutate.mutation.seen.get();
  if (given && given->placement == vnode.id) seen = *given;
  seen.placement = vnode.id;
  seen.hlc = std::max(seen.hlc, hlc);
  for (const Dot& dot : mutate.dots) seen.past.add(dot);
  if (task.load.answer && task.load.answer->dot.counter != 0) seen.past.add(task.load.answer->dot);
  return encode_token(seen);
}

void Acknowledgements::remember_answer(const TokenAnswer& answer) {
  pb::AnsweredRequest record;
  to_pb(answer.second, &record);
  const std::string key = record_key(vnode.id, Table::kAnswers, answer.first);
  open().batch.put(family(), key, seal_record(key, record));
  vnode.overlay.remember(answer);
}

void Acknowledgements::refuse(const KeyMutation& mutation, ClientError error) {
  KeyMutationReply reply;
  reply.op = mutation.op;
  reply.error = std::move(error);
  turn.outbox.push_back(to_coordinator(vnode.self.node, mutation, std::move(reply)));
}

void Acknowledgements::answer_mutation(const Waiter& waiter) {
  KeyMutationReply reply;
  reply.op = waiter.op;
  reply.timestamp_ms = waiter.timestamp_ms;
  reply.context = waiter.token;
  reply.dot = waiter.dot;
  reply.moved = waiter.pv != vnode.roles.pv || !vnode.roles.serves();
  if (turn.env.buggify(Site::kAnswersTwice)) {
    KeyMutationReply copy = reply;
    turn.outbox.push_back(to_coordinator(vnode.self.node, waiter, std::move(copy)));
  }
  turn.outbox.push_back(to_coordinator(vnode.self.node, waiter, std::move(reply)));
}

// All of it is in the open group or in earlier ones: the acknowledgement follows them.
void Acknowledgements::acknowledge_merge(const AckWaiter& waiter, bool refused) {
  if (refused) {
    send_ack(waiter, true);
  } else if (Group* newest = vnode.overlay.newest()) {
    newest->acks.push_back(waiter);
  } else {
    acknowledge_durable(waiter);
  }
}

// Rule 12: the version counts when the acknowledgement is made. One that is ahead waits until this
// node has learnt of it.
void Acknowledgements::acknowledge_durable(const AckWaiter& waiter) {
  if (waiter.pv > vnode.roles.pv && vnode.early_acks.size() < turn.env.knobs.early_acks_max &&
      !turn.env.buggify(Site::kDropsEarlyAck)) {
    vnode.early_acks.push_back(waiter);
  } else {
    send_ack(waiter, waiter.pv != vnode.roles.pv || !vnode.roles.serves() ||
                         turn.env.buggify(Site::kRefusesAck));
  }
}

void Acknowledgements::send_ack(const AckWaiter& waiter, bool refused) {
  KeyAck ack;
  ack.op = waiter.op;
  ack.source = waiter.source;
  ack.refused = refused;
  if (turn.env.buggify(Site::kAcksTwice))
    turn.outbox.push_back(to_coordinator(vnode.self.node, waiter, KeyAck(ack)));
  turn.outbox.push_back(to_coordinator(vnode.self.node, waiter, std::move(ack)));
}

}  // namespace vordb::vnode
