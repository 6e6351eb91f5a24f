// A client's change of one key: what it reads first, the delta it builds, the dot it takes. A
// mutation changes state only by merging its delta, so no write can move a vnode down the lattice.
#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "core/codec.h"
#include "core/crdt/counter.h"
#include "core/crdt/merge.h"
#include "core/crdt/register.h"
#include "core/crdt/set.h"
#include "core/vnode/absent.h"
#include "core/vnode/causal_context.h"
#include "core/vnode/vnode.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

using crdt::Dot;
using crdt::Entry;

namespace {

// An expired key larger than this many steps of kDotEntriesMax entries is left to the sweep.
constexpr uint32_t kPurgeStepsMax = 64;

// Requests of other nodes that are remembered, to know a copy: more than a network holds back.
constexpr size_t kRemembered = 1024;

bool adds(Operation operation) {
  return operation != Operation::kDelete && operation != Operation::kSetRemove;
}

bool is_collection(const Bucket& bucket) { return bucket.config.type != BucketType::kLww; }

}  // namespace

void Vnode::step(KeyMutation mutation, Context& context) {
  if (mutation.from != 0 && !first_copy(mutation)) return;
  if (roles_.epoch == 0 || !roles_.owner || dropped_) {
    ClientError error = not_owner();
    return refuse(mutation, error.code, std::move(error.message), std::move(error.hint), context);
  }
  if (corrupt_) {
    return refuse(mutation, ErrorCode::kCorrupt, "this partition's data is damaged here",
                  "restore the node from its peers or a backup", context);
  }
  if (!standing_.fenced) {
    return refuse(mutation, ErrorCode::kNotReady, "this partition has not met another owner yet",
                  "retry at another node", context);
  }
  const FreeSpace space = context.env.disk.free_space();
  if (space == FreeSpace::kLow && adds(mutation.operation)) {
    return refuse(mutation, ErrorCode::kDiskFull, "the disk has less free space than min_free_mb",
                  "free some space; reads, removals and deletions go on", context);
  }
  if (space == FreeSpace::kLittle) {
    return refuse(mutation, ErrorCode::kDiskFull,
                  "the disk has less free space than half of min_free_mb",
                  "free some space; reads go on, and buckets can be deleted", context);
  }
  if (const CausalContext* seen = mutation.context.get()) {
    if (seen->placement == id_ && !token()->context.past.covers(seen->past)) {
      return refuse(mutation, ErrorCode::kUnavailable,
                    "this replica has not seen all that the context names", "retry", context);
    }
    take_token_time(*seen, context.env.clock.now(), context.options.max_clock_drift_ms,
                    time_.clock());
  }
  time_.observe(Hlc::from_ms(mutation.now_ms), context.env.clock.now());
  KeyTask task;
  task.bucket = mutation.bucket;
  task.hash = mutation.key_hash;
  task.key = mutation.key;
  MutateTask mutate;
  mutate.mutation = std::move(mutation);
  task.what = std::move(mutate);
  start(std::move(task), context);
}

// A network may double a request, and what a mutation does twice is wrong, even when its first copy
// was refused.
bool Vnode::first_copy(const KeyMutation& mutation) {
  const Request request{mutation.from, mutation.shard, mutation.op};
  if (!taken_.insert(request).second) return false;
  taken_in_order_.push_back(request);
  if (taken_in_order_.size() > kRemembered) {
    taken_.erase(taken_in_order_.front());
    taken_in_order_.pop_front();
  }
  return true;
}

void Vnode::plan_mutation(KeyTask& task, Context& context) {
  const MutateTask& mutate = std::get<MutateTask>(task.what);
  const KeyMutation& m = mutate.mutation;
  const Bucket* bucket = context.configuration.bucket(task.bucket);
  if (!bucket) return;
  Load& load = task.load;
  if (!m.request_token.empty()) load.token = m.request_token;
  const bool deadline = bucket->has_deadlines();
  if (deadline) load.points.push_back(crdt::meta_subkey());
  if (deadline && log_.holds_purges() && !sole_owner()) {
    load.probes.push_back(log_.purges(task.bucket, task.key));
  }
  if (mutate.purging || (m.operation == Operation::kDelete && is_collection(*bucket))) {
    load.whole_range = true;
    load.range_after = mutate.purge_after;
    load.limit = kDotEntriesMax;
    return;
  }
  switch (m.operation) {
    case Operation::kSetAdd:
      if (clean() && !deadline) return;
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
      if (clean() && bucket->config.ttl_seconds == 0 && !m.context) return;
      load.points.push_back(std::string(crdt::kRegisterSubkey));
  }
}

