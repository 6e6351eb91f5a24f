// Forgetting: tombstones and expired registers once stable, expired sets and counters by an
// ordinary mutation, counters' spent entries once every owner knows, old answers, and dots that
// every owner has (rules 10-13 and 15).
//
// What may be forgotten is indexed by the time at which it is worth a look (Table::kDue). A scan
// reads one page a tick, so that a large wave of expiries never holds up a turn.
#include <algorithm>
#include <utility>

#include "core/big_endian.h"
#include "core/cluster/ring.h"
#include "core/codec.h"
#include "core/crdt/counter.h"
#include "core/crdt/register.h"
#include "core/crdt/set.h"
#include "core/vnode/vnode.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

using crdt::Dot;
using crdt::Entry;

namespace {

constexpr uint32_t kPageRecords = 256;
constexpr uint64_t kAnswerLifeMs = 10 * 60 * 1000;
// How much later each further owner purges an expired key, so that normally only the first does.
constexpr uint64_t kPurgeTurnMs = 30'000;

}  // namespace

std::optional<Hlc> Vnode::due(std::string_view subkey, const Entry& entry) {
  crdt::EntryKind kind;
  if (entry.live.empty() || !crdt::parse_kind(subkey, &kind)) return std::nullopt;
  switch (kind) {
    case crdt::EntryKind::kRegister: {
      const crdt::Payload& payload = entry.live.back().payload;
      if (payload.tombstone) return payload.hlc;
      if (payload.expires_at_ms == 0) return std::nullopt;
      return std::max(payload.hlc, Hlc::from_ms(payload.expires_at_ms));
    }
    case crdt::EntryKind::kMeta:
      return Hlc::from_ms(crdt::meta_deadline(entry));
    case crdt::EntryKind::kCounter:
      if (crdt::counter_present(entry)) return std::nullopt;
      return entry.baseline.reset_hlc;
    case crdt::EntryKind::kElement:
      return std::nullopt;
  }
  return std::nullopt;
}

void Vnode::begin_scan(ScanTask::Kind kind, Context& context) {
  if (corrupt_ || scans_.under_way(kind)) return;
  scans_.begin(kind);
  scan(kind, context);
}

// Reads the next page of a walk.
void Vnode::scan(ScanTask::Kind kind, Context& context) {
  static constexpr Table kTables[] = {Table::kDue, Table::kAnswers, Table::kDots};
  const Table table = kTables[int(kind)];
  const std::string& seen = scans_.seen(kind);
  ReadRequest request;
  request.family = family(context);
  request.begin = seen.empty() ? table_begin(id_, table) : seen + '\0';
  request.end = table_end(id_, table);
  if (kind == ScanTask::Kind::kDue) {
    const Hlc now = time_.tick(context.env.clock.now());
    request.end = record_key(table, due_name(now, {}));
    if (request.begin >= request.end) return scans_.end(kind);
  }
  request.limit_records = kPageRecords;
  std::optional<ReadResult> result = read(request, context);
  if (!result) {
    scans_.wait(kind);
    park(ScanTask{kind});
    return;
  }
  scanned(ScanTask{kind}, *std::move(result), context);
}

void Vnode::scanned(const ScanTask& task, ReadResult result, Context& context) {
  note_damage(result.status, context);
  scans_.take(task.kind, result);
  if (!result.status.ok()) return;
  switch (task.kind) {
    case ScanTask::Kind::kDue:
      return scanned_due(result, context);
    case ScanTask::Kind::kAnswers:
      return scanned_answers(result, context);
    case ScanTask::Kind::kForget:
      return scanned_log(result, context);
  }
}

void Vnode::scanned_due(const ReadResult& result, Context& context) {
  for (const Record& row : result.records) {
    const std::string_view name = std::string_view(row.key).substr(kTablePrefixBytes);
    EntryName entry;
    if (name.size() < kDueTimeBytes || !parse_entry_name(name.substr(kDueTimeBytes), &entry))
      continue;
    if (!context.configuration.bucket(entry.bucket)) {
      open(context).batch.erase(family(context), row.key);
      continue;
    }
    KeyTask task;
    task.bucket = entry.bucket;
    task.key = entry.key;
    task.hash = cluster::ring_hash(task.bucket, task.key);
    task.what =
        SweepTask{std::string(entry.subkey), Hlc{read_big_endian<uint64_t>(name)}, std::nullopt};
    start(std::move(task), context);
  }
}

