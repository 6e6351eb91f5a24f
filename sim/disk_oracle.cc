#include "sim/disk_oracle.h"

#include <algorithm>
#include <utility>

#include "core/cluster/configuration.h"
#include "core/cluster/ring.h"
#include "core/codec.h"
#include "core/vnode/record_keys.h"
#include "core/vnode/stored_vnode.h"
#include "proto/storage.pb.h"
#include "sim/trace.h"

namespace vordb::sim {

namespace {

std::string name_of(uint32_t node, PlacementId id) {
  return "placement " + std::to_string(id.n) + "/" + std::to_string(id.partition) + " of node " +
         std::to_string(node);
}

// The placement and table of a record outside of the meta family.
bool parse_prefix(std::string_view key, PlacementId* id, vnode::Table* table) {
  if (key.size() < vnode::kTablePrefixBytes) return false;
  id->n = uint8_t(key[0]);
  id->partition = uint16_t(uint8_t(key[1]) << 8 | uint8_t(key[2]));
  *table = vnode::Table(key[3]);
  return true;
}

}  // namespace

void DiskOracle::look(uint32_t node, const SimDiskImage& disk) {
  check_states(node, disk);
  check_entries(node, disk);
}

void DiskOracle::disk_changed(uint32_t node) {
  vnodes_.erase(vnodes_.lower_bound({node, {}}), vnodes_.lower_bound({node + 1, {}}));
}

void DiskOracle::check_states(uint32_t node, const SimDiskImage& disk) {
  std::map<PlacementId, vnode::StoredVnode> found;
  for (const auto& [key, record] : disk.records().family(kMetaFamily)) {
    PlacementId id;
    if (!vnode::parse_stored_key(key, &id)) continue;
    if (record.rot != Rot::kNone) {
      // Known to be damaged: what is left of it is no clock.
      found.erase(id);
      continue;
    }
    if (key == vnode::vnode_state_key(id)) found.emplace(id, vnode::StoredVnode{});
    const auto at = found.find(id);
    if (at == found.end()) continue;
    findings_->evaluated(Property::kRecordsSound, true);
    if (const absl::Status taken = at->second.take(id, {key, record.value}); !taken.ok()) {
      findings_->violated(Property::kRecordsSound, "what is stored of " + name_of(node, id) + ": " +
                                                       std::string(taken.message()));
      found.erase(at);
    }
  }
  for (auto& [id, stored] : found) check_clock(node, id, std::move(stored));
}

void DiskOracle::check_clock(uint32_t node, PlacementId id, vnode::StoredVnode stored) {
  Vnode& before = vnodes_[{node, id}];
  Vnode now{std::move(stored.clock), stored.record.self().node(), stored.record.self().life(),
            stored.record.synced(), stored.record.dropped()};
  // What was handed over to others was erased; a vnode made anew on that place begins from
  // nothing and says so by its life.
  const bool anew = now.dropped || before.dropped || now.member != before.member ||
                    (now.life != before.life && !now.synced);
  findings_->evaluated(Property::kClockGrows, !anew && !before.clock.empty());
  if (!anew && !now.clock.covers(before.clock))
    findings_->violated(Property::kClockGrows, "the clock of " + name_of(node, id) + " shrank");
  before = std::move(now);
}

void DiskOracle::check_entries(uint32_t node, const SimDiskImage& disk) {
  for (Family family = kMetaFamily + 1; family < disk.records().families(); ++family) {
    for (const auto& [key, record] : disk.records().family(family)) {
      PlacementId id;
      vnode::Table table;
      if (record.rot != Rot::kNone || !parse_prefix(key, &id, &table) ||
          table != vnode::Table::kEntries)
        continue;
      vnode::EntryName name;
      crdt::Entry entry;
      findings_->evaluated(Property::kRecordsSound, true);
      if (!vnode::parse_entry_name(std::string_view(key).substr(vnode::kTablePrefixBytes), &name) ||
          !decode_entry(key, record.value, &entry).ok()) {
        findings_->violated(Property::kRecordsSound, "a damaged entry of " + name_of(node, id));
        continue;
      }
      for (const crdt::LiveDot& live : entry.live)
        check_dot(live.dot, node, id, name.bucket, name.key);
    }
  }
}

void DiskOracle::check_dot(const crdt::Dot& dot, uint32_t node, PlacementId placement,
                           BucketId bucket, std::string_view key) {
  const auto vnode = vnodes_.find({node, placement});
  const std::string text = "dot " + std::to_string(dot.replica.node) + ":" +
                           std::to_string(dot.replica.life) + ":" + std::to_string(dot.counter) +
                           " of " + name_of(node, placement);
  // What comes from others may be in an entry before the rest of its dot has come, and the dot with
  // it: also what an earlier life of this member minted, which comes back in parts of a snapshot.
  // What was minted in this life is whole.
  const bool own = vnode != vnodes_.end() && vnode->second.member == dot.replica.node &&
                   vnode->second.life == dot.replica.life;
  if (vnode == vnodes_.end() || (own && !vnode->second.clock.contains(dot)))
    findings_->violated(Property::kClockGrows, text + " is in an entry, but not in the clock");
  const uint64_t owner = digest_of(key) ^ bucket * 0x9e3779b97f4a7c15u;
  const auto [known, is_new] = owners_.try_emplace({placement, dot}, owner);
  findings_->evaluated(Property::kDotsUnique, !is_new);
  if (known->second != owner)
    findings_->violated(Property::kDotsUnique, text + " belongs to two keys");
}

std::string DiskOracle::register_record_key(const SimDiskImage& disk, BucketId bucket,
                                            const std::string& key) {
  const std::string node_key = vnode::configuration_record_key();
  const SimRecord* stored = disk.records().find(kMetaFamily, node_key);
  pb::Configuration configuration;
  if (stored == nullptr || stored->rot != Rot::kNone ||
      !open_record(node_key, stored->value, &configuration).ok())
    return "";
  const absl::StatusOr<Configuration> parsed = from_pb(configuration);
  const Bucket* config = parsed.ok() ? parsed->bucket(bucket) : nullptr;
  if (config == nullptr) return "";
  const PlacementId id{config->config.replication_n,
                       cluster::partition_of(cluster::ring_hash(bucket, key), parsed->ring_size)};
  return vnode::table_begin(id, vnode::Table::kEntries) +
         vnode::entry_name(bucket, key, crdt::kRegisterSubkey);
}

DiskOracle::Held DiskOracle::holds(const SimDiskImage& disk, BucketId bucket,
                                   const std::string& key, const std::string& value,
                                   uint64_t timestamp_ms) {
  const std::string record_key = register_record_key(disk, bucket, key);
  if (record_key.empty()) return Held::kUnreadable;
  const SimRecords& records = disk.records();
  for (Family family = kMetaFamily + 1; family < records.families(); ++family) {
    const SimRecord* record = records.find(family, record_key);
    if (record == nullptr) continue;
    crdt::Entry entry;
    if (record->rot != Rot::kNone || !decode_entry(record_key, record->value, &entry).ok())
      return Held::kUnreadable;
    for (const crdt::LiveDot& live : entry.live) {
      if (live.payload.value == value || live.payload.hlc.ms() >= timestamp_ms) return Held::kYes;
    }
  }
  return Held::kNo;
}

void DiskOracle::acknowledged(std::span<const SimDiskImage* const> disks, uint32_t copies,
                              BucketId bucket, const std::string& key, const std::string& value,
                              uint64_t timestamp_ms) {
  uint32_t held = 0, unreadable = 0;
  for (const SimDiskImage* disk : disks) {
    const Held here = holds(*disk, bucket, key, value, timestamp_ms);
    held += here == Held::kYes;
    unreadable += here == Held::kUnreadable;
  }
  if (unreadable == disks.size()) return;
  findings_->evaluated(Property::kAckedDurable, true);
  if (held + unreadable >= copies) return;
  findings_->violated(Property::kAckedDurable,
                      "key " + key + " was acknowledged for " + std::to_string(copies) +
                          " replicas and is on the disks of " + std::to_string(held));
}

}  // namespace vordb::sim
