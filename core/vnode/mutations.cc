// A client's change of one key, from its admission to the moment when all that it must know is
// there.
#include "core/vnode/mutations.h"

#include <utility>

#include "core/crdt/register.h"
#include "core/crdt/set.h"
#include "core/vnode/acknowledgements.h"
#include "core/vnode/causal_token.h"
#include "core/vnode/effects.h"
#include "core/vnode/key_tasks.h"
#include "core/vnode/refusals.h"

namespace vordb::vnode {

using crdt::Entry;

namespace {

// Requests of other nodes that are remembered, to know a copy: more than a network holds back.
constexpr size_t kRemembered = 1024;

bool adds(Operation operation) {
  return operation != Operation::kDelete && operation != Operation::kSetRemove;
}

bool is_collection(const Bucket& bucket) { return bucket.config.type != BucketType::kLww; }

}  // namespace

std::optional<ClientError> Mutations::refusal(const KeyMutation& mutation) const {
  if (vnode.roles.epoch == 0 || !vnode.roles.owner || vnode.dropped) return not_owner();
  if (vnode.corrupt) return damaged();
  if (!vnode.standing.fenced) return unmet();
  if (turn.clock_ahead) return clock_ahead();
  const FreeSpace space = turn.env.disk.free_space();
  if (space == FreeSpace::kLow && adds(mutation.operation)) {
    return rejected(ErrorCode::kDiskFull, "the disk has less free space than min_free_mb",
                    "free some space; reads, removals and deletions go on");
  }
  if (space == FreeSpace::kLittle) {
    return rejected(ErrorCode::kDiskFull, "the disk has less free space than half of min_free_mb",
                    "free some space; reads go on, and buckets can be deleted");
  }
  const CausalToken* seen = mutation.seen.get();
  if (seen && seen->placement == vnode.id && !vnode.token()->seen.past.covers(seen->past)) {
    return behind();
  }
  return std::nullopt;
}

void Mutations::begin(KeyMutation mutation) {
  if (mutation.from != 0 && !first_copy(mutation)) return;
  if (std::optional<ClientError> error = refusal(mutation)) {
    return Acknowledgements(*this).refuse(mutation, *std::move(error));
  }
  if (const CausalToken* seen = mutation.seen.get()) {
    take_token_time(*seen, turn.env.clock.now(), turn.options.max_clock_drift_ms,
                    vnode.time.clock());
  }
  vnode.time.observe(Hlc::from_ms(mutation.now_ms), turn.env.clock.now());
  KeyTask task;
  task.bucket = mutation.bucket;
  task.hash = mutation.key_hash;
  task.key = mutation.key;
  MutateTask mutate;
  mutate.mutation = std::move(mutation);
  task.what = std::move(mutate);
  KeyTasks(*this).start(std::move(task));
}

// A network may double a request, and what a mutation does twice is wrong, even when its first copy
// was refused.
bool Mutations::first_copy(const KeyMutation& mutation) {
  const State::Request request{mutation.from, mutation.shard, mutation.op};
  if (!vnode.taken.insert(request).second) return false;
  vnode.taken_in_order.push_back(request);
  if (vnode.taken_in_order.size() > kRemembered) {
    vnode.taken.erase(vnode.taken_in_order.front());
    vnode.taken_in_order.pop_front();
  }
  return true;
}

void Mutations::plan(KeyTask& task) {
  const MutateTask& mutate = std::get<MutateTask>(task.what);
  const KeyMutation& m = mutate.mutation;
  const Bucket* bucket = turn.configuration.bucket(task.bucket);
  if (!bucket) return;
  Load& load = task.load;
  if (!m.request_token.empty()) load.token = m.request_token;
  const bool deadline = bucket->has_deadlines();
  if (deadline) load.points.push_back(crdt::meta_subkey());
  if (deadline && vnode.log.holds_purges() && !vnode.sole_owner()) {
    load.probes.push_back(vnode.log.purges(task.bucket, task.key));
  }
  if (mutate.purging || (m.operation == Operation::kDelete && is_collection(*bucket))) {
    load.whole_range = true;
    load.range_after = mutate.purge_after;
    load.limit = uint32_t(turn.env.knobs.step_entries_max);
    return;
  }
  switch (m.operation) {
    case Operation::kSetAdd:
      if (vnode.clean() && !deadline) return;
      [[fallthrough]];
    case Operation::kSetRemove:
      for (const std::string& element : m.elements)
        load.points.push_back(crdt::element_subkey(element));
      return;
    case Operation::kCounterIncrement:
    case Operation::kCounterDecrement:
      load.whole_range = true;
      return;
    default:
      // A put over a register that is not read leaves a row of the old deadline or tombstone to the
      // sweep.
      if (vnode.clean() && bucket->config.ttl_seconds == 0 && !m.seen) return;
      load.points.push_back(std::string(crdt::kRegisterSubkey));
  }
}

bool Mutations::finish(KeyTask& task) {
  MutateTask& mutate = std::get<MutateTask>(task.what);
  const KeyMutation& m = mutate.mutation;
  const Bucket* bucket = turn.configuration.bucket(task.bucket);
  const auto refuse = [&](ClientError error) {
    // A deletion that has begun is not undone.
    if (m.operation == Operation::kDelete && !mutate.dots.empty())
      error.outcome = Outcome::kUnknown;
    Acknowledgements(*this).refuse(m, std::move(error));
    return true;
  };
  if (!bucket) {
    // Created by an entry that has not come here yet, or dropped.
    const bool ahead = task.bucket > turn.configuration.epoch;
    return refuse(
        ahead ? rejected(ErrorCode::kUnavailable, "this node does not know the bucket yet", "retry")
              : bucket_gone());
  }
  if (vnode.corrupt) return refuse(damaged());
  if (!task.load.status.ok()) return refuse(unreadable());
  if (task.load.answer) return answered_before(task);
  const Hlc hlc = vnode.time.tick(turn.env.clock.now());
  const Entry* meta = task.load.state.find(crdt::meta_subkey());
  const bool expired = meta && !mutate.purged && crdt::meta_expired(*meta, hlc.ms());
  if (expired && m.operation == Operation::kSetRemove) {
    Acknowledgements(*this).acknowledge_unchanged(task, hlc);
    return true;
  }
  if (mutate.purging || (expired && m.operation != Operation::kDelete)) {
    return purge_step(task, hlc);
  }
  return Effects(*this).apply(task, *bucket, hlc);
}

// The token has been answered: the same request gets the same answer once it is durable, another
// one is refused.
bool Mutations::answered_before(KeyTask& task) {
  const KeyMutation& m = std::get<MutateTask>(task.what).mutation;
  const Answer& answer = *task.load.answer;
  if (answer.fingerprint != fingerprint_of(m)) {
    Acknowledgements(*this).refuse(
        m, rejected(ErrorCode::kTokenReused, "the request token stands for another request",
                    "use a fresh token for each request"));
    return true;
  }
  Acknowledgements(*this).acknowledge_unchanged(task, answer.hlc);
  return true;
}

// One step of clearing an expired key before it is written again. The deadline stays until the
// write renews it: were it removed, an element that this vnode has not seen yet would come to stand
// without one. False: go on reading.
bool Mutations::purge_step(KeyTask& task, Hlc hlc) {
  MutateTask& mutate = std::get<MutateTask>(task.what);
  const KeyMutation& m = mutate.mutation;
  if (!mutate.purging) {
    mutate.purging = true;
    return false;
  }
  Effects(*this).clear_entries(task, hlc, nullptr, false);
  if (!task.load.more) {
    mutate.purging = false;
    mutate.purged = true;
    mutate.purge_after.reset();
    ++vnode.purged;
    return false;
  }
  mutate.purge_after = task.load.last;
  if (++mutate.purge_steps < turn.env.knobs.purge_steps_max) return false;
  Acknowledgements(*this).refuse(
      m, rejected(ErrorCode::kPurging, "the expired key is still being cleared", "retry"));
  return true;
}

}  // namespace vordb::vnode
