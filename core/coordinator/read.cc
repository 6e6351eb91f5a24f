// Reads. One owner's word is enough where W+R <= N and R is 1: they are asked one after the other.
// Else all owners are asked at once, and the first R of each owner set are merged.
//
// Where W+R > N the answer waits until W owners hold every merged entry (CLUSTER.md rule 15): at
// once if so many of those that answered do, else after a write-back (spread.cc). At least W owners
// are heard for that, also where R is lower: asking W beforehand costs one round, writing back to W
// costs two.
//
// The same reading precedes a mutation that acts on state (rule 16): what it found is brought to
// the owner that will mutate.
#include <algorithm>

#include "core/coordinator/coordinator.h"
#include "core/crdt/register.h"
#include "core/crdt/set.h"
#include "core/prefetch.h"
#include "core/vnode/causal_token.h"
#include "core/vnode/key_state.h"

namespace vordb::coordinator {

namespace {

const KeyState& or_absent(const std::shared_ptr<const KeyState>& state) {
  static const KeyState kAbsent;
  return state ? *state : kAbsent;
}

std::string_view last_subkey(const KeyState& state) {
  return state.entries.empty() ? std::string_view() : state.entries.back().subkey;
}

// One of `who`, this node if it is among them.
OwnerMask one_of(OwnerMask who, const OwnerSets& sets, const Turn& turn) {
  const OwnerMask self = sets.bit(turn.node) & who;
  return self != 0 ? self : who & (~who + 1);
}

}  // namespace

void Coordinator::ask(OpId op, Turn& turn) {
  Pending& pending = *pending_.find(op);
  Work& work = *pending.work;
  const uint64_t now_us = turn.env.clock.monotonic_us();
  const NodeNumber to = first_choice(work.sets, work.sets.owners, work.tried,
                                     troubled(pending.placement, turn), turn);
  if (to == 0) {
    if (work.error && work.round >= turn.env.knobs.rounds_max) return fail(op, *work.error, turn);
    work.tried = 0;
    work.next_us = now_us + retry_delay_us(work.round, turn);
    return;
  }
  work.tried |= work.sets.bit(to);
  work.next_us = now_us + turn.env.knobs.read_patience_us;
  send_reads(op, work.sets.bit(to), turn);
}

void Coordinator::gather(OpId op, Turn& turn) {
  Work& work = *pending_.find(op)->work;
  work.stage = Stage::kGathering;
  work.answered = work.senders = work.holders = 0;
  work.answers.clear();
  work.names.clear();
  work.taken.clear();
  work.shown.clear();
  work.known = CausalToken{pending_.find(op)->placement, {}, {}};
  work.next_us = turn.env.clock.monotonic_us() + retry_delay_us(work.round, turn);
  send_reads(op, ~OwnerMask{0}, turn);
}

void Coordinator::send_reads(OpId op, OwnerMask to, Turn& turn) {
  Work& work = *pending_.find(op)->work;
  work.read.op = op;
  work.read.pv = work.sets.pv;
  for (const NodeNumber node : work.sets.nodes) {
    if ((work.sets.bit(node) & work.sets.members & to) == 0) continue;
    if (turn.env.buggify(Site::kReadsTwice)) turn.outbox.push_back(to_owner(node, work.read, turn));
    turn.outbox.push_back(to_owner(node, work.read, turn));
  }
}

void Coordinator::step(KeyReadReply reply, Turn& turn) {
  if (reply.state && !reply.state->entries.empty()) {
    const crdt::Entry& first = *reply.state->entries[0].entry;
    if (!first.live.empty()) prefetch(first.live[0].payload.value.data());
  }
  Pending* pending = pending_.find(reply.op);
  if (!pending) return;
  // Where only this node's vnode was asked, or for keys and no key at all, no other node answers.
  if (!pending->work && reply.node != 0 && reply.node != turn.node) return;
  if (!reply.error && pending->now_ms != 0) {
    hlc_.observe(Hlc::from_ms(reply.now_ms), turn.env.clock.now());
    pending->now_ms = std::max(pending->now_ms, reply.now_ms);
  }
  const OpId op = reply.op;
  if (!pending->work || pending->work->stage == Stage::kAsking) {
    take_one(op, std::move(reply), turn);
  } else if (pending->work->stage == Stage::kGathering) {
    take_answer(op, std::move(reply), turn);
  }
}

// The word of one owner is enough.
void Coordinator::take_one(OpId op, KeyReadReply reply, Turn& turn) {
  Pending& pending = *pending_.find(op);
  if (reply.moved && !reply.error) {
    reply.error = ClientError{ErrorCode::kUnavailable, Outcome::kRejected,
                              "the owners of the key are changing", "retry"};
  }
  if (reply.error && pending.work && reply.error->code != ErrorCode::kTooLarge) {
    pending.work->error = *std::move(reply.error);
    return ask(op, turn);
  }
  if (reply.error) return fail(op, *std::move(reply.error), turn);
  const KeyState& state = or_absent(reply.state);
  ClientReply out = to_reply(pending, state, reply.more, last_subkey(state));
  out.context = std::move(reply.context);
  finish(op, std::move(out), turn);
}

// One of the answers that are merged. Those under another version of the placement say nothing, and
// are asked for again.
void Coordinator::take_answer(OpId op, KeyReadReply reply, Turn& turn) {
  if (turn.env.buggify(Site::kIgnoresAnswer)) return;
  Pending& pending = *pending_.find(op);
  Work& work = *pending.work;
  const NodeNumber node = reply.node == 0 ? turn.node : reply.node;
  const OwnerMask bit = work.sets.bit(node) & work.sets.members;
  if (bit == 0 || reply.moved || (work.answered & bit) != 0) return;
  if (reply.error) {
    if (reply.error->code == ErrorCode::kTooLarge) return fail(op, *reply.error, turn);
    work.error = *std::move(reply.error);
    return;
  }
  work.answered |= bit;
  work.answers.push_back(
      OwnerAnswer{bit, std::move(reply.state), std::move(reply.base), reply.more});
  if (absl::StatusOr<CausalToken> seen = decode_token(reply.context); seen.ok()) {
    work.known.past.join(seen->past);
    work.known.hlc = std::max(work.known.hlc, seen->hlc);
  }
  if (!work.sets.reached(work.answered, work.needed)) return;
  const CausalToken* seen = work.seen.get();
  if (seen && seen->placement == pending.placement && !work.known.past.covers(seen->past)) {
    work.error = ClientError{ErrorCode::kUnavailable, Outcome::kRejected,
                             "the replicas have not seen all that the context names", "retry"};
    return;
  }
  gathered(op, turn);
}

void Coordinator::gathered(OpId op, Turn& turn) {
  const Pending& pending = *pending_.find(op);
  const Work& work = *pending.work;
  std::vector<std::string> asked = work.read.subkeys;
  if (pending.type == BucketType::kLww) asked = {std::string(crdt::kRegisterSubkey)};
  const bool exact = work.strict && pending.operation == Operation::kSetContains;
  MergedAnswers merged = merge_answers(work.answers, asked, exact);
  if (work.mutation) {
    prepare_mutation(op, std::move(merged), turn);
  } else {
    answer_read(op, std::move(merged), turn);
  }
}

void Coordinator::answer_read(OpId op, MergedAnswers merged, Turn& turn) {
  Pending& pending = *pending_.find(op);
  Work& work = *pending.work;
  // One owner's clock is ahead. A quorum must know the time by which the key has expired, or a
  // later read through other owners would show it again.
  if (work.strict && expires_between(*merged.state, work.read.now_ms, pending.now_ms)) {
    work.read.now_ms = pending.now_ms;
    return gather(renew(op), turn);
  }
  work.reply = to_reply(pending, *merged.state, merged.more, merged.last);
  work.reply.context = encode_token(work.known);
  OwnerMask holders = work.answered;
  for (MergedAnswers::Name& name : merged.names) {
    if (!work.strict || work.sets.reached(name.holders, work.w)) continue;
    holders &= name.holders;
    work.names.push_back(name.subkey);
  }
  if (work.names.empty()) {
    repair(pending, merged, turn);
    return finish(op, std::move(work.reply), turn);
  }
  work.stage = Stage::kSettling;
  work.holders = holders;
  work.senders = holders != 0 ? one_of(holders, work.sets, turn) : work.answered;
  push_names(op, turn);
}

// Owners whose answers lacked something are sent it, and nobody waits for that.
void Coordinator::repair(const Pending& pending, const MergedAnswers& merged, Turn& turn) {
  if (turn.env.buggify(Site::kRepairsNothing)) return;
  const Work& work = *pending.work;
  OwnerMask holders = work.answered;
  KeyPush push;
  for (const MergedAnswers::Name& name : merged.names) {
    if (name.holders == work.answered) continue;
    holders &= name.holders;
    push.subkeys.push_back(name.subkey);
  }
  if (push.subkeys.empty()) return;
  ++repairs_;
  const OwnerMask senders = holders != 0 ? one_of(holders, work.sets, turn) : work.answered;
  push.shard = shard_;
  push.pv = work.sets.pv;
  push.placement = pending.placement;
  push.bucket = work.read.bucket;
  push.key = work.read.key;
  for (const NodeNumber sender : work.sets.nodes) {
    if ((work.sets.bit(sender) & senders) == 0) continue;
    push.targets.clear();
    for (const NodeNumber node : work.sets.nodes) {
      const OwnerMask bit = work.sets.bit(node) & work.answered & ~holders;
      if (bit != 0 && node != sender) push.targets.push_back(node);
    }
    if (!push.targets.empty()) turn.outbox.push_back(to_owner(sender, push, turn));
  }
}

// What the quorum knows is brought to the owner that will mutate, unless it holds that already.
void Coordinator::prepare_mutation(OpId op, MergedAnswers merged, Turn& turn) {
  Pending& pending = *pending_.find(op);
  Work& work = *pending.work;
  const crdt::Entry* meta = merged.state->find(crdt::meta_subkey());
  if (meta && !work.read.subkeys.empty()) {
    const uint64_t now_ms = hlc_.at(turn.env.clock.now()).ms();
    if (crdt::meta_expired(*meta, now_ms)) {
      // The mutation clears the key first: it must know all that is to be cleared.
      work.read.subkeys.clear();
      return gather(renew(op), turn);
    }
  }
  work.mutator = choose_mutator(pending, turn);
  const OwnerMask mutator = work.sets.bit(work.mutator);
  if (mutator == 0) return wait_for_owner(op, turn);
  work.holders = work.answered;
  for (const MergedAnswers::Name& name : merged.names) {
    if (pending.operation == Operation::kDelete) work.shown.push_back(name.subkey);
    if ((name.holders & mutator) != 0) continue;
    work.holders &= name.holders;
    work.names.push_back(name.subkey);
  }
  if (work.names.empty()) return send_mutation(op, turn);
  work.stage = Stage::kTeaching;
  work.senders = work.holders != 0 ? one_of(work.holders, work.sets, turn) : work.answered;
  push_names(op, turn);
}

}  // namespace vordb::coordinator