bool Vnode::finish_mutation(KeyTask& task, Context& context) {
  MutateTask& mutate = std::get<MutateTask>(task.what);
  const KeyMutation& m = mutate.mutation;
  const Bucket* bucket = context.configuration.bucket(task.bucket);
  // A deletion that has begun is not undone.
  const bool begun = m.operation == Operation::kDelete && !mutate.dots.empty();
  const Outcome outcome = begun ? Outcome::kUnknown : Outcome::kRejected;
  if (!bucket) {
    // Created by an entry that has not come here yet, or dropped.
    const bool ahead = task.bucket > context.configuration.epoch;
    refuse(m, ahead ? ErrorCode::kUnavailable : ErrorCode::kBucketNotFound,
           ahead ? "this node does not know the bucket yet" : "the bucket was deleted",
           ahead ? "retry" : "", context, outcome);
    return true;
  }
  if (corrupt_) {
    refuse(m, ErrorCode::kCorrupt, "this partition's data is damaged here",
           "restore the node from its peers or a backup", context, outcome);
    return true;
  }
  if (!task.load.status.ok()) {
    refuse(m, ErrorCode::kUnavailable, "the disk could not be read", "retry", context, outcome);
    return true;
  }
  if (task.load.answer) return answered_before(task, context);
  const Hlc hlc = time_.tick(context.env.clock.now());
  const Entry* meta = task.load.state.find(crdt::meta_subkey());
  const bool expired = meta && !mutate.purged && crdt::meta_expired(*meta, hlc.ms());
  if (expired && m.operation == Operation::kSetRemove) {
    acknowledge_unchanged(task, hlc, context);
    return true;
  }
  if (mutate.purging || (expired && m.operation != Operation::kDelete)) {
    return purge_step(task, hlc, context);
  }
  return apply_mutation(task, *bucket, hlc, context);
}

// The token has been answered: the same request gets the same answer once it is durable, another
// one is refused.
bool Vnode::answered_before(KeyTask& task, Context& context) {
  const KeyMutation& m = std::get<MutateTask>(task.what).mutation;
  const Answer& answer = *task.load.answer;
  if (answer.fingerprint != fingerprint_of(m)) {
    refuse(m, ErrorCode::kTokenReused, "the request token stands for another request",
           "use a fresh token for each request", context);
    return true;
  }
  acknowledge_unchanged(task, answer.hlc, context);
  return true;
}

// One step of clearing an expired key before it is written again. The deadline stays until the
// write renews it: were it removed, an element that this vnode has not seen yet would come to stand
// without one. False: go on reading.
bool Vnode::purge_step(KeyTask& task, Hlc hlc, Context& context) {
  MutateTask& mutate = std::get<MutateTask>(task.what);
  const KeyMutation& m = mutate.mutation;
  if (!mutate.purging) {
    mutate.purging = true;
    return false;
  }
  clear_entries(task, hlc, nullptr, false, context);
  if (!task.load.more) {
    mutate.purging = false;
    mutate.purged = true;
    mutate.purge_after.reset();
    ++purged_;
    return false;
  }
  mutate.purge_after = task.load.last;
  if (++mutate.purge_steps < kPurgeStepsMax) return false;
  refuse(m, ErrorCode::kPurging, "the expired key is still being cleared", "retry", context);
  return true;
}

bool Vnode::apply_mutation(KeyTask& task, const Bucket& bucket, Hlc hlc, Context& context) {
  const Operation operation = std::get<MutateTask>(task.what).mutation.operation;
  if (bucket.config.type == BucketType::kLww) return apply_register(task, bucket, hlc, context);
  if (operation == Operation::kDelete) return apply_delete(task, hlc, context);
  if (bucket.config.type == BucketType::kOrswot) return apply_set(task, bucket, hlc, context);
  return apply_counter(task, bucket, hlc, context);
}

