// What the oracle of the disks says of an entry whose dot the clock does not have: nothing where
// the dot came from elsewhere, a violation where this vnode minted it.
#include "sim/disk_oracle.h"

#include <doctest/doctest.h>

#include "core/codec.h"
#include "core/vnode/record_keys.h"
#include "sim/sim_disk.h"

namespace vordb::sim {
namespace {

constexpr PlacementId kPlace{3, 1};
constexpr crdt::ReplicaId kSelf{4, 1, 20};

// Whether the oracle takes an entry with this replica's dot, on the disk of kSelf.
bool passes(const crdt::ReplicaId& minted_by) {
  Chooser chooser(1);
  uint64_t now_us = 0;
  SimDiskImage image({.column_families = 2}, chooser, now_us);
  SimDisk disk(image, 0);
  pb::VnodeState record;
  record.mutable_self()->set_node(kSelf.node);
  record.mutable_self()->set_incarnation(kSelf.incarnation);
  record.mutable_self()->set_life(kSelf.life);
  crdt::LiveDot live;
  live.dot = {minted_by, 1};
  crdt::Entry entry;
  entry.live.push_back(live);
  const std::string key = vnode::record_key(kPlace, vnode::Table::kEntries,
                                            vnode::entry_name(1, "k", crdt::kRegisterSubkey));
  Batch batch;
  vnode::put_record(kPlace, record, &batch);
  batch.put(1, key, encode_entry(key, entry));
  disk.commit(ActorId{}, 1, std::move(batch));
  disk.end_turn();
  std::vector<SimDiskEvent> events;
  while (image.writing()) REQUIRE(image.finish_write(events));
  Findings findings;
  DiskOracle oracle(findings);
  oracle.look(0, image);
  return findings.clean();
}

TEST_CASE("disk oracle: a dot minted in this life is in the clock, of others it may come later") {
  CHECK_FALSE(passes(kSelf));
  CHECK(passes({5, 1, 20}));
  CHECK(passes({kSelf.node, 1, 10}));
}

}  // namespace
}  // namespace vordb::sim
