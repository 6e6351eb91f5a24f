// The open group of changes on its way to the disk, and what happens once it is durable.
#include "core/vnode/commits.h"

#include <algorithm>
#include <utility>

#include "core/codec.h"
#include "core/crdt/register.h"
#include "core/vnode/acknowledgements.h"
#include "core/vnode/agreement.h"
#include "core/vnode/announcements.h"
#include "core/vnode/deltas.h"
#include "core/vnode/fetching.h"
#include "core/vnode/handover.h"
#include "core/vnode/key_tasks.h"
#include "core/vnode/reads.h"
#include "core/vnode/stored_vnode.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

void Commits::flush() {
  Group& group = vnode.overlay.open();
  if (!group.has_work()) return;
  const Instant now = turn.env.clock.now();
  group.ceiling = turn.ceiling.raise(vnode.time.last(), vnode.time.at(now), now, turn.env.knobs);
  if (group.ceiling || group.batch.empty()) {
    put_ceiling(turn.shard, turn.ceiling.written(), &group.batch);
  }
  if (group.drops) {
    erase_stored(vnode.id, &group.batch);
  } else {
    put_clock_rows(vnode.id, vnode.clock, group, &group.batch);
  }
  const bool again = turn.env.buggify(Site::kRecordAgain);
  if (group.drops || group.record_changed || !vnode.durable.any || again) {
    put_record(vnode.id, vnode.record(group.drops), &group.batch);
    group.standing = vnode.standing;
  }
  group.left_over = vnode.left_overs.highest();
  group.highest_hlc = vnode.time.last();
  if (!vnode.sole_owner()) {
    // A delta carries the entry as the whole batch leaves it: its base covers every dot of the
    // batch.
    for (Change& change : group.changes) {
      const SharedEntry* newest =
          vnode.overlay.find(entry_name(change.bucket, change.key, change.subkey));
      if (newest) change.entry = *newest;
    }
  }
  Group& flight = vnode.overlay.close(vnode.next_op++);
  turn.env.disk.commit(ActorId{ActorKind::kVnode, 0, vnode.id}, flight.op, std::move(flight.batch));
  flight.batch.clear();
}

void Commits::keep_lead() {
  const Instant now = turn.env.clock.now();
  turn.ceiling.want(vnode.awaiting());
  if (!vnode.durable.any || turn.ceiling.begin_renewal(vnode.time.at(now), now, turn.env.knobs) ||
      turn.env.buggify(Site::kWritesForNothing)) {
    open().wanted = true;
  }
}

void Commits::erase_dropped_buckets() {
  const auto dropped = [&](BucketId id) { return turn.configuration.bucket(id) == nullptr; };
  for (const BucketId bucket : vnode.buckets) {
    if (!dropped(bucket)) continue;
    const std::string begin = bucket_begin(bucket);
    const std::string end = bucket_end(bucket);
    Group& group = open();
    group.record_changed = true;
    for (const Table table : {Table::kEntries, Table::kLeftOvers}) {
      group.batch.erase_range(family(), record_key(vnode.id, table, begin),
                              record_key(vnode.id, table, end));
    }
    vnode.left_overs.erase(begin, end);
    vnode.overlay.erase(begin, end);
  }
  std::erase_if(vnode.buckets, dropped);
}

void Commits::take_durable(Group group) {
  vnode.durable.advance(group);
  if (group.ceiling) turn.ceiling.note_durable(*group.ceiling);
  ++vnode.durable_groups;
  vnode.made_token.reset();
  for (const Change& change : group.changes) {
    const bool cached =
        turn.cache.update(change.hash, change.bucket, change.key, change.subkey, change.entry);
    if (!cached && change.subkey == crdt::kRegisterSubkey &&
        !turn.env.buggify(Site::kKeepsNoWrite)) {
      // A register's one entry is its whole state.
      auto state = std::make_shared<KeyState>();
      state->set(change.subkey, change.entry);
      turn.cache.put(change.hash, change.bucket, change.key, std::move(state));
    }
  }
  for (const Waiter& waiter : group.waiters) Acknowledgements(*this).answer_mutation(waiter);
  for (const AckWaiter& waiter : group.acks) Acknowledgements(*this).acknowledge_durable(waiter);
  for (HeldReply& held : group.held) Reads(*this).release(std::move(held));
  if (group.drops) {
    vnode.dropped = true;
    vnode.dropping = false;
    vnode.clock = vnode.durable.clock = {};
    vnode.left_overs.clear();
    vnode.buckets.clear();
    turn.cache.clear();
    return;
  }
  if (!vnode.sole_owner()) tell_others(group);
  for (KeyTask& task : group.resting) KeyTasks(*this).go_on(std::move(task));
}

void Commits::tell_others(const Group& group) {
  if (!group.deltas.empty())
    vnode.probe.begin(group.deltas.back().logged.dot, turn.env.clock.monotonic_us());
  Announcements(*this).tell_if_due();
  Deltas(*this).tell(group);
  Agreement(*this).update_stable();
  if (const NodeNumber to = std::exchange(vnode.announce_to, 0); to != 0) {
    Announcements(*this).tell({&to, 1}, false);
  }
  Fetching(*this).advance();
  Handover(*this).note_progress();
}

}  // namespace vordb::vnode
