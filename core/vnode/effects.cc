// What a mutation does to its key. It changes state only by merging its delta, so no write can move
// a vnode down the lattice.
#include "core/vnode/effects.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/assert.h"
#include "core/crdt/counter.h"
#include "core/crdt/merge.h"
#include "core/crdt/register.h"
#include "core/crdt/set.h"
#include "core/vnode/acknowledgements.h"
#include "core/vnode/causal_token.h"
#include "core/vnode/refusals.h"
#include "core/vnode/writes.h"

namespace vordb::vnode {

using crdt::Dot;
using crdt::Entry;

bool Effects::apply(KeyTask& task, const Bucket& bucket, Hlc hlc) {
  const Operation operation = std::get<MutateTask>(task.what).mutation.operation;
  if (bucket.config.type == BucketType::kLww) return apply_register(task, bucket, hlc);
  if (operation == Operation::kDelete) return apply_delete(task, hlc);
  if (bucket.config.type == BucketType::kOrswot) return apply_set(task, bucket, hlc);
  return apply_counter(task, bucket, hlc);
}

bool Effects::apply_register(KeyTask& task, const Bucket& bucket, Hlc hlc) {
  KeyMutation& m = std::get<MutateTask>(task.what).mutation;
  const Entry* found = task.load.state.find(crdt::kRegisterSubkey);
  const Entry current = found ? *found : Entry{};
  const bool deletes = m.operation == Operation::kDelete;
  if (deletes && m.seen) {
    // What the client has not seen it does not delete.
    for (const crdt::LiveDot& live : current.live) {
      if (!m.seen->past.contains(live.dot)) {
        Acknowledgements(*this).acknowledge_unchanged(task, hlc);
        return true;
      }
    }
  }
  const Dot dot = Writes(*this).mint(task, hlc);
  const uint64_t expires = bucket.config.ttl_seconds == 0 ? 0 : hlc.ms() + bucket.ttl_ms();
  // The answer's fingerprint covers the value, which the delta then takes.
  Acknowledgements(*this).acknowledge(task, dot, hlc);
  const Entry delta = deletes ? crdt::register_delete(current, dot, hlc)
                              : crdt::register_put(current, dot, hlc, std::move(m.value), expires);
  std::vector<std::string> touched;
  change(task, std::string(crdt::kRegisterSubkey), delta, touched);
  Writes(*this).log_dot(task, dot, std::move(touched), false);
  return true;
}

bool Effects::apply_set(KeyTask& task, const Bucket& bucket, Hlc hlc) {
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
    Acknowledgements(*this).acknowledge_unchanged(task, hlc);
    return true;
  }
  const Dot dot = Writes(*this).mint(task, hlc);
  std::vector<std::string> touched;
  for (std::string& subkey : subkeys) {
    const Entry* found = task.load.state.find(subkey);
    const Entry current = found ? *found : Entry{};
    const Entry delta = adds     ? crdt::element_add(current, dot)
                        : m.seen ? crdt::element_remove_seen(current, m.seen->past)
                                 : crdt::element_remove(current);
    change(task, std::move(subkey), delta, touched);
  }
  renew_deadline(task, bucket, hlc, dot, touched);
  Acknowledgements(*this).acknowledge(task, dot, hlc);
  Writes(*this).log_dot(task, dot, std::move(touched), false);
  return true;
}

bool Effects::apply_counter(KeyTask& task, const Bucket& bucket, Hlc hlc) {
  const KeyMutation& m = std::get<MutateTask>(task.what).mutation;
  const bool up = m.operation == Operation::kCounterIncrement;
  const uint64_t p = up ? m.amount : 0;
  const uint64_t n = up ? 0 : m.amount;
  const std::string subkey = crdt::counter_subkey(vnode.self);
  const Entry* found = task.load.state.find(subkey);
  const Entry current = found ? *found : Entry{};
  crdt::CounterSum sum;
  for (const KeyEntry& e : task.load.state.entries) {
    if (e.subkey != crdt::meta_subkey()) sum.add(*e.entry);
  }
  sum.add(p, n);
  const crdt::Payload totals = current.live.empty() ? crdt::Payload{} : current.live.back().payload;
  if (!sum.fits()) {
    Acknowledgements(*this).refuse(
        m, rejected(ErrorCode::kOverflow, "the counter would leave the range of a 64-bit integer",
                    ""));
    return true;
  }
  if (p > crdt::kCounterTotalMax - totals.p || n > crdt::kCounterTotalMax - totals.n) {
    Acknowledgements(*this).refuse(
        m, rejected(ErrorCode::kOverflow, "the counter has been moved more than 2^96 in all",
                    "delete the counter, or count under another key"));
    return true;
  }
  const Dot dot = Writes(*this).mint(task, hlc);
  std::vector<std::string> touched;
  change(task, subkey, crdt::counter_raise(current, dot, p, n), touched);
  renew_deadline(task, bucket, hlc, dot, touched);
  Acknowledgements(*this).acknowledge(task, dot, hlc);
  Writes(*this).log_dot(task, dot, std::move(touched), false);
  return true;
}

