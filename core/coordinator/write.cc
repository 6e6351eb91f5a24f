// Mutations. One owner executes, once; state travels from there, and W owners of each set must hold
// it durably before the client is told (CLUSTER.md rule 13).
//
// A mutation that an owner refuses was not applied there and never will be: another owner is asked.
// One that was handed over and not answered may have been applied, and is nobody else's any more:
// only one with a request token is sent again, to the same owner, which knows the token.
#include <algorithm>
#include <utility>

#include "core/coordinator/coordinator.h"

namespace vordb::coordinator {

namespace {

bool another_may_do_it(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kNotReady ||
         code == ErrorCode::kCorrupt || code == ErrorCode::kDiskFull;
}

ClientError rejected(ErrorCode code, std::string message, std::string hint) {
  return ClientError{code, Outcome::kRejected, std::move(message), std::move(hint)};
}

// The entries that the client was told about by an answer which changed nothing.
std::vector<std::string> observed(const Pending& pending) {
  const Work& work = *pending.work;
  const KeyMutation& mutation = *work.mutation;
  if (pending.type == BucketType::kLww) return {std::string(crdt::kRegisterSubkey)};
  if (mutation.operation == Operation::kDelete) return work.shown;
  std::vector<std::string> names;
  for (const std::string& element : mutation.elements) {
    names.push_back(crdt::element_subkey(element));
  }
  if (mutation.now_ms != 0) names.push_back(crdt::meta_subkey());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

// A request token is answered by the first owner only; 0: it is not to be reached.
NodeNumber Coordinator::choose_mutator(const Pending& pending, Turn& turn) const {
  const Work& work = *pending.work;
  if (work.mutation->request_token.empty()) {
    return first_choice(work.sets, work.sets.owners, work.tried, troubled(pending.placement, turn),
                        turn);
  }
  for (const NodeNumber node : work.sets.nodes) {
    if ((work.sets.bit(node) & work.sets.owners & work.sets.members) == 0) continue;
    const bool suspected =
        node != turn.node && std::binary_search(turn.suspected.begin(), turn.suspected.end(), node);
    return suspected ? 0 : node;
  }
  return 0;
}

void Coordinator::begin_mutation(OpId op, Turn& turn) {
  Pending& pending = *pending_.find(op);
  Work& work = *pending.work;
  work.mutator = choose_mutator(pending, turn);
  if (work.mutator == 0) return wait_for_owner(op, turn);
  if (work.reads_first) {
    gather(op, turn);
  } else {
    send_mutation(op, turn);
  }
}

// Every owner has refused: they are asked again a little later, a few times.
void Coordinator::wait_for_owner(OpId op, Turn& turn) {
  Work& work = *pending_.find(op)->work;
  if (!work.mutation->request_token.empty() && !work.error) {
    return fail(op,
                rejected(ErrorCode::kUnavailable,
                         "the one owner that answers this request token is not reachable",
                         "retry later with the same token"),
                turn);
  }
  const bool may_pass = !work.error || work.error->code == ErrorCode::kUnavailable ||
                        work.error->code == ErrorCode::kNotReady;
  if (work.error && (!may_pass || work.round >= turn.env.knobs.rounds_max))
    return fail(op, *work.error, turn);
  work.stage = Stage::kWaiting;
  work.tried = 0;
  work.next_us = turn.env.clock.monotonic_us() + retry_delay_us(work.round, turn);
}

void Coordinator::send_mutation(OpId op, Turn& turn) {
  if (turn.paused) {
    return fail(op,
                rejected(ErrorCode::kNotReady, "the node is joining another cluster",
                         "retry at another node"),
                turn);
  }
  Pending& pending = *pending_.find(op);
  Work& work = *pending.work;
  if (!turn.configuration.bucket(work.mutation->bucket)) {
    return fail(op, rejected(ErrorCode::kBucketNotFound, "the bucket was deleted", ""), turn);
  }
  work.stage = Stage::kMutating;
  work.void_acks = false;
  work.holders = 0;
  pending.pv = work.mutation->pv = work.sets.pv;
  work.mutation->op = op;
  const bool tokened = !work.mutation->request_token.empty();
  work.next_us = tokened ? turn.env.clock.monotonic_us() + retry_delay_us(0, turn) : UINT64_MAX;
  if (work.mutator != turn.node && turn.env.buggify(Site::kMutatesTwice))
    turn.outbox.push_back(to_owner(work.mutator, *work.mutation, turn));
  turn.outbox.push_back(to_owner(work.mutator, *work.mutation, turn));
}

void Coordinator::step(KeyMutationReply reply, Turn& turn) {
  Pending* pending = pending_.find(reply.op);
  if (!pending) return;  // answered as unknown already
  if (!pending->work) {
    // Only this node's vnode was asked.
    if (reply.node == 0 || reply.node == turn.node) take_own(std::move(reply), turn);
    return;
  }
  Work& work = *pending->work;
  const NodeNumber node = reply.node == 0 ? turn.node : reply.node;
  if (work.stage != Stage::kMutating || node != work.mutator) return;
  OpId op = reply.op;
  if (reply.error) return mutation_refused(op, *std::move(reply.error), turn);
  hlc_.observe(Hlc::from_ms(reply.timestamp_ms), turn.env.clock.now());
  work.reply.timestamp_ms = reply.timestamp_ms;
  work.reply.context = std::move(reply.context);
  work.dot = reply.dot;
  if (!reply.moved && !work.void_acks) work.holders |= work.sets.bit(node);
  if (work.dot.counter == 0) return settle_unchanged(op, turn);
  work.stage = Stage::kCollecting;
  work.round = 0;
  if (std::exchange(work.void_acks, false)) return push_dot(renew(op), turn);
  work.next_us = turn.env.clock.monotonic_us() + retry_delay_us(0, turn);
  collect(op, turn);
}

void Coordinator::mutation_refused(OpId op, ClientError error, Turn& turn) {
  Work& work = *pending_.find(op)->work;
  if (error.outcome != Outcome::kRejected || !another_may_do_it(error.code)) {
    return fail(op, std::move(error), turn);
  }
  work.error = std::move(error);
  work.stage = Stage::kWaiting;
  if (!work.mutation->request_token.empty()) return wait_for_owner(op, turn);
  work.tried |= work.sets.bit(work.mutator);
  begin_mutation(renew(op), turn);
}

// W=1, and this node's own vnode was asked.
void Coordinator::take_own(KeyMutationReply reply, Turn& turn) {
  const OpId op = reply.op;
  Pending& pending = *pending_.find(op);
  if (reply.error) {
    if (reply.error->code == ErrorCode::kNotReady || reply.error->code == ErrorCode::kCorrupt) {
      troubled_until_us_[pending.placement] =
          turn.env.clock.monotonic_us() + turn.env.knobs.troubled_us;
    }
    return fail(op, *std::move(reply.error), turn);
  }
  hlc_.observe(Hlc::from_ms(reply.timestamp_ms), turn.env.clock.now());
  ClientReply out;
  out.timestamp_ms = reply.timestamp_ms;
  out.context = std::move(reply.context);
  const bool current = pending.placement.partition < turn.configuration.partitions.size() &&
                       turn.configuration.partition(pending.placement).pv == pending.pv;
  if ((current && !reply.moved) || reply.dot.counter == 0) {
    return finish(op, std::move(out), turn);
  }
  // Durable under a version of the placement that is no more: it must be held under the new one.
  Work work;
  work.stage = Stage::kCollecting;
  work.sets = OwnerSets::of(turn.configuration, pending.placement);
  work.mutator = turn.node;
  work.dot = reply.dot;
  work.reply = std::move(out);
  pending.work = Box<Work>(std::move(work));
  push_dot(renew(op), turn);
}

void Coordinator::collect(OpId op, Turn& turn) {
  Work& work = *pending_.find(op)->work;
  if (!work.sets.reached(work.holders, work.w)) return;
  finish(op, std::move(work.reply), turn);
}

// Nothing had to change, and no dot tells W owners so. Where W is more than 1 the answer still
// speaks of what the owner observed, such as that an element is not there: W owners must hold that.
// It is pushed to them like a read's write-back. (A set or counter of a bucket with W+R <= N that
// shows nothing at all has no entry to push: then the answer says no more than that this owner had
// nothing to delete.) Nothing was applied, so a failure to reach them is a rejection.
void Coordinator::settle_unchanged(OpId op, Turn& turn) {
  Pending* pending = pending_.find(op);
  Work* work = &*pending->work;
  work->names = observed(*pending);
  if (work->w <= 1 || work->names.empty()) return finish(op, std::move(work->reply), turn);
  const OwnerMask mutator = work->sets.bit(work->mutator) & work->sets.members;
  if (mutator == 0) {
    return fail(
        op, rejected(ErrorCode::kUnavailable, "the owners of the key are changing", "retry"), turn);
  }
  const OwnerMask held = work->holders & mutator;
  op = renew(op);
  work = &*pending_.find(op)->work;
  work->stage = Stage::kSettling;
  work->void_acks = false;
  work->answered = 0;  // nothing to gather again
  work->taken.clear();
  work->holders = held;
  work->senders = mutator;
  work->round = 0;
  push_names(op, turn);
}

}  // namespace vordb::coordinator
