// What may be forgotten is indexed by the time at which it is worth a look (Table::kDue). A scan
// reads one page a tick, so that a large wave of expiries never holds up a turn.
#include "core/vnode/forgetting.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/big_endian.h"
#include "core/codec.h"
#include "core/crdt/counter.h"
#include "core/crdt/register.h"
#include "core/crdt/set.h"
#include "core/vnode/due.h"
#include "core/vnode/effects.h"
#include "core/vnode/key_tasks.h"
#include "core/vnode/writes.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

using crdt::Dot;
using crdt::Entry;

namespace {

constexpr uint64_t kAnswerLifeMs = 10 * 60 * 1000;

}  // namespace

void Forgetting::begin(ScanTask::Kind kind) {
  if (vnode.corrupt || vnode.scans.under_way(kind)) return;
  vnode.scans.begin(kind);
  if (kind == ScanTask::Kind::kDue) vnode.due_counted = 0;
  scan(kind);
}

void Forgetting::begin_log() {
  if (may_forget() && !turn.env.buggify(Site::kForgetsLater) && vnode.log.take_news())
    begin(ScanTask::Kind::kForget);
}

void Forgetting::go_on() {
  for (const ScanTask::Kind kind : Scans::kKinds) {
    if (vnode.scans.ready(kind)) scan(kind);
  }
}

// Reads the next page of a walk.
void Forgetting::scan(ScanTask::Kind kind) {
  static constexpr Table kTables[] = {Table::kDue, Table::kAnswers, Table::kDots};
  const Table table = kTables[int(kind)];
  const std::string& seen = vnode.scans.seen(kind);
  ReadRequest request = whole(table);
  if (!seen.empty()) request.begin = seen + '\0';
  if (kind == ScanTask::Kind::kDue) {
    const Hlc now = vnode.time.tick(turn.env.clock.now());
    request.end = record_key(vnode.id, table, due_name(now, {}));
    if (request.begin >= request.end) return vnode.scans.end(kind);
  }
  request.limit_records = uint32_t(turn.env.knobs.sweep_page_records);
  if (turn.env.buggify(Site::kSweepPageOfOne)) request.limit_records = 1;
  std::optional<ReadResult> result = read(request);
  if (!result) {
    vnode.scans.wait(kind);
    park(ScanTask{kind});
    return;
  }
  take_page(ScanTask{kind}, *std::move(result));
}

void Forgetting::take_page(const ScanTask& task, ReadResult result) {
  note_damage(result.status);
  vnode.scans.take(task.kind, result);
  if (!result.status.ok()) return;
  switch (task.kind) {
    case ScanTask::Kind::kDue:
      return take_due(result);
    case ScanTask::Kind::kAnswers:
      return take_answers(result);
    case ScanTask::Kind::kForget:
      return take_log(result);
  }
}

void Forgetting::take_due(const ReadResult& result) {
  vnode.due_counted += result.records.size();
  if (!result.more) vnode.due_entries = vnode.due_counted;
  for (const Record& row : result.records) {
    const std::string_view name = std::string_view(row.key).substr(kTablePrefixBytes);
    EntryName entry;
    if (name.size() < kDueTimeBytes || !parse_entry_name(name.substr(kDueTimeBytes), &entry))
      continue;
    if (!turn.configuration.bucket(entry.bucket)) {
      open().batch.erase(family(), row.key);
      continue;
    }
    KeyTask task = KeyTask::of(entry.bucket, entry.key);
    task.what =
        SweepTask{std::string(entry.subkey), Hlc{read_big_endian<uint64_t>(name)}, std::nullopt};
    KeyTasks(*this).start(std::move(task));
  }
}

bool Forgetting::finish(KeyTask& task) {
  SweepTask& sweep = std::get<SweepTask>(task.what);
  if (!turn.configuration.bucket(task.bucket)) return true;
  const Entry* found = task.load.state.find(sweep.subkey);
  const Entry entry = found ? *found : Entry{};
  if (due_at(sweep.subkey, entry) != sweep.when) {
    // The entry has changed since; if it still has a time, that has a row of its own.
    const std::string name = entry_name(task.bucket, task.key, sweep.subkey);
    open().batch.erase(family(), record_key(vnode.id, Table::kDue, due_name(sweep.when, name)));
    return true;
  }
  crdt::EntryKind kind;
  crdt::parse_kind(sweep.subkey, &kind);
  if (kind == crdt::EntryKind::kMeta) return finish_purge(task);
  const bool spent = kind == crdt::EntryKind::kRegister
                         ? crdt::register_spent(entry, vnode.stable.stable)
                         : crdt::counter_spent(entry, vnode.stable.global);
  if (!spent || turn.env.buggify(Site::kKeepsSpent)) {
    vnode.await(sweep.when);
    return true;
  }
  Entry after;
  after.context = entry.context;
  Writes(*this).write_entry(task, sweep.subkey, &entry, std::move(after));
  ++vnode.purged;
  return true;
}