// True when the task has ended; false: read on.
bool Vnode::finish_sweep(KeyTask& task, Context& context) {
  SweepTask& sweep = std::get<SweepTask>(task.what);
  if (!context.configuration.bucket(task.bucket)) return true;
  const Entry* found = task.load.state.find(sweep.subkey);
  const Entry entry = found ? *found : Entry{};
  if (due(sweep.subkey, entry) != sweep.when) {
    // The entry has changed since; if it still has a time, that has a row of its own.
    const std::string name = entry_name(task.bucket, task.key, sweep.subkey);
    open(context).batch.erase(family(context), record_key(Table::kDue, due_name(sweep.when, name)));
    return true;
  }
  crdt::EntryKind kind;
  crdt::parse_kind(sweep.subkey, &kind);
  if (kind == crdt::EntryKind::kMeta) return finish_purge(task, context);
  const bool spent = kind == crdt::EntryKind::kRegister
                         ? crdt::register_spent(entry, stable_.stable)
                         : crdt::counter_spent(entry, stable_.global);
  if (!spent) return true;
  Entry after;
  after.context = entry.context;
  write_entry(task, sweep.subkey, &entry, std::move(after), context);
  ++purged_;
  return true;
}

// One step of purging an expired key (rule 12). What it holds goes at once, one owner after the
// other taking its turn. The deadline goes when it is stable, or an older element that is still on
// its way would come to stand without one (counterexample N), and when every owner has the removals
// (counterexample T). False: read on.
bool Vnode::finish_purge(KeyTask& task, Context& context) {
  SweepTask& sweep = std::get<SweepTask>(task.what);
  const auto& owners = roles_.owners;
  const auto turn = std::find(owners.begin(), owners.end(), self_.node) - owners.begin();
  const Hlc now = time_.tick(context.env.clock.now());
  const uint64_t late_ms = std::min(now.ms(), uint64_t(turn) * kPurgeTurnMs);
  const Entry& deadline = *task.load.state.find(crdt::meta_subkey());
  const bool mine = roles_.owner && crdt::meta_expired(deadline, now.ms() - late_ms);
  if (!mine || context.env.disk.free_space() == FreeSpace::kLittle) return true;
  clear_entries(task, now, nullptr, false, context);
  sweep.purge_after = task.load.last;
  if (task.load.more) return false;
  const bool removals_wait =
      !sole_owner() && (task.load.found || logs_undurably(task, &LoggedKey::data));
  if (removals_wait || sweep.when >= stable_.stable) return true;
  drop_deadline(task, now, context);
  ++purged_;
  return true;
}

void Vnode::scanned_answers(const ReadResult& result, Context& context) {
  const uint64_t now_ms = time_.at(context.env.clock.now()).ms();
  for (const Record& record : result.records) {
    pb::AnsweredRequest answered;
    const absl::Status opened = open_record(record.key, record.value, &answered);
    note_damage(opened, context);
    if (opened.ok() && Hlc{answered.hlc()}.ms() + kAnswerLifeMs < now_ms) {
      open(context).batch.erase(family(context), record.key);
    }
  }
}

// A dot that the announced clocks of all owners have will never be asked for again (rule 15).
void Vnode::scanned_log(const ReadResult& result, Context& context) {
  for (const Record& row : result.records) {
    Dot dot;
    pb::DotRecord record;
    if (!parse_dot_name(std::string_view(row.key).substr(kTablePrefixBytes), &dot)) continue;
    if (!peers_.all_have(dot, standpoint(context.configuration))) continue;
    const absl::Status opened = open_record(row.key, row.value, &record);
    note_damage(opened, context);
    if (!opened.ok()) return;
    Group& group = open(context);
    group.forgets = true;
    log_.forget(dot, record, family(context), group.batch);
  }
}

}  // namespace vordb::vnode
