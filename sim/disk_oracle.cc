#include "sim/disk_oracle.h"

#include <algorithm>
#include <utility>

#include "core/cluster/configuration.h"
#include "core/cluster/ring.h"
#include "core/codec.h"
#include "core/vnode/record_keys.h"
#include "proto/storage.pb.h"
#include "sim/trace.h"

namespace vordb::sim {

namespace {

std::string name_of(PlacementId id) {
  return "placement " + std::to_string(id.n) + "/" + std::to_string(id.partition);
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

void DiskOracle::look(const SimDiskImage& disk) {
  check_states(disk);
  check_entries(disk);
}

void DiskOracle::check_states(const SimDiskImage& disk) {
  for (const auto& [key, record] : disk.records().family(kMetaFamily)) {
    PlacementId id;
    if (record.rot != Rot::kNone || !vnode::parse_vnode_state_key(key, &id)) continue;
    pb::VnodeState state;
    findings_.evaluated(Property::kRecordsSound, true);
    if (const absl::Status opened = open_record(key, record.value, &state); !opened.ok()) {
      findings_.violated(Property::kRecordsSound,
                         "the state of " + name_of(id) + ": " + std::string(opened.message()));
      continue;
    }
    crdt::VnodeClock clock = clock_from_pb(state.clock());
    crdt::VnodeClock& before = clocks_[id];
    findings_.evaluated(Property::kClockGrows, !before.empty());
    if (!clock.covers(before))
      findings_.violated(Property::kClockGrows, "the clock of " + name_of(id) + " shrank");
    before = std::move(clock);
  }
}

void DiskOracle::check_entries(const SimDiskImage& disk) {
  for (Family family = kMetaFamily + 1; family < disk.records().families(); ++family) {
    for (const auto& [key, record] : disk.records().family(family)) {
      PlacementId id;
      vnode::Table table;
      if (record.rot != Rot::kNone || !parse_prefix(key, &id, &table) ||
          table != vnode::Table::kEntries)
        continue;
      vnode::EntryName name;
      crdt::Entry entry;
      findings_.evaluated(Property::kRecordsSound, true);
      if (!vnode::parse_entry_name(std::string_view(key).substr(vnode::kTablePrefixBytes), &name) ||
          !decode_entry(key, record.value, &entry).ok()) {
        findings_.violated(Property::kRecordsSound, "a damaged entry of " + name_of(id));
        continue;
      }
      for (const crdt::LiveDot& live : entry.live) check_dot(live.dot, id, name.bucket, name.key);
    }
  }
}

void DiskOracle::check_dot(const crdt::Dot& dot, PlacementId placement, BucketId bucket,
                           std::string_view key) {
  const auto clock = clocks_.find(placement);
  const std::string text = "dot " + std::to_string(dot.replica.life) + ":" +
                           std::to_string(dot.counter) + " of " + name_of(placement);
  if (clock == clocks_.end() || !clock->second.contains(dot))
    findings_.violated(Property::kClockGrows, text + " is in an entry, but not in the clock");
  const uint64_t owner =
      digest_of(key) ^ bucket * 0x9e3779b97f4a7c15u ^ uint64_t { placement.partition } << 32;
  const auto [known, is_new] = owners_.try_emplace(dot, owner);
  findings_.evaluated(Property::kDotsUnique, !is_new);
  if (known->second != owner)
    findings_.violated(Property::kDotsUnique, text + " belongs to two keys");
}

void DiskOracle::acknowledged(const SimDiskImage& disk, BucketId bucket, const std::string& key,
                              const std::string& value, uint64_t timestamp_ms) {
  // A placement is found by trying: its n is the bucket's, its partition the key's.
  const SimRecords& records = disk.records();
  const std::string node_key = vnode::configuration_record_key();
  const SimRecord* stored = records.find(kMetaFamily, node_key);
  pb::Configuration configuration;
  if (stored == nullptr || stored->rot != Rot::kNone ||
      !open_record(node_key, stored->value, &configuration).ok())
    return;
  const absl::StatusOr<Configuration> parsed = from_pb(configuration);
  const Bucket* config = parsed.ok() ? parsed->bucket(bucket) : nullptr;
  if (config == nullptr) return;
  const PlacementId id{config->config.replication_n,
                       cluster::partition_of(cluster::ring_hash(bucket, key), parsed->ring_size)};
  const std::string record_key = vnode::table_begin(id, vnode::Table::kEntries) +
                                 vnode::entry_name(bucket, key, crdt::kRegisterSubkey);
  findings_.evaluated(Property::kAckedDurable, true);
  for (Family family = kMetaFamily + 1; family < records.families(); ++family) {
    const SimRecord* record = records.find(family, record_key);
    if (record == nullptr) continue;
    crdt::Entry entry;
    if (record->rot != Rot::kNone || !decode_entry(record_key, record->value, &entry).ok()) return;
    for (const crdt::LiveDot& live : entry.live) {
      if (live.payload.value == value || live.payload.hlc.ms() >= timestamp_ms) return;
    }
  }
  findings_.violated(Property::kAckedDurable,
                     "key " + key + " was acknowledged and is not on the disk");
}

}  // namespace vordb::sim
