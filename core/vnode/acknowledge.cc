// What a mutation leaves behind beside its entries: its dot, its record for the other owners, and
// the answer to its client, which goes out once all of that is durable.
#include <algorithm>
#include <utility>

#include "core/codec.h"
#include "core/vnode/causal_context.h"
#include "core/vnode/vnode.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

using crdt::Dot;

Dot Vnode::mint(KeyTask& task, Hlc hlc, Context& context) {
  Group& group = open(context);
  const Dot dot{self_, clock_.highest_of(self_) + 1};
  if (auto* mutate = std::get_if<MutateTask>(&task.what)) mutate->dots.push_back(dot);
  clock_.add(dot);
  group.dots.push_back(dot);
  group.lowest_hlc = std::min(group.lowest_hlc, hlc);
  return dot;
}

// The dot log serves other owners; a sole owner needs none (rule 15).
void Vnode::log_dot(const KeyTask& task, const Dot& dot, std::vector<std::string> touched,
                    bool purge, Context& context) {
  if (sole_owner()) return;
  Group& group = open(context);
  Delta delta{dot, task.bucket, task.key, std::move(touched), std::nullopt, std::nullopt};
  delta.purge = purge;
  const bool mutates = std::holds_alternative<MutateTask>(task.what);
  delta.closed = mutates && !purge && (task.load.found || logs_undurably(task, &LoggedKey::purge));
  // The client's mutation, if this is one, was acknowledged just before.
  if (!group.waiters.empty() && group.waiters.back().dot == dot) {
    delta.waiter = group.waiters.back();
  }
  if (!group.answers.empty() && group.answers.back().second.dot == dot) {
    delta.answer = group.answers.back();
  }
  write_log(task, {dot, delta.subkeys, delta.answer, purge}, context);
  group.deltas.push_back(std::move(delta));
}

// What the client has seen once it is answered: what it gave, and its own mutation. It was shown
// nothing else of what is here.
std::string Vnode::context_after(const KeyTask& task, Hlc hlc) const {
  const MutateTask& mutate = std::get<MutateTask>(task.what);
  CausalContext seen;
  const CausalContext* given = mutate.mutation.context.get();
  if (given && given->placement == id_) seen = *given;
  seen.placement = id_;
  seen.hlc = std::max(seen.hlc, hlc);
  for (const Dot& dot : mutate.dots) seen.past.add(dot);
  if (task.load.answer && task.load.answer->dot.counter != 0) seen.past.add(task.load.answer->dot);
  return encode_context(seen);
}

void Vnode::acknowledge(KeyTask& task, const Dot& dot, Hlc hlc, Context& context) {
  const KeyMutation& m = std::get<MutateTask>(task.what).mutation;
  Group& group = open(context);
  group.waiters.push_back(
      Waiter{m.op, m.from, m.shard, m.pv, hlc.ms(), dot, m.wants_acks, context_after(task, hlc)});
  if (m.request_token.empty()) return;
  remember_answer({m.request_token, Answer{dot, hlc, fingerprint_of(m)}}, context);
}

void Vnode::remember_answer(const TokenAnswer& answer, Context& context) {
  pb::AnsweredRequest record;
  to_pb(answer.second, &record);
  const std::string key = record_key(Table::kAnswers, answer.first);
  open(context).batch.put(family(context), key, seal_record(key, record));
  overlay_.remember(answer);
}

// Nothing had to change. What made that so may not be durable yet, nor the time that is answered:
// the answer waits for the turn's batch, which holds both. A request token is remembered all the
// same: a retry must not find, and change, what came later.
void Vnode::acknowledge_unchanged(KeyTask& task, Hlc hlc, Context& context) {
  const KeyMutation& m = std::get<MutateTask>(task.what).mutation;
  if (!m.request_token.empty() && !task.load.answer) {
    acknowledge(task, Dot{}, hlc, context);
    return;
  }
  Group& group = open(context);
  group.state_changed = true;
  // Of a token answered before: what was done then, which others may not hold yet.
  const Dot done = task.load.answer ? task.load.answer->dot : Dot{};
  group.waiters.push_back(
      Waiter{m.op, m.from, m.shard, m.pv, hlc.ms(), done, m.wants_acks, context_after(task, hlc)});
}

}  // namespace vordb::vnode
