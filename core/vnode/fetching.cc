// Receiving a snapshot. Entries are merged as they come, and the dots that come with them settled.
// At the end, in one batch, what is held here and not in the snapshot is merged with an empty entry
// filled by the snapshot's clock, the rest of its dot log is stored and that clock joined: no
// earlier, or a removal that the snapshot knows would be lost with an aborted session.
#include "core/vnode/fetching.h"

#include <algorithm>
#define XXH_INLINE_ALL
#include <xxhash.h>
#include <string_view>
#include <utility>

#include "core/codec.h"
#include "core/crdt/merge.h"
#include "core/vnode/acknowledgements.h"
#include "core/vnode/key_tasks.h"
#include "core/vnode/key_update.h"
#include "core/vnode/merges.h"
#include "core/vnode/strips.h"
#include "core/vnode/writes.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

using crdt::Dot;
using crdt::Entry;
using crdt::ReplicaId;

namespace {

std::pair<uint64_t, uint64_t> hash_of(std::string_view name) {
  const XXH128_hash_t hash = XXH3_128bits(name.data(), name.size());
  return {hash.high64, hash.low64};
}

}  // namespace

void Fetching::consider(NodeNumber from) {
  const PeerView* peer = vnode.peers.find(from);
  vnode.fetch_wanted = 0;
  if (vnode.fetch || !vnode.roles.serves() || !peer) return;
  if (vnode.clock.covers(peer->clock) && !turn.env.buggify(Site::kFetchesAnyway)) return;
  if (turn.fetches >= turn.env.knobs.fetches_max || turn.env.buggify(Site::kFetchesLater)) {
    vnode.fetch_wanted = from;
    return;
  }
  ++turn.fetches;
  vnode.fetch.emplace();
  vnode.fetch->from = from;
  vnode.fetch->receiver_session = new_session(turn.env.random);
  ask();
}

void Fetching::ask() {
  pb::PeerMessage message;
  pb::SnapshotPull* pull = message.mutable_snapshot_pull();
  pull->set_session(vnode.fetch->session);
  pull->set_receiver_session(vnode.fetch->receiver_session);
  pull->set_part(vnode.fetch->part);
  vnode.fetch->asked_us = turn.env.clock.monotonic_us();
  ++vnode.fetch->asked;
  if (turn.env.buggify(Site::kPullTwice)) send(vnode.fetch->from, message);
  send(vnode.fetch->from, message);
}

void Fetching::take_in(const pb::SnapshotPart& part, const ReplicaId& from) {
  if (!vnode.fetch || vnode.fetch->from != from.node || vnode.fetch->ending ||
      vnode.fetch->receiver_session != part.receiver_session())
    return;
  const bool other_session = vnode.fetch->session != 0 &&
                             (vnode.fetch->session != part.session() || vnode.fetch->giver != from);
  if (part.session() == 0 || other_session) return end();
  if (turn.env.buggify(Site::kFetchEnds)) return end();
  if (part.part() != vnode.fetch->part) return;
  vnode.fetch->session = part.session();
  vnode.fetch->giver = from;
  MergeTask common;
  common.from = from;
  common.base = vector_from_pb(part.updates().base());
  common.hlc = Hlc{part.updates().hlc()};
  vnode.fetch->clock = clock_from_pb(part.clock());
  vnode.fetch->base = common.base;
  vnode.exchanged.received_bytes += part.ByteSizeLong();
  for (const pb::KeyUpdate& key : part.updates().keys()) {
    vnode.exchanged.received_entries += uint64_t(key.entries_size());
    // Of a bucket that this node does not know yet: what it holds could not be kept.
    if (key.bucket_id() > vnode.roles.epoch) return end();
    for (const pb::KeyEntry& entry : key.entries()) {
      vnode.fetch->names.insert(hash_of(entry_name(key.bucket_id(), key.key(), entry.subkey())));
    }
    Merges(*this).take_in_key(key, common);
  }
  for (const pb::TokenAnswer& answer : part.answers()) {
    Acknowledgements(*this).remember_answer({answer.token(), from_pb(answer.answer())});
  }
  if (!take_log(part)) return end();
  ++vnode.fetch->part;
  vnode.fetch->asked = 0;
  vnode.fetch->ending = part.last();
  if (vnode.fetch->ending) {
    vnode.lanes.hold();
    return advance();
  }
  // Not faster than the operator allows, shared by the fetches of this shard.
  const uint64_t rate = turn.options.handoff_bytes_per_s;
  const uint64_t cost_us = rate == 0 ? 0 : part.ByteSizeLong() * 1'000'000 * turn.fetches / rate;
  vnode.fetch->due_us = turn.env.clock.monotonic_us() + cost_us;
  if (cost_us < kPulseUs) ask();
}

