// Receiving a snapshot (DATA.md rule 16), where gossip cannot help because the dots that are
// lacking are in no log. Entries are merged as they come. At the end, in one batch, what is held
// here and not in the snapshot is merged with an empty entry filled by the snapshot's clock, and
// that clock is joined: no earlier, or a removal that the snapshot knows would be lost with an
// aborted session.
#include <algorithm>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/cluster/ring.h"
#include "core/codec.h"
#include "core/crdt/merge.h"
#include "core/vnode/vnode.h"
#include "proto/peer.pb.h"

namespace vordb::vnode {

using crdt::Entry;
using crdt::ReplicaId;

namespace {

constexpr uint32_t kFetchesMax = 8;  // at once, of one shard's vnodes
constexpr uint64_t kAskAgainUs = 2'000'000;
constexpr uint32_t kAskedMax = 5;
constexpr uint32_t kScanRecords = 2000;

std::pair<uint64_t, uint64_t> hash_of(std::string_view name) {
  const XXH128_hash_t hash = XXH3_128bits(name.data(), name.size());
  return {hash.high64, hash.low64};
}

}  // namespace

// `from` has dots in no log that its last announcement shows and this vnode lacks.
void Vnode::consider_fetch(NodeNumber from, Context& context) {
  const PeerView* peer = peers_.find(from);
  fetch_wanted_ = 0;
  if (fetch_ || !roles_.serves() || !peer || clock_.covers(peer->clock)) return;
  if (context.fetches >= kFetchesMax) {
    fetch_wanted_ = from;
    return;
  }
  ++context.fetches;
  fetch_.emplace();
  fetch_->from = from;
  fetch_->receiver_session = new_session(context);
  ask(context);
}

// No other session of any life has this number: messages of an earlier one may still be on their
// way, to a life that has asked anew or from one that has restarted (rule 16).
uint64_t Vnode::new_session(Context& context) {
  return std::max<uint64_t>(context.env.random.next(), 1);  // 0 stands for none
}

void Vnode::ask(Context& context) {
  pb::PeerMessage message;
  pb::SnapshotPull* pull = message.mutable_snapshot_pull();
  pull->set_session(fetch_->session);
  pull->set_receiver_session(fetch_->receiver_session);
  pull->set_part(fetch_->part);
  fetch_->asked_us = context.env.clock.monotonic_us();
  ++fetch_->asked;
  send(fetch_->from, message, context);
}

void Vnode::receive(const pb::SnapshotPart& part, const ReplicaId& from, Context& context) {
  if (!fetch_ || fetch_->from != from.node || fetch_->ending ||
      fetch_->receiver_session != part.receiver_session())
    return;
  const bool other_session =
      fetch_->session != 0 && (fetch_->session != part.session() || fetch_->giver != from);
  if (part.session() == 0 || other_session) return end_fetch(context);
  if (part.part() != fetch_->part) return;
  fetch_->session = part.session();
  fetch_->giver = from;
  MergeTask common;
  common.from = from;
  common.base = vector_from_pb(part.updates().base());
  common.hlc = Hlc{part.updates().hlc()};
  fetch_->clock = clock_from_pb(part.clock());
  fetch_->base = common.base;
  exchanged_.received_bytes += part.ByteSizeLong();
  for (const pb::KeyUpdate& key : part.updates().keys()) {
    exchanged_.received_entries += uint64_t(key.entries_size());
    // Of a bucket that this node does not know yet: what it holds could not be kept.
    if (key.bucket_id() > roles_.epoch) return end_fetch(context);
    for (const pb::KeyEntry& entry : key.entries()) {
      fetch_->names.insert(hash_of(entry_name(key.bucket_id(), key.key(), entry.subkey())));
    }
    receive_key(key, common, context);
  }
  for (const pb::TokenAnswer& answer : part.answers()) {
    remember_answer({answer.token(), from_pb(answer.answer())}, context);
  }
  ++fetch_->part;
  fetch_->asked = 0;
  fetch_->ending = part.last();
  if (fetch_->ending) {
    lanes_.hold();
    return advance_fetch(context);
  }
  // Not faster than the operator allows, shared by the fetches of this shard.
  const uint64_t rate = context.options.handoff_bytes_per_s;
  const uint64_t cost_us = rate == 0 ? 0 : part.ByteSizeLong() * 1'000'000 * context.fetches / rate;
  fetch_->due_us = context.env.clock.monotonic_us() + cost_us;
  if (cost_us < kPulseUs) ask(context);
}

// Every pulse of the shard: what waits for a time or for the disk.
void Vnode::pulse(Context& context) {
  end_idle_servings(context);
  announce_if_due(context);
  strip_covered(context);
  if (fetch_wanted_ != 0) consider_fetch(fetch_wanted_, context);
  if (!fetch_) return;
  if (fetch_->ending) return advance_fetch(context);
  const auto& others = roles_.others;
  const bool gone = std::find(others.begin(), others.end(), fetch_->from) == others.end();
  const uint64_t now_us = context.env.clock.monotonic_us();
  const bool waits = fetch_->asked > 0;
  if (gone || (fetch_->asked >= kAskedMax && fetch_->asked_us + kAskAgainUs < now_us)) {
    end_fetch(context);
  } else if (waits ? fetch_->asked_us + kAskAgainUs < now_us : fetch_->due_us <= now_us) {
    ask(context);
  }
}

// All parts have come. Once nothing is on its way to the disk, what is held here can be compared.
void Vnode::advance_fetch(Context& context) {
  if (!fetch_ || !fetch_->ending || fetch_->scanning) return;
  if (!lanes_.free() || !overlay_.empty()) return;
  fetch_->scanning = true;
  run(FetchScanTask{table_begin(id_, Table::kEntries)}, nullptr, context);
}

void Vnode::run(FetchScanTask task, ReadResult* arrived, Context& context) {
  for (;;) {
    const auto request = [&] {
      ReadRequest page;
      page.family = family(context);
      page.begin = task.from;
      page.end = table_end(id_, Table::kEntries);
      page.limit_records = kScanRecords;
      return page;
    };
    const std::optional<ReadResult> result = next_result(task, arrived, request, context);
    if (!result) return;
    if (!fetch_ || !fetch_->scanning) return;
    absl::Status status = result->status;
    for (const Record& record : result->records) {
      const std::string_view name = std::string_view(record.key).substr(kTablePrefixBytes);
      if (!status.ok() || fetch_->names.contains(hash_of(name))) continue;
      fetch_->surplus.emplace_back(std::string(name), decode(record, &status, context));
    }
    note_damage(status, context);
    if (!status.ok()) return end_fetch(context);
    if (!result->more) return finish_fetch(context);
    task.from = result->records.back().key + '\0';
  }
}

void Vnode::finish_fetch(Context& context) {
  const Fetch fetch = *std::exchange(fetch_, std::nullopt);
  --context.fetches;
  ++exchanged_.received_snapshots;
  const crdt::VersionVector base_before = clock_.base();
  Group& group = open(context);
  change_standing(context).complete = true;
  group.joined.join(fetch.clock);
  clock_.join(fetch.clock);
  const crdt::VersionVector base_after = clock_.base();
  static const Entry kAbsent;
  for (const auto& [raw, entry] : fetch.surplus) {
    EntryName name;
    crdt::EntryKind kind;
    if (!parse_entry_name(raw, &name) || !crdt::parse_kind(name.subkey, &kind)) continue;
    KeyTask task;
    task.bucket = name.bucket;
    task.key = name.key;
    task.hash = cluster::ring_hash(task.bucket, task.key);
    Entry after = crdt::merge(kind, {*entry, base_before}, {kAbsent, fetch.base});
    after.context.strip(base_after);
    if (after != *entry) write_entry(task, name.subkey, entry.get(), std::move(after), context);
  }
  strip_covered(context);
  release_held(context);
}

void Vnode::end_fetch(Context& context) {
  fetch_.reset();
  --context.fetches;
  release_held(context);
}

void Vnode::release_held(Context& context) {
  for (KeyTask& task : lanes_.release()) start(std::move(task), context);
}

}  // namespace vordb::vnode
