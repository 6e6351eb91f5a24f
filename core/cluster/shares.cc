#include "core/cluster/shares.h"

#include <algorithm>

namespace vordb::cluster {

namespace {

struct Zone {
  uint64_t members = 0;
  uint64_t least = 0;  // copies that it must take
  uint64_t most = 0;   // and that it can take
  uint64_t copies = 0;
  bool settled = false;
};

// Every zone gets copies by its number of members; those whose bounds forbid it get their bound,
// and the rest is shared anew among the others.
void share_out(std::vector<Zone>& zones, uint64_t copies) {
  for (;;) {
    uint64_t members = 0;
    for (const Zone& zone : zones) members += zone.settled ? 0 : zone.members;
    if (members == 0) return;
    uint64_t above = 0;  // how far proportional shares are beyond the bounds
    uint64_t below = 0;
    for (const Zone& zone : zones) {
      if (zone.settled) continue;
      const uint64_t wanted = copies * zone.members / members;
      if (wanted > zone.most) above += wanted - zone.most;
      if (wanted < zone.least) below += zone.least - wanted;
    }
    const uint64_t left = copies;
    bool bound = false;
    for (Zone& zone : zones) {
      if (zone.settled) continue;
      const uint64_t wanted = left * zone.members / members;
      const bool at_most = above >= below && wanted > zone.most;
      const bool at_least = above < below && wanted < zone.least;
      zone.copies = at_most ? zone.most : at_least ? zone.least : wanted;
      if (!at_most && !at_least) continue;
      zone.settled = bound = true;
      copies -= zone.copies;
    }
    if (!bound) return;
  }
}

}  // namespace

std::vector<uint64_t> fair_shares(const std::vector<size_t>& zones, size_t zone_count, size_t width,
                                  size_t partitions) {
  std::vector<Zone> by_zone(zone_count);
  for (const size_t zone : zones) ++by_zone[zone].members;
  const uint64_t each = uint64_t{partitions} * kShareUnit;
  for (Zone& zone : by_zone) {
    zone.least = zone_count <= width ? each : 0;
    zone.most = zone_count >= width ? each : each * zone.members;
  }
  share_out(by_zone, each * width);
  std::vector<uint64_t> shares;
  for (const size_t zone : zones) shares.push_back(by_zone[zone].copies / by_zone[zone].members);
  return shares;
}

bool within_share(uint64_t load, uint64_t share, uint64_t unit) {
  return load >= share * 85 / (unit * 100) && load <= (share * 115 + unit * 100 - 1) / (unit * 100);
}

}  // namespace vordb::cluster
