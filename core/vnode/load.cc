// What a key task must read before it can act. A task of a key runs at once when all it needs is in
// memory or in the block cache; else it parks, and later tasks of the same key wait behind it, so
// that none acts on what another is changing.
#include <algorithm>
#include <utility>

#include "core/assert.h"
#include "core/codec.h"
#include "core/vnode/vnode.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

using crdt::Entry;

void Vnode::start(KeyTask task, Context& context) {
  if (!lanes_.queue(task)) run(task, context);
}

// True when the task has ended; false when it waits for the disk (its key is then busy).
bool Vnode::run(KeyTask& task, Context& context) {
  for (;;) {
    plan(task, context);
    if (load(task, nullptr, context) == Progress::kWaiting) return false;
    if (finish(task, context)) return true;
    if (rests(task, context)) return false;
  }
}

void Vnode::arrived(KeyTask task, ReadResult result, Context& context) {
  const std::string name = key_begin(task.bucket, task.key);
  if (load(task, &result, context) == Progress::kWaiting) return;
  if (!finish(task, context) && (rests(task, context) || !run(task, context))) return;
  run_waiting(name, context);
}

// A task of many steps takes one full page of entries a turn and a batch: however large the key, a
// turn's work is bounded, and so is what a batch holds.
bool Vnode::rests(KeyTask& task, Context& context) {
  if (!task.load.more) return false;
  Group& group = open(context);
  group.state_changed = true;  // also where a page held nothing to remove
  lanes_.occupy(key_begin(task.bucket, task.key));
  group.resting.push_back(std::move(task));
  return true;
}

void Vnode::go_on(KeyTask task, Context& context) {
  const std::string name = key_begin(task.bucket, task.key);
  if (run(task, context)) run_waiting(name, context);
}

// The key is free again: its next tasks run until one waits.
void Vnode::run_waiting(const std::string& name, Context& context) {
  while (std::optional<KeyTask> next = lanes_.next(name)) {
    if (!run(*next, context)) return;
  }
}

void Vnode::plan(KeyTask& task, Context& context) {
  task.load = Load{};
  if (std::holds_alternative<MutateTask>(task.what)) {
    plan_mutation(task, context);
  } else if (auto* merge = std::get_if<MergeTask>(&task.what)) {
    for (const KeyEntry& entry : merge->entries) task.load.points.push_back(entry.subkey);
  } else if (auto* sweep = std::get_if<SweepTask>(&task.what)) {
    if (sweep->subkey == crdt::meta_subkey()) {
      task.load.whole_range = true;
      task.load.range_after = sweep->purge_after;
      task.load.limit = kDotEntriesMax;
      if (!sole_owner()) task.load.probes = log_.data(task.bucket, task.key);
    }
    task.load.points.push_back(sweep->subkey);
  } else {
    task.load.points.push_back(std::get<StripTask>(task.what).subkey);
  }
}

Vnode::Progress Vnode::load(KeyTask& task, ReadResult* arrived, Context& context) {
  Load& load = task.load;
  if (load.token) {
    if (load_token(task, arrived, context) == Progress::kWaiting) return Progress::kWaiting;
    arrived = nullptr;
  }
  if (load.whole_range) {
    if (load_range(task, arrived, context) == Progress::kWaiting) return Progress::kWaiting;
    arrived = nullptr;
  }
  if (!load.points.empty()) {
    if (load_points(task, arrived, context) == Progress::kWaiting) return Progress::kWaiting;
    arrived = nullptr;
  }
  return load_probes(task, arrived, context);
}

// Reads now if the disk can; else nothing, and the caller parks its task under next_op_ - 1.
std::optional<ReadResult> Vnode::read(const ReadRequest& request, Context& context) {
  const OpId op = next_op_++;
  return context.env.disk.read(ActorId{ActorKind::kVnode, 0, id_}, op, request);
}

// The task waits for the read that was begun last. A waiting key task makes its key busy.
void Vnode::park(Task task) {
  if (const auto* key_task = std::get_if<KeyTask>(&task)) {
    lanes_.occupy(key_begin(key_task->bucket, key_task->key));
  }
  parked_.emplace(next_op_ - 1, std::move(task));
}

ReadRequest Vnode::entry_range(std::string_view begin, std::string_view end) const {
  ReadRequest request;
  request.begin = record_key(Table::kEntries, begin);
  request.end = record_key(Table::kEntries, end);
  return request;
}

Vnode::Progress Vnode::load_token(KeyTask& task, ReadResult* arrived, Context& context) {
  Load& load = task.load;
  const std::string token = *load.token;
  if (const Answer* answer = arrived ? nullptr : overlay_.answer(token)) {
    load.answer = *answer;
    load.token.reset();
    return Progress::kReady;
  }
  const auto request = [&] {
    ReadRequest point;
    point.family = family(context);
    point.begin = record_key(Table::kAnswers, token);
    return point;
  };
  const std::optional<ReadResult> result = next_result(task, arrived, request, context);
  if (!result) return Progress::kWaiting;
  load.token.reset();
  if (!result->status.ok()) {
    load.status = result->status;
    note_damage(load.status, context);
  } else if (!result->records.empty()) {
    pb::AnsweredRequest answered;
    load.status = open_record(result->records[0].key, result->records[0].value, &answered);
    note_damage(load.status, context);
    load.answer = from_pb(answered);
  }
  return Progress::kReady;
}