bool Vnode::apply_register(KeyTask& task, const Bucket& bucket, Hlc hlc, Context& context) {
  KeyMutation& m = std::get<MutateTask>(task.what).mutation;
  const Entry* found = task.load.state.find(crdt::kRegisterSubkey);
  const Entry current = found ? *found : Entry{};
  const bool deletes = m.operation == Operation::kDelete;
  if (deletes && m.context) {
    // What the client has not seen it does not delete.
    for (const crdt::LiveDot& live : current.live) {
      if (!m.context->past.contains(live.dot)) {
        acknowledge_unchanged(task, hlc, context);
        return true;
      }
    }
  }
  const Dot dot = mint(task, hlc, context);
  const uint64_t expires = bucket.config.ttl_seconds == 0 ? 0 : hlc.ms() + bucket.ttl_ms();
  // The answer's fingerprint covers the value, which the delta then takes.
  acknowledge(task, dot, hlc, context);
  const Entry delta = deletes ? crdt::register_delete(current, dot, hlc)
                              : crdt::register_put(current, dot, hlc, std::move(m.value), expires);
  std::vector<std::string> touched;
  change(task, std::string(crdt::kRegisterSubkey), delta, touched, context);
  log_dot(task, dot, std::move(touched), false, context);
  return true;
}

bool Vnode::apply_set(KeyTask& task, const Bucket& bucket, Hlc hlc, Context& context) {
  const KeyMutation& m = std::get<MutateTask>(task.what).mutation;
  const bool adds = m.operation == Operation::kSetAdd;
  std::vector<std::string> subkeys;
  for (const std::string& element : m.elements) {
    std::string subkey = crdt::element_subkey(element);
    const Entry* current = task.load.state.find(subkey);
    if (adds || (current && crdt::element_present(*current))) subkeys.push_back(std::move(subkey));
  }
  std::sort(subkeys.begin(), subkeys.end());
  subkeys.erase(std::unique(subkeys.begin(), subkeys.end()), subkeys.end());
  if (subkeys.empty()) {
    acknowledge_unchanged(task, hlc, context);
    return true;
  }
  const Dot dot = mint(task, hlc, context);
  std::vector<std::string> touched;
  for (std::string& subkey : subkeys) {
    const Entry* found = task.load.state.find(subkey);
    const Entry current = found ? *found : Entry{};
    const Entry delta = adds        ? crdt::element_add(current, dot)
                        : m.context ? crdt::element_remove_seen(current, m.context->past)
                                    : crdt::element_remove(current);
    change(task, std::move(subkey), delta, touched, context);
  }
  renew_deadline(task, bucket, hlc, dot, touched, context);
  acknowledge(task, dot, hlc, context);
  log_dot(task, dot, std::move(touched), false, context);
  return true;
}

bool Vnode::apply_counter(KeyTask& task, const Bucket& bucket, Hlc hlc, Context& context) {
  const KeyMutation& m = std::get<MutateTask>(task.what).mutation;
  const bool up = m.operation == Operation::kCounterIncrement;
  const uint64_t p = up ? m.amount : 0;
  const uint64_t n = up ? 0 : m.amount;
  const std::string subkey = crdt::counter_subkey(self_);
  const Entry* found = task.load.state.find(subkey);
  const Entry current = found ? *found : Entry{};
  crdt::CounterSum sum;
  for (const KeyEntry& e : task.load.state.entries) {
    if (e.subkey != crdt::meta_subkey()) sum.add(*e.entry);
  }
  sum.add(p, n);
  const crdt::Payload totals = current.live.empty() ? crdt::Payload{} : current.live.back().payload;
  if (!sum.fits()) {
    refuse(m, ErrorCode::kOverflow, "the counter would leave the range of a 64-bit integer", "",
           context);
    return true;
  }
  if (p > crdt::kCounterTotalMax - totals.p || n > crdt::kCounterTotalMax - totals.n) {
    refuse(m, ErrorCode::kOverflow, "the counter has been moved more than 2^96 in all",
           "delete the counter, or count under another key", context);
    return true;
  }
  const Dot dot = mint(task, hlc, context);
  std::vector<std::string> touched;
  change(task, subkey, crdt::counter_raise(current, dot, p, n), touched, context);
  renew_deadline(task, bucket, hlc, dot, touched, context);
  acknowledge(task, dot, hlc, context);
  log_dot(task, dot, std::move(touched), false, context);
  return true;
}

