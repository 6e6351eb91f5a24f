#include "core/vnode/stored_vnode.h"

#include <algorithm>
#include <string>

#include "core/big_endian.h"
#include "core/codec.h"
#include "core/vnode/record_keys.h"

namespace vordb::vnode {

namespace {

std::vector<crdt::ReplicaId> changed_replicas(const Group& group) {
  std::vector<crdt::ReplicaId> changed;
  const auto add = [&](const crdt::ReplicaId& id) {
    if (changed.empty() || changed.back() != id) changed.push_back(id);
  };
  for (const crdt::Dot& dot : group.dots) add(dot.replica);
  for (const crdt::Dot& base : group.bases) add(base.replica);
  for (const crdt::VnodeClock::Replica& joined : group.joined.replicas()) add(joined.id);
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  return changed;
}

void put_row(PlacementId id, const crdt::VnodeClock::Replica& replica, Batch* batch) {
  pb::ReplicaClock row;
  to_pb(replica.id, row.mutable_replica());
  row.set_base(replica.base);
  for (const uint64_t counter : replica.above) row.add_above(counter);
  const std::string key = clock_row_key(id, replica.id);
  batch->put(kMetaFamily, key, seal_record(key, row));
}

}  // namespace

absl::Status StoredVnode::take(PlacementId id, const Record& from) {
  if (from.key == vnode_state_key(id)) {
    any = true;
    return open_record(from.key, from.value, &record);
  }
  pb::ReplicaClock row;
  const absl::Status opened = open_record(from.key, from.value, &row);
  if (!opened.ok()) return opened;
  const crdt::ReplicaId replica = from_pb(row.replica());
  if (!any || from.key != clock_row_key(id, replica)) {
    return absl::DataLossError("a row of a vnode's clock lies under a key that none has");
  }
  clock.raise_base(replica, row.base());
  for (const uint64_t counter : row.above()) clock.add({replica, counter});
  return absl::OkStatus();
}

ReadRequest read_stored(PlacementId id) {
  ReadRequest request;
  request.family = kMetaFamily;
  request.begin = vnode_state_key(id);
  request.end = prefix_end(request.begin);
  request.limit_records = UINT32_MAX;
  return request;
}

absl::Status decode_stored(PlacementId id, const std::vector<Record>& records,
                           StoredVnode* stored) {
  for (const Record& record : records) {
    const absl::Status taken = stored->take(id, record);
    if (!taken.ok()) return taken;
  }
  return absl::OkStatus();
}

void put_clock_rows(PlacementId id, const crdt::VnodeClock& clock, const Group& group,
                    Batch* batch) {
  for (const crdt::ReplicaId& changed : changed_replicas(group)) {
    if (const crdt::VnodeClock::Replica* replica = clock.find(changed)) {
      put_row(id, *replica, batch);
    }
  }
}

void put_record(PlacementId id, const pb::VnodeState& record, Batch* batch) {
  const std::string key = vnode_state_key(id);
  batch->put(kMetaFamily, key, seal_record(key, record));
}

void erase_stored(PlacementId id, Batch* batch) {
  const std::string begin = vnode_state_key(id);
  batch->erase_range(kMetaFamily, begin, prefix_end(begin));
}

void put_ceiling(uint16_t shard, Hlc ceiling, Batch* batch) {
  pb::CeilingRecord record;
  record.set_hlc(ceiling.word);
  const std::string key = ceiling_key(shard);
  batch->put(kMetaFamily, key, seal_record(key, record));
}

ReadRequest read_ceilings() {
  ReadRequest request;
  request.family = kMetaFamily;
  request.begin = ceilings_begin();
  request.end = ceilings_end();
  request.limit_records = UINT32_MAX;
  return request;
}

absl::Status decode_ceilings(const std::vector<Record>& records, Hlc* highest) {
  for (const Record& row : records) {
    pb::CeilingRecord record;
    const absl::Status opened = open_record(row.key, row.value, &record);
    if (!opened.ok()) return opened;
    *highest = std::max(*highest, Hlc{record.hlc()});
  }
  return absl::OkStatus();
}

}  // namespace vordb::vnode