bool Fetching::take_log(const pb::SnapshotPart& part) {
  for (const pb::KeyUpdate& update : part.log()) {
    if (update.bucket_id() > vnode.roles.epoch) return false;
    Closure::Key key;
    key.bucket = update.bucket_id();
    key.key = update.key();
    if (!take_dots(update, &key.dots)) return false;
    std::erase_if(key.dots, [&](const LoggedDot& l) { return vnode.clock.contains(l.dot); });
    if (!key.dots.empty()) vnode.fetch->log.push_back(std::move(key));
  }
  for (const pb::Dot& dot : part.voids()) vnode.fetch->voids.push_back(from_pb(dot));
  return true;
}

// Every pulse of the shard: what waits for a time or for the disk.
void Fetching::pulse() {
  if (vnode.fetch_wanted != 0) consider(vnode.fetch_wanted);
  if (!vnode.fetch) return;
  if (vnode.fetch->ending) return advance();
  const auto& others = vnode.roles.others;
  const bool gone = std::find(others.begin(), others.end(), vnode.fetch->from) == others.end();
  const uint64_t now_us = turn.env.clock.monotonic_us();
  const bool waits = vnode.fetch->asked > 0;
  const bool late = vnode.fetch->asked_us + turn.env.knobs.fetch_again_us < now_us;
  if (gone || (vnode.fetch->asked >= turn.env.knobs.fetch_asked_max && late)) {
    end();
  } else if ((waits ? late : vnode.fetch->due_us <= now_us) ||
             turn.env.buggify(Site::kPullsAtOnce)) {
    ask();
  }
}

void Fetching::advance() {
  if (!vnode.fetch || !vnode.fetch->ending || vnode.fetch->scanning) return;
  if (!vnode.lanes.free() || !vnode.overlay.empty()) return;
  vnode.fetch->scanning = true;
  go_on(FetchScanTask{table_begin(vnode.id, Table::kEntries)}, nullptr);
}

void Fetching::go_on(FetchScanTask task, ReadResult* arrived) {
  for (;;) {
    const auto request = [&] {
      ReadRequest page = whole(Table::kEntries);
      page.begin = task.from;
      page.limit_records = uint32_t(turn.env.knobs.fetch_scan_records);
      return page;
    };
    const std::optional<ReadResult> result = next_result(task, arrived, request);
    if (!result) return;
    if (!vnode.fetch || !vnode.fetch->scanning) return;
    absl::Status status = result->status;
    for (const Record& record : result->records) {
      const std::string_view name = std::string_view(record.key).substr(kTablePrefixBytes);
      if (!status.ok() || vnode.fetch->names.contains(hash_of(name))) continue;
      vnode.fetch->surplus.emplace_back(std::string(name), decode(record, &status));
    }
    note_damage(status);
    if (!status.ok()) return end();
    if (!result->more) return finish();
    task.from = result->records.back().key + '\0';
  }
}

void Fetching::finish() {
  const Fetch fetch = *std::exchange(vnode.fetch, std::nullopt);
  --turn.fetches;
  ++vnode.exchanged.received_snapshots;
  const crdt::VersionVector base_before = vnode.clock.base();
  Group& group = open();
  change_standing().complete = true;
  settle_log(fetch);
  group.joined.join(fetch.clock);
  vnode.clock.join(fetch.clock);
  const crdt::VersionVector base_after = vnode.clock.base();
  static const Entry kAbsent;
  for (const auto& [raw, entry] : fetch.surplus) {
    EntryName name;
    crdt::EntryKind kind;
    if (!parse_entry_name(raw, &name) || !crdt::parse_kind(name.subkey, &kind)) continue;
    const KeyTask task = KeyTask::of(name.bucket, name.key);
    Entry after = crdt::merge(kind, {*entry, base_before}, {kAbsent, fetch.base});
    after.context.strip(base_after);
    if (after != *entry)
      Writes(*this).write_entry(task, name.subkey, entry.get(), std::move(after));
  }
  Strips(*this).begin();
  release_held();
}

// What no part has settled: removals whose entries are gone, void dots, keys that were too large.
// Without these records a third owner could not be given the dots that the clock brings
// (counterexample V).
void Fetching::settle_log(const Fetch& fetch) {
  for (const Closure::Key& key : fetch.log) {
    const KeyTask task = KeyTask::of(key.bucket, key.key);
    for (const LoggedDot& logged : key.dots) {
      if (vnode.clock.contains(logged.dot) || !fetch.clock.contains(logged.dot)) continue;
      if (turn.configuration.bucket(key.bucket) == nullptr) {
        Writes(*this).settle_void(logged.dot);
        continue;
      }
      Writes(*this).settle(logged.dot);
      Writes(*this).write_log(task, logged);
    }
  }
  for (const Dot& dot : fetch.voids) {
    if (fetch.clock.contains(dot)) Writes(*this).settle_void(dot);
  }
}

void Fetching::end() {
  vnode.fetch.reset();
  --turn.fetches;
  release_held();
}

void Fetching::release_held() {
  for (KeyTask& task : vnode.lanes.release()) KeyTasks(*this).start(std::move(task));
}

}  // namespace vordb::vnode