// One step of deleting a set or a counter. False: go on reading.
bool Effects::apply_delete(KeyTask& task, Hlc hlc) {
  MutateTask& mutate = std::get<MutateTask>(task.what);
  const CausalToken* seen = mutate.mutation.seen.get();
  const std::optional<Dot> dot = clear_entries(task, hlc, seen, !task.load.more);
  if (task.load.more) {
    mutate.purge_after = task.load.last;
    return false;
  }
  if (!dot) Acknowledgements(*this).acknowledge_unchanged(task, hlc);
  return true;
}

// Removes what the loaded entries show (of it, what `seen` covers) under one dot, which ends the
// client's mutation if it `acknowledges`; nothing to remove takes no dot. The deadline stays, but
// goes along: nobody may come to hold a part of the key without it, or the removal of what has
// expired after the deadline's renewal (rule 12).
std::optional<Dot> Effects::clear_entries(KeyTask& task, Hlc hlc, const CausalToken* seen,
                                          bool acknowledges) {
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
  const Dot dot = Writes(*this).mint(task, hlc);
  if (acknowledges) Acknowledgements(*this).acknowledge(task, dot, hlc);
  std::vector<std::string> touched;
  for (auto& [subkey, delta] : deltas) change(task, std::move(subkey), delta, touched);
  bool purge = false;
  const std::string deadline = crdt::meta_subkey();
  if (const Entry* meta = task.load.state.find(deadline); meta && !vnode.sole_owner()) {
    purge = crdt::meta_expired(*meta, hlc.ms());
    open().changes.push_back(
        Change{task.bucket, task.hash, task.key, deadline, std::make_shared<const Entry>(*meta)});
    touched.push_back(deadline);
  }
  Writes(*this).log_dot(task, dot, std::move(touched), purge);
  return dot;
}

// The deadline of a key that holds nothing else goes by a dot of its own.
void Effects::drop_deadline(KeyTask& task, Hlc hlc) {
  const std::string deadline = crdt::meta_subkey();
  const Entry meta = *task.load.state.find(deadline);
  const Dot dot = Writes(*this).mint(task, hlc);
  std::vector<std::string> touched;
  change(task, deadline, crdt::element_remove(meta), touched);
  Writes(*this).log_dot(task, dot, std::move(touched), false);
}

void Effects::renew_deadline(KeyTask& task, const Bucket& bucket, Hlc hlc, const Dot& dot,
                             std::vector<std::string>& touched) {
  if (bucket.config.ttl_seconds == 0) return;
  const std::string subkey = crdt::meta_subkey();
  const Entry* found = task.load.state.find(subkey);
  const Entry current = found ? *found : Entry{};
  change(task, subkey, crdt::meta_renew(current, dot, hlc.ms() + bucket.ttl_ms()), touched);
}

// Merges `delta` into the entry. Only the delta is new here, so what the clock covers says nothing
// against it.
void Effects::change(KeyTask& task, std::string subkey, const Entry& delta,
                     std::vector<std::string>& touched) {
  static const crdt::VersionVector kNothing;
  crdt::EntryKind kind;
  VORDB_ASSERT(crdt::parse_kind(subkey, &kind), "our own subkeys are well formed");
  const Entry* before = task.load.state.find(subkey);
  Entry after = before ? crdt::merge(kind, {*before, kNothing}, {delta, kNothing}) : delta;
  if (!after.context.empty()) after.context.strip(vnode.clock.base());
  SharedEntry written = Writes(*this).write_entry(task, subkey, before, std::move(after));
  task.load.state.set(subkey, std::move(written));
  touched.push_back(std::move(subkey));
}

}  // namespace vordb::vnode