// One step of purging an expired key (rule 12). What it holds goes at once, one owner after the
// other taking its turn. The deadline goes when it is stable, or an older element that is still on
// its way would come to stand without one (counterexample N), and when every owner has the removals
// (counterexample T). False: read on.
bool Forgetting::finish_purge(KeyTask& task) {
  SweepTask& sweep = std::get<SweepTask>(task.what);
  const auto& owners = vnode.roles.owners;
  const auto place = std::find(owners.begin(), owners.end(), vnode.self.node) - owners.begin();
  const Hlc now = vnode.time.tick(turn.env.clock.now());
  uint64_t late_ms = std::min(now.ms(), uint64_t(place) * turn.env.knobs.purge_turn_ms);
  if (turn.env.buggify(Site::kPurgesOutOfTurn)) late_ms = 0;
  const Entry& deadline = *task.load.state.find(crdt::meta_subkey());
  const bool mine = vnode.roles.owner && crdt::meta_expired(deadline, now.ms() - late_ms);
  if (!mine || turn.env.disk.free_space() == FreeSpace::kLittle ||
      turn.env.buggify(Site::kPurgesLater))
    return true;
  if (!knows_renewals(*turn.configuration.bucket(task.bucket), sweep.when)) {
    vnode.await(Hlc{sweep.when.word + 1});
    return true;
  }
  Effects(*this).clear_entries(task, now, nullptr, false);
  sweep.purge_after = task.load.last;
  if (task.load.more) return false;
  const bool removals_wait =
      !vnode.sole_owner() &&
      (task.load.found || Writes(*this).logs_undurably(task, &LoggedKey::data));
  const bool stable = sweep.when < vnode.stable.stable;
  if (!stable) vnode.await(Hlc{sweep.when.word + 1});
  if (removals_wait || !stable) return true;
  Effects(*this).drop_deadline(task, now);
  ++vnode.purged;
  return true;
}

// Where W+R > N a renewal that was acknowledged must be known to whoever purges, or what it kept
// alive would go with what this vnode has observed. W owners hold it: one of those who have told,
// after the deadline, what they hold, if all but W-1 have. What is acknowledged later came when the
// key had expired.
bool Forgetting::knows_renewals(const Bucket& bucket, Hlc deadline) const {
  const size_t owners = vnode.roles.owners.size();
  const size_t w = std::min<size_t>(bucket.config.write_quorum, owners);
  const size_t r = std::min<size_t>(bucket.config.read_quorum, owners);
  if (w + r <= owners) return true;
  const auto heard = [&](NodeNumber owner) {
    if (owner == vnode.self.node) return true;
    const PeerView* view = vnode.peers.counting(owner, vnode.standpoint(turn.configuration));
    return view && view->hlc > deadline && vnode.clock.covers(view->clock);
  };
  return size_t(std::count_if(vnode.roles.owners.begin(), vnode.roles.owners.end(), heard)) + w >
         owners;
}

void Forgetting::take_answers(const ReadResult& result) {
  const uint64_t now_ms = vnode.time.at(turn.env.clock.now()).ms();
  for (const Record& record : result.records) {
    pb::AnsweredRequest answered;
    const absl::Status opened = open_record(record.key, record.value, &answered);
    note_damage(opened);
    if (opened.ok() && Hlc{answered.hlc()}.ms() + kAnswerLifeMs < now_ms &&
        !turn.env.buggify(Site::kKeepsAnswer)) {
      open().batch.erase(family(), record.key);
    }
  }
}

// A dot that the announced clocks of all owners have will never be asked for again (rule 15).
void Forgetting::take_log(const ReadResult& result) {
  for (const Record& row : result.records) {
    Dot dot;
    pb::DotRecord record;
    if (!parse_dot_name(std::string_view(row.key).substr(kTablePrefixBytes), &dot)) continue;
    if (!vnode.peers.all_have(dot, vnode.standpoint(turn.configuration))) continue;
    if (turn.env.buggify(Site::kKeepsDot)) continue;
    const absl::Status opened = open_record(row.key, row.value, &record);
    note_damage(opened);
    if (!opened.ok()) return;
    Group& group = open();
    group.forgets = true;
    vnode.log.forget(dot, record, family(), group.batch);
  }
}

bool Forgetting::may_forget() const {
  const auto forgets = [](const Group& group) { return group.forgets; };
  return !vnode.scans.under_way(ScanTask::Kind::kForget) && !vnode.overlay.any(forgets);
}

}  // namespace vordb::vnode