// The whole state of a small key from the cache, with what is uncommitted on top.
bool Vnode::load_cached(KeyTask& task, Context& context) {
  const std::shared_ptr<const KeyState> cached =
      context.cache.find(task.hash, task.bucket, task.key);
  if (!cached) return false;
  task.load.state = *cached;
  for (KeyEntry& entry : overlay_.of_key(task.bucket, task.key)) {
    task.load.state.set(entry.subkey, std::move(entry.entry));
  }
  return true;
}

Vnode::Progress Vnode::load_range(KeyTask& task, ReadResult* arrived, Context& context) {
  Load& load = task.load;
  if (!arrived && !load.range_after && load_cached(task, context)) {
    load.whole_range = false;
    return Progress::kReady;
  }
  const auto request = [&] {
    // While the read is under way the key is busy: what is uncommitted now is all that can differ
    // from the disk.
    load.uncommitted = overlay_.of_key(task.bucket, task.key);
    ReadRequest range =
        entry_range(load.range_after ? entry_name(task.bucket, task.key, *load.range_after) + '\0'
                                     : key_begin(task.bucket, task.key),
                    key_end(task.bucket, task.key));
    range.family = family(context);
    range.limit_records = load.limit == 0 ? UINT32_MAX : load.limit;
    if (load.limit != 0) range.limit_bytes = kDotBytesMax;
    return range;
  };
  const std::optional<ReadResult> result = next_result(task, arrived, request, context);
  if (!result) return Progress::kWaiting;
  take_range(task, *result, context);
  return Progress::kReady;
}

void Vnode::take_range(KeyTask& task, const ReadResult& result, Context& context) {
  Load& load = task.load;
  load.whole_range = false;
  load.more = result.more;
  load.status.Update(result.status);
  note_damage(result.status, context);
  for (const Record& record : result.records) {
    EntryName name;
    SharedEntry entry = decode(record, &load.status, context);
    if (!entry || !parse_entry_name(std::string_view(record.key).substr(kTablePrefixBytes), &name))
      continue;
    load.last = name.subkey;
    load.state.set(name.subkey, std::move(entry));
  }
  const bool whole = load.status.ok() && !load.more && !load.range_after;
  if (whole && load.uncommitted.empty()) {
    context.cache.put(task.hash, task.bucket, task.key, std::make_shared<KeyState>(load.state));
  }
  for (KeyEntry& entry : load.uncommitted) {
    const bool before = load.range_after && entry.subkey <= *load.range_after;
    const bool beyond = load.more && entry.subkey > load.last;
    if (!before && !beyond) load.state.set(entry.subkey, std::move(entry.entry));
  }
  load.uncommitted.clear();
}

Vnode::Progress Vnode::load_points(KeyTask& task, ReadResult* arrived, Context& context) {
  Load& load = task.load;
  const bool nothing_yet = !arrived && load.state.entries.empty() && !load.points.empty();
  if (nothing_yet && load_cached(task, context)) load.points.clear();
  while (!load.points.empty()) {
    const std::string subkey = load.points.back();
    const std::string name = entry_name(task.bucket, task.key, subkey);
    if (const SharedEntry* newest = arrived ? nullptr : overlay_.find(name)) {
      load.state.set(subkey, *newest);
      load.points.pop_back();
      continue;
    }
    const auto request = [&] {
      ReadRequest point;
      point.family = family(context);
      point.begin = record_key(Table::kEntries, name);
      return point;
    };
    const std::optional<ReadResult> result = next_result(task, arrived, request, context);
    if (!result) return Progress::kWaiting;
    load.points.pop_back();
    load.status.Update(result->status);
    note_damage(result->status, context);
    if (!result->records.empty()) {
      load.state.set(subkey, decode(result->records[0], &load.status, context));
    }
  }
  return Progress::kReady;
}

Vnode::Progress Vnode::load_probes(KeyTask& task, ReadResult* arrived, Context& context) {
  Load& load = task.load;
  while (!load.probes.empty()) {
    const auto request = [&] {
      ReadRequest probe;
      probe.family = family(context);
      probe.begin = load.probes.back().begin;
      probe.end = load.probes.back().end;
      return probe;
    };
    const std::optional<ReadResult> result = next_result(task, arrived, request, context);
    if (!result) return Progress::kWaiting;
    load.probes.pop_back();
    load.status.Update(result->status);
    note_damage(result->status, context);
    load.found = load.found || !result->records.empty();
  }
  return Progress::kReady;
}

SharedEntry Vnode::decode(const Record& record, absl::Status* status, Context& context) {
  auto entry = std::make_shared<Entry>();
  const absl::Status decoded = decode_entry(record.key, record.value, entry.get());
  if (decoded.ok()) return entry;
  status->Update(decoded);
  note_damage(decoded, context);
  return nullptr;
}

bool Vnode::finish(KeyTask& task, Context& context) {
  if (std::holds_alternative<MutateTask>(task.what)) return finish_mutation(task, context);
  if (std::holds_alternative<StripTask>(task.what)) --stripping_;
  if (!task.load.status.ok() || corrupt_) return true;
  if (std::holds_alternative<MergeTask>(task.what)) {
    finish_merge(task, context);
    return true;
  }
  if (std::holds_alternative<SweepTask>(task.what)) return finish_sweep(task, context);
  finish_strip(task, context);
  return true;
}

}  // namespace vordb::vnode
