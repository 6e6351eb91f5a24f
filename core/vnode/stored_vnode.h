// What lies on the disk of a vnode beside its data: a record of what changes rarely, and a row per
// replica of its clock, of which a batch writes those that it changes. Record and rows are one
// range of keys.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "core/crdt/vnode_clock.h"
#include "core/env/batch.h"
#include "core/env/disk.h"
#include "core/ids.h"
#include "core/vnode/group.h"
#include "proto/storage.pb.h"

namespace vordb::vnode {

struct StoredVnode {
  bool any = false;  // there is a record
  pb::VnodeState record;
  crdt::VnodeClock clock;

  // One of the vnode's records, in the order of their keys. DataLoss: it is damaged, or lies under
  // a key that none has.
  absl::Status take(PlacementId id, const Record& record);
};

// The range that holds them.
ReadRequest read_stored(PlacementId id);
absl::Status decode_stored(PlacementId id, const std::vector<Record>& records, StoredVnode* stored);

// The rows of `clock` that the group has changed.
void put_clock_rows(PlacementId id, const crdt::VnodeClock& clock, const Group& group,
                    Batch* batch);
void put_record(PlacementId id, const pb::VnodeState& record, Batch* batch);
void erase_stored(PlacementId id, Batch* batch);

// The shard's ceiling (ceiling.h).
void put_ceiling(uint16_t shard, Hlc ceiling, Batch* batch);
// All of them, of however many shards there were.
ReadRequest read_ceilings();
absl::Status decode_ceilings(const std::vector<Record>& records, Hlc* highest);

}  // namespace vordb::vnode
