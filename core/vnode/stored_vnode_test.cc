#include "core/vnode/stored_vnode.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "core/codec.h"
#include "core/vnode/record_keys.h"

using namespace vordb;
using namespace vordb::vnode;
using crdt::Dot;
using crdt::ReplicaId;
using crdt::VnodeClock;

namespace {

constexpr PlacementId kId{3, 7};
constexpr ReplicaId kUs{1, 16, 1};
constexpr ReplicaId kPeer{2, 16, 1};
constexpr ReplicaId kOld{2, 16, 0};

std::vector<Record> records_of(const Batch& batch) {
  std::map<std::string, std::string> written;
  batch.for_each([&](const Batch::Write& write) {
    REQUIRE(write.family == kMetaFamily);
    REQUIRE(write.kind == Batch::Kind::kPut);
    written[std::string(write.key)] = std::string(write.value);
  });
  std::vector<Record> records;
  for (const auto& [key, value] : written) records.push_back({key, value});
  return records;
}

VnodeClock some_clock() {
  VnodeClock clock;
  for (const uint64_t counter : {1, 2, 3, 7}) clock.add({kUs, counter});
  clock.raise_base(kPeer, 5);
  clock.raise_base(kOld, 9);
  return clock;
}

Batch whole(const VnodeClock& clock) {
  Group group;
  group.joined = clock;
  pb::VnodeState record;
  to_pb(kUs, record.mutable_self());
  record.set_synced(true);
  Batch batch;
  put_record(kId, record, &batch);
  put_clock_rows(kId, clock, group, &batch);
  return batch;
}

}  // namespace

TEST_CASE("stored vnode: record and clock come back") {
  const VnodeClock clock = some_clock();
  StoredVnode stored;
  REQUIRE(decode_stored(kId, records_of(whole(clock)), &stored).ok());
  CHECK(stored.any);
  CHECK(stored.record.synced());
  CHECK(from_pb(stored.record.self()) == kUs);
  CHECK(stored.clock == clock);
  StoredVnode none;
  CHECK(decode_stored(kId, {}, &none).ok());
  CHECK_FALSE(none.any);
}

TEST_CASE("stored vnode: a batch writes the rows that it changed, and no others") {
  VnodeClock clock = some_clock();
  Group group;
  clock.add({kUs, 4});
  group.dots = {{kUs, 4}, {kPeer, 6}, {kUs, 5}};
  Batch dots;
  put_clock_rows(kId, clock, group, &dots);
  CHECK(dots.writes() == 2);
  group = {};
  group.bases = {{kOld, 9}};
  Batch bases;
  put_clock_rows(kId, clock, group, &bases);
  REQUIRE(bases.writes() == 1);
  CHECK(records_of(bases)[0].key == clock_row_key(kId, kOld));
}

TEST_CASE("stored vnode: damage and strangers are told") {
  const std::vector<Record> sound = records_of(whole(some_clock()));
  REQUIRE(sound.size() == 4);
  for (size_t i = 0; i < sound.size(); ++i) {
    std::vector<Record> damaged = sound;
    damaged[i].value[0] ^= 1;
    StoredVnode stored;
    CHECK(absl::IsDataLoss(decode_stored(kId, damaged, &stored)));
  }
  // A row without the record that comes before it, and one of another replica's key.
  StoredVnode orphan;
  CHECK(absl::IsDataLoss(decode_stored(kId, {sound[1]}, &orphan)));
  pb::ReplicaClock row;
  to_pb(kPeer, row.mutable_replica());
  const std::string elsewhere = clock_row_key(kId, kUs);
  StoredVnode mixed;
  CHECK(absl::IsDataLoss(
      decode_stored(kId, {sound[0], {elsewhere, seal_record(elsewhere, row)}}, &mixed)));
}

TEST_CASE("stored vnode: of the ceilings of all shards the highest counts") {
  Batch batch;
  put_ceiling(0, Hlc{10}, &batch);
  put_ceiling(3, Hlc{30}, &batch);
  put_ceiling(1, Hlc{20}, &batch);
  Hlc highest;
  REQUIRE(decode_ceilings(records_of(batch), &highest).ok());
  CHECK(highest == Hlc{30});
  std::vector<Record> damaged = records_of(batch);
  damaged[1].value[0] ^= 1;
  CHECK(absl::IsDataLoss(decode_ceilings(damaged, &highest)));
}
