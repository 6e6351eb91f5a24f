#include "sim/convergence.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/codec.h"
#include "core/vnode/record_keys.h"
#include "core/vnode/stored_vnode.h"
#include "proto/storage.pb.h"

namespace vordb::sim {

namespace {

std::string name_of(PlacementId id) {
  return "placement " + std::to_string(id.n) + "/" + std::to_string(id.partition);
}

std::string name_of(const SimNode& node) { return "n" + std::to_string(node.number()); }

std::string text_of(const crdt::VnodeClock& clock) {
  std::string text;
  for (const crdt::VnodeClock::Replica& replica : clock.replicas()) {
    text += (text.empty() ? "" : " ") + std::to_string(replica.id.node) + "." +
            std::to_string(replica.id.incarnation) + "." + std::to_string(replica.id.life >> 16) +
            ":" + std::to_string(replica.base);
    for (const uint64_t above : replica.above) text += "+" + std::to_string(above);
  }
  return text.empty() ? "nothing" : text;
}

// A damaged or absent record is no clock at all.
crdt::VnodeClock clock_of(const SimDiskImage& disk, PlacementId id) {
  const SimRecords::Family& records = disk.records().family(kMetaFamily);
  const ReadRequest range = vnode::read_stored(id);
  vnode::StoredVnode stored;
  for (auto at = records.lower_bound(range.begin); at != records.end() && at->first < range.end;
       ++at) {
    if (!stored.take(id, {at->first, at->second.value}).ok()) return {};
  }
  return stored.record.dropped() ? crdt::VnodeClock{} : stored.clock;
}

using Entries = std::vector<std::pair<std::string_view, std::string_view>>;

// Views into the disk's records.
Entries entries_of(const SimDiskImage& disk, PlacementId id) {
  const std::string begin = vnode::table_begin(id, vnode::Table::kEntries);
  const std::string end = vnode::table_end(id, vnode::Table::kEntries);
  Entries entries;
  for (Family family = kMetaFamily + 1; family < disk.records().families(); ++family) {
    const SimRecords::Family& records = disk.records().family(family);
    for (auto at = records.lower_bound(begin); at != records.end() && at->first < end; ++at)
      entries.emplace_back(at->first, at->second.value);
  }
  return entries;
}

// The first entry that only one side has, or that differs.
std::string first_difference(const Entries& one, const Entries& other) {
  size_t at = 0;
  while (at < one.size() && at < other.size() && one[at] == other[at]) ++at;
  const bool first = at < one.size() && (at == other.size() || one[at].first <= other[at].first);
  const auto& [key, value] = first ? one[at] : other[at];
  vnode::EntryName name;
  if (!vnode::parse_entry_name(key.substr(vnode::kTablePrefixBytes), &name)) return "a bad entry";
  const bool both = at < one.size() && at < other.size() && one[at].first == other[at].first;
  return "bucket " + std::to_string(name.bucket) + " key " + std::string(name.key) + " subkey " +
         std::to_string(name.subkey.size()) + " bytes " +
         (both    ? "differs"
          : first ? "is on the first only"
                  : "is on the second only") +
         " (" + std::to_string(one.size()) + " and " + std::to_string(other.size()) + " entries)";
}

}  // namespace

std::string why_not_settled(const std::vector<const SimNode*>& nodes) {
  std::shared_ptr<const Configuration> first;
  for (const SimNode* node : nodes) {
    if (!node->up()) return name_of(*node) + " is down";
    for (size_t shard = 0; shard < node->shards().size(); ++shard) {
      const auto configuration = node->shards()[shard].configuration();
      const std::string who = name_of(*node) + " shard " + std::to_string(shard);
      if (configuration->epoch == 0) return who + " has joined no cluster";
      if (!first) first = configuration;
      if (configuration->cluster_hash() != first->cluster_hash())
        return who + " is in another cluster than " + name_of(*nodes[0]);
      if (configuration->epoch != first->epoch)
        return who + " is at epoch " + std::to_string(configuration->epoch) + ", " +
               name_of(*nodes[0]) + " at " + std::to_string(first->epoch);
    }
  }
  if (!first) return "no node is left";
  size_t members = 0;
  for (const Member& member : first->members) {
    if (member.status == MemberStatus::kRemoved) continue;
    ++members;
    const std::string who = member.node_id + " (" + std::to_string(member.node) + ")";
    if (member.status != MemberStatus::kUp) return who + " is " + to_string(member.status);
    const auto node = std::find_if(nodes.begin(), nodes.end(), [&](const SimNode* one) {
      return one->options().node_id == member.node_id;
    });
    if (node == nodes.end()) return who + " is a member, and no longer there";
    if ((*node)->options().features != member.features)
      return who + " runs a program of other features than its entry says";
  }
  if (members != nodes.size())
    return std::to_string(members) + " members of " + std::to_string(nodes.size());
  if (!to_switch_on(*first).empty()) return "a feature waits to be switched on";
  for (size_t p = 0; p < first->partitions.size(); ++p) {
    const Partition& partition = first->partitions[p];
    if (partition.move != 0) return "partition " + std::to_string(p) + " moves";
    if (!partition.draining.empty())
      return "partition " + std::to_string(p) + " drains from node " +
             std::to_string(partition.draining[0]);
  }
  return "";
}

std::string why_not_converged(const std::vector<const SimNode*>& nodes,
                              const Configuration& configuration) {
  std::map<std::string, const SimNode*> by_name;
  for (const SimNode* node : nodes) by_name[node->options().node_id] = node;
  for (uint8_t n = 1; n <= kReplicationMax; ++n) {
    if (configuration.replication_since[n - 1] == 0) continue;
    for (size_t p = 0; p < configuration.partitions.size(); ++p) {
      const PlacementId id{n, uint16_t(p)};
      std::map<const SimNode*, bool> owns;
      for (const NodeNumber owner : configuration.owners(id)) {
        const Member* member = configuration.member(owner);
        if (member == nullptr || !by_name.contains(member->node_id))
          return name_of(id) + " is owned by node " + std::to_string(owner) + ", which is gone";
        owns[by_name[member->node_id]] = true;
      }
      const SimNode* first = nullptr;
      for (const SimNode* node : nodes) {
        const Entries entries = entries_of(node->disk(), id);
        if (!owns.contains(node)) {
          if (entries.empty()) continue;
          return name_of(id) + ": " + name_of(*node) + " is no owner and holds " +
                 std::to_string(entries.size()) + " entries";
        }
        if (first == nullptr) {
          first = node;
          continue;
        }
        const crdt::VnodeClock clock = clock_of(node->disk(), id);
        const crdt::VnodeClock theirs = clock_of(first->disk(), id);
        const std::string between = name_of(id) + ": " + name_of(*first) + " and " + name_of(*node);
        if (clock != theirs)
          return between + " have clocks " + text_of(theirs) + " and " + text_of(clock);
        const Entries others = entries_of(first->disk(), id);
        if (entries != others) return between + ": " + first_difference(others, entries);
      }
    }
  }
  return "";
}

uint64_t highest_ceiling_ms(const SimDiskImage& disk) {
  const SimRecords::Family& records = disk.records().family(kMetaFamily);
  Hlc highest;
  for (auto at = records.lower_bound(vnode::ceilings_begin());
       at != records.end() && at->first < vnode::ceilings_end(); ++at) {
    // A damaged row tells nothing.
    if (at->second.rot == Rot::kNone)
      (void)vnode::decode_ceilings({{at->first, at->second.value}}, &highest);
  }
  return highest.ms();
}

}  // namespace vordb::sim
