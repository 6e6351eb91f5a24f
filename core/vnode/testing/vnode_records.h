// The records of one vnode in memory, as its batches left them: what closures and parts of
// snapshots are read from in their tests.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "core/codec.h"
#include "core/crdt/vnode_clock.h"
#include "core/env/disk.h"
#include "core/vnode/dot_log.h"
#include "core/vnode/group.h"
#include "core/vnode/record_keys.h"
#include "core/vnode/stored_vnode.h"

namespace vordb::vnode {

struct VnodeRecords {
  VnodeRecords(PlacementId placement, Family family)
      : id(placement), data(family), dots(placement) {}

  // The vnode's own record, with this clock.
  void put_clock(const crdt::VnodeClock& clock) {
    Group group;
    group.joined = clock;
    Batch batch;
    put_record(id, {}, &batch);
    put_clock_rows(id, clock, group, &batch);
    apply(batch);
  }
  void put_dot(BucketId bucket, const std::string& key, const LoggedDot& dot) {
    Batch batch;
    dots.write(bucket, key, dot, data, batch);
    apply(batch);
  }
  // An entry of one live dot.
  void put_entry(const std::string& name, const crdt::Dot& dot) {
    crdt::Entry entry;
    entry.live.push_back({dot, {}});
    const std::string at = record_key(id, Table::kEntries, name);
    records[{data, at}] = encode_entry(at, entry);
  }
  void apply(const Batch& batch) {
    batch.for_each([&](const Batch::Write& write) {
      records[{write.family, std::string(write.key)}] = std::string(write.value);
    });
  }

  ReadResult read(const ReadRequest& request) const {
    ReadResult result;
    auto at = records.lower_bound({request.family, request.begin});
    for (; at != records.end() && at->first.first == request.family; ++at) {
      const bool inside =
          request.is_point() ? at->first.second == request.begin : at->first.second < request.end;
      if (!inside) break;
      result.more = !request.is_point() && result.records.size() == request.limit_records;
      if (result.more) break;
      result.records.push_back({at->first.second, at->second});
    }
    return result;
  }

  PlacementId id;
  Family data;
  DotLog dots;
  std::map<std::pair<Family, std::string>, std::string> records;
};

}  // namespace vordb::vnode
