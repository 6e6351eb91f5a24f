// What a key task reads of its key: the newest state, with what is not durable yet. What fails
// marks the load, and damage the vnode.
#include "core/vnode/loads.h"

#include <string_view>
#include <utility>

#include "core/codec.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

Progress Loads::load(KeyTask& task, ReadResult* arrived) {
  Load& load = task.load;
  if (load.token) {
    if (load_token(task, arrived) == Progress::kWaiting) return Progress::kWaiting;
    arrived = nullptr;
  }
  if (load.whole_range) {
    if (load_range(task, arrived) == Progress::kWaiting) return Progress::kWaiting;
    arrived = nullptr;
  }
  if (!load.points.empty()) {
    if (load_points(task, arrived) == Progress::kWaiting) return Progress::kWaiting;
    arrived = nullptr;
  }
  return load_probes(task, arrived);
}

Progress Loads::load_token(KeyTask& task, ReadResult* arrived) {
  Load& load = task.load;
  const std::string token = *load.token;
  if (const Answer* answer = arrived ? nullptr : vnode.overlay.answer(token)) {
    load.answer = *answer;
    load.token.reset();
    return Progress::kReady;
  }
  const auto request = [&] { return point(Table::kAnswers, token); };
  const std::optional<ReadResult> result = next_result(task, arrived, request);
  if (!result) return Progress::kWaiting;
  load.token.reset();
  if (!result->status.ok()) {
    load.status = result->status;
    note_damage(load.status);
  } else if (!result->records.empty()) {
    pb::AnsweredRequest answered;
    load.status = open_record(result->records[0].key, result->records[0].value, &answered);
    note_damage(load.status);
    load.answer = from_pb(answered);
  }
  return Progress::kReady;
}

// The whole state of a small key from the cache, with what is uncommitted on top.
bool Loads::load_cached(KeyTask& task) {
  const std::shared_ptr<const KeyState> cached = turn.cache.find(task.hash, task.bucket, task.key);
  if (!cached || turn.env.buggify(Site::kLoadsPastCache)) return false;
  task.load.state = *cached;
  for (KeyEntry& entry : vnode.overlay.of_key(task.bucket, task.key)) {
    task.load.state.set(entry.subkey, std::move(entry.entry));
  }
  return true;
}

Progress Loads::load_range(KeyTask& task, ReadResult* arrived) {
  Load& load = task.load;
  if (!arrived && !load.range_after && load_cached(task)) {
    load.whole_range = false;
    return Progress::kReady;
  }
  const auto request = [&] {
    // While the read is under way the key is busy: what is uncommitted now is all that can differ
    // from the disk.
    load.uncommitted = vnode.overlay.of_key(task.bucket, task.key);
    ReadRequest page =
        range(Table::kEntries,
              load.range_after ? entry_name(task.bucket, task.key, *load.range_after) + '\0'
                               : key_begin(task.bucket, task.key),
              key_end(task.bucket, task.key));
    page.limit_records = load.limit == 0 ? UINT32_MAX : load.limit;
    if (load.limit == 0) return page;
    page.limit_bytes = kDotBytesMax;
    if (turn.env.buggify(Site::kStepOfOne)) page.limit_records = 1;
    return page;
  };
  const std::optional<ReadResult> result = next_result(task, arrived, request);
  if (!result) return Progress::kWaiting;
  take_range(task, *result);
  return Progress::kReady;
}

void Loads::take_range(KeyTask& task, const ReadResult& result) {
  Load& load = task.load;
  load.whole_range = false;
  load.more = result.more;
  load.status.Update(result.status);
  note_damage(result.status);
  for (const Record& record : result.records) {
    EntryName name;
    SharedEntry entry = decode(record, &load.status);
    if (!entry || !parse_entry_name(std::string_view(record.key).substr(kTablePrefixBytes), &name))
      continue;
    load.last = name.subkey;
    load.state.set(name.subkey, std::move(entry));
  }
  const bool whole = load.status.ok() && !load.more && !load.range_after;
  if (whole && load.uncommitted.empty() && !turn.env.buggify(Site::kKeepsNoLoad)) {
    turn.cache.put(task.hash, task.bucket, task.key, std::make_shared<KeyState>(load.state));
  }
  for (KeyEntry& entry : load.uncommitted) {
    const bool before = load.range_after && entry.subkey <= *load.range_after;
    const bool beyond = load.more && entry.subkey > load.last;
    if (!before && !beyond) load.state.set(entry.subkey, std::move(entry.entry));
  }
  load.uncommitted.clear();
}

Progress Loads::load_points(KeyTask& task, ReadResult* arrived) {
  Load& load = task.load;
  const bool nothing_yet = !arrived && load.state.entries.empty() && !load.points.empty();
  if (nothing_yet && load_cached(task)) load.points.clear();
  while (!load.points.empty()) {
    const std::string subkey = load.points.back();
    const std::string name = entry_name(task.bucket, task.key, subkey);
    if (const SharedEntry* newest = arrived ? nullptr : vnode.overlay.find(name)) {
      load.state.set(subkey, *newest);
      load.points.pop_back();
      continue;
    }
    const auto request = [&] { return point(Table::kEntries, name); };
    const std::optional<ReadResult> result = next_result(task, arrived, request);
    if (!result) return Progress::kWaiting;
    load.points.pop_back();
    load.status.Update(result->status);
    note_damage(result->status);
    if (!result->records.empty()) {
      load.state.set(subkey, decode(result->records[0], &load.status));
    }
  }
  return Progress::kReady;
}

Progress Loads::load_probes(KeyTask& task, ReadResult* arrived) {
  Load& load = task.load;
  while (!load.probes.empty()) {
    const auto request = [&] {
      ReadRequest probe;
      probe.family = family();
      probe.begin = load.probes.back().begin;
      probe.end = load.probes.back().end;
      return probe;
    };
    const std::optional<ReadResult> result = next_result(task, arrived, request);
    if (!result) return Progress::kWaiting;
    load.probes.pop_back();
    load.status.Update(result->status);
    note_damage(result->status);
    load.found = load.found || !result->records.empty();
  }
  return Progress::kReady;
}

}  // namespace vordb::vnode
