// A vnode's start: the record of the life before, and the indexes that are kept in memory.
#include "core/vnode/recovery.h"

#include "core/assert.h"
#include "core/codec.h"
#include "core/vnode/stored_vnode.h"

namespace vordb::vnode {

using crdt::Entry;

absl::Status Recovery::recover(const StoredVnode& stored) {
  const pb::VnodeState& state = stored.record;
  vnode.clock = stored.clock;
  vnode.dropped = state.dropped();
  vnode.standing = decode_standing(state);
  vnode.buckets.assign(state.bucket_ids().begin(), state.bucket_ids().end());
  const crdt::ReplicaId before = from_pb(state.self());
  if (before.incarnation != vnode.self.incarnation) {
    // An old copy of a disk, which others have gone on without: like an empty one it has to learn
    // who is retired, and what it lacks may be in nobody's log any more.
    vnode.standing.fenced = vnode.standing.complete = vnode.standing.synced = vnode.sole_owner();
  }
  vnode.durable.clock = vnode.clock;
  vnode.durable.standing = vnode.standing;
  vnode.durable.hlc = vnode.time.last();
  VORDB_ASSERT(before < vnode.self, "a new life is above the one before");
  vnode.standing.fence.raise(vnode.self);
  if (vnode.sole_owner()) vnode.standing.seals.close(vnode.standing.fence, turn.configuration);
  // Damage below this record costs the partition its service, not the node its start.
  absl::Status indexes = recover_left_overs();
  if (indexes.ok()) indexes = recover_log();
  note_damage(indexes);
  return absl::IsDataLoss(indexes) ? absl::OkStatus() : indexes;
}

ReadResult Recovery::read_table(Table table) const {
  ReadRequest request = whole(table);
  request.limit_records = UINT32_MAX;
  return turn.env.disk.read_at_start(request);
}

absl::Status Recovery::recover_log() {
  const ReadResult rows = read_table(Table::kPurges);
  vnode.log.recover(rows.records.size());
  return rows.status;
}

absl::Status Recovery::recover_left_overs() {
  const ReadResult rows = read_table(Table::kLeftOvers);
  if (!rows.status.ok()) return rows.status;
  for (const Record& row : rows.records) {
    const std::string name = row.key.substr(kTablePrefixBytes);
    const ReadRequest entry_at = point(Table::kEntries, name);
    const ReadResult found = turn.env.disk.read_at_start(entry_at);
    if (!found.status.ok()) return found.status;
    if (found.records.empty()) return absl::DataLossError("an indexed entry is missing");
    Entry entry;
    const absl::Status decoded = decode_entry(entry_at.begin, found.records[0].value, &entry);
    if (!decoded.ok()) return decoded;
    vnode.left_overs.update(name, entry.context);
  }
  vnode.durable.left_over = vnode.left_overs.highest();
  return absl::OkStatus();
}

}  // namespace vordb::vnode