// One step of deleting a set or a counter. False: go on reading.
bool Vnode::apply_delete(KeyTask& task, Hlc hlc, Context& context) {
  MutateTask& mutate = std::get<MutateTask>(task.what);
  const CausalContext* seen = mutate.mutation.context.get();
  const std::optional<Dot> dot = clear_entries(task, hlc, seen, !task.load.more, context);
  if (task.load.more) {
    mutate.purge_after = task.load.last;
    return false;
  }
  if (!dot) acknowledge_unchanged(task, hlc, context);
  return true;
}

// Removes what the loaded entries show (of it, what `seen` covers) under one dot, which ends the
// client's mutation if it `acknowledges`; nothing to remove takes no dot. The deadline stays, but
// goes along: nobody may come to hold a part of the key without it, or the removal of what has
// expired after the deadline's renewal (rule 12).
std::optional<Dot> Vnode::clear_entries(KeyTask& task, Hlc hlc, const CausalContext* seen,
                                        bool acknowledges, Context& context) {
  std::vector<std::pair<std::string, Entry>> deltas;
  for (const KeyEntry& e : task.load.state.entries) {
    crdt::EntryKind kind;
    if (!crdt::parse_kind(e.subkey, &kind)) continue;
    if (kind == crdt::EntryKind::kElement && crdt::element_present(*e.entry)) {
      Entry delta =
          seen ? crdt::element_remove_seen(*e.entry, seen->past) : crdt::element_remove(*e.entry);
      if (!delta.context.empty()) deltas.emplace_back(e.subkey, std::move(delta));
    } else if (kind == crdt::EntryKind::kCounter && crdt::counter_present(*e.entry)) {
      // Totals are cumulative: a client that has not seen the newest has seen no part that could be
      // told apart.
      const bool unseen = seen && !seen->past.contains(e.entry->live.back().dot);
      if (!unseen) deltas.emplace_back(e.subkey, crdt::counter_reset(*e.entry, hlc));
    }
  }
  if (deltas.empty()) return std::nullopt;
  const Dot dot = mint(task, hlc, context);
  if (acknowledges) acknowledge(task, dot, hlc, context);
  std::vector<std::string> touched;
  for (auto& [subkey, delta] : deltas) change(task, std::move(subkey), delta, touched, context);
  bool purge = false;
  const std::string deadline = crdt::meta_subkey();
  if (const Entry* meta = task.load.state.find(deadline); meta && !sole_owner()) {
    purge = crdt::meta_expired(*meta, hlc.ms());
    open(context).changes.push_back(
        Change{task.bucket, task.hash, task.key, deadline, std::make_shared<const Entry>(*meta)});
    touched.push_back(deadline);
  }
  log_dot(task, dot, std::move(touched), purge, context);
  return dot;
}

// The deadline of a key that holds nothing else goes by a dot of its own.
void Vnode::drop_deadline(KeyTask& task, Hlc hlc, Context& context) {
  const std::string deadline = crdt::meta_subkey();
  const Entry meta = *task.load.state.find(deadline);
  const Dot dot = mint(task, hlc, context);
  std::vector<std::string> touched;
  change(task, deadline, crdt::element_remove(meta), touched, context);
  log_dot(task, dot, std::move(touched), false, context);
}

void Vnode::renew_deadline(KeyTask& task, const Bucket& bucket, Hlc hlc, const Dot& dot,
                           std::vector<std::string>& touched, Context& context) {
  if (bucket.config.ttl_seconds == 0) return;
  const std::string subkey = crdt::meta_subkey();
  const Entry* found = task.load.state.find(subkey);
  const Entry current = found ? *found : Entry{};
  change(task, subkey, crdt::meta_renew(current, dot, hlc.ms() + bucket.ttl_ms()), touched,
         context);
}

// Merges `delta` into the entry. Only the delta is new here, so what the clock covers says nothing
// against it.
void Vnode::change(KeyTask& task, std::string subkey, const Entry& delta,
                   std::vector<std::string>& touched, Context& context) {
  static const crdt::VersionVector kNothing;
  crdt::EntryKind kind;
  VORDB_ASSERT(crdt::parse_kind(subkey, &kind), "our own subkeys are well formed");
  const Entry* before = task.load.state.find(subkey);
  Entry after = before ? crdt::merge(kind, {*before, kNothing}, {delta, kNothing}) : delta;
  if (!after.context.empty()) after.context.strip(clock_.base());
  SharedEntry written = write_entry(task, subkey, before, std::move(after), context);
  task.load.state.set(subkey, std::move(written));
  touched.push_back(std::move(subkey));
}

}  // namespace vordb::vnode
