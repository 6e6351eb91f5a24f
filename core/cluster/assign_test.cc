// The ring function by brute force: clusters of 3 to 100 members, with and without zones, that grow
// and shrink one member at a time.
#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/cluster/ring.h"

using namespace vordb;
using namespace vordb::cluster;

namespace {

constexpr size_t kPartitions = 256;

// Copies that somebody gets who had none of this partition.
size_t moved(const OwnerLists& before, const OwnerLists& after) {
  size_t count = 0;
  for (size_t p = 0; p < before.size(); ++p) {
    for (const NodeNumber node : after[p]) {
      count += std::find(before[p].begin(), before[p].end(), node) == before[p].end();
    }
  }
  return count;
}

size_t load(const OwnerLists& lists, NodeNumber node) {
  size_t count = 0;
  for (const auto& list : lists) count += size_t(std::count(list.begin(), list.end(), node));
  return count;
}

size_t load_at(const OwnerLists& lists, NodeNumber node, size_t place) {
  size_t count = 0;
  for (const auto& list : lists) count += place < list.size() && list[place] == node;
  return count;
}

size_t floor_085(size_t total, size_t members) { return total * 85 / (members * 100); }
size_t ceil_115(size_t total, size_t members) {
  return (total * 115 + members * 100 - 1) / (members * 100);
}

struct Bounds {
  bool loads = true;   // hold to 0.85 and 1.15 of the mean
  bool places = true;  // also for being first
};

void check(const OwnerLists& lists, const std::vector<RingMember>& members, size_t replication,
           Bounds bounds = {}) {
  const size_t width = std::min(replication, members.size());
  std::map<NodeNumber, std::string> zones;
  std::set<std::string> all_zones;
  for (const RingMember& m : members) {
    zones[m.node] = m.zone;
    all_zones.insert(m.zone);
  }
  for (const auto& list : lists) {
    REQUIRE(list.size() == width);
    std::set<NodeNumber> nodes;
    std::set<std::string> seen;
    for (size_t k = 0; k < list.size(); ++k) {
      REQUIRE(zones.contains(list[k]));
      nodes.insert(list[k]);
      seen.insert(zones[list[k]]);
      REQUIRE(seen.size() == std::min(k + 1, all_zones.size()));
    }
    REQUIRE(nodes.size() == width);
  }
  const size_t total = lists.size() * width;
  for (const RingMember& m : members) {
    INFO("member " << m.node << " of " << members.size());
    if (bounds.loads) {
      const size_t own = load(lists, m.node);
      REQUIRE(own >= floor_085(total, members.size()));
      REQUIRE(own <= ceil_115(total, members.size()));
    }
    if (bounds.places) {
      const size_t first = load_at(lists, m.node, 0);
      REQUIRE(first + 1 >= floor_085(lists.size(), members.size()) * 85 / 100);
      REQUIRE(first <= ceil_115(ceil_115(lists.size(), members.size()), 1));
    }
  }
}

OwnerLists founded() { return OwnerLists(kPartitions, std::vector<NodeNumber>{1}); }

std::string zone_of(NodeNumber node, size_t zones) {
  return zones == 0 ? "" : "z" + std::to_string(node % zones);
}

}  // namespace

TEST_CASE("ring function: growing to 100 members one by one moves what the newcomer receives") {
  for (const size_t replication : {1, 2, 3, 5}) {
    CAPTURE(replication);
    std::vector<RingMember> members{{1, ""}};
    OwnerLists lists = founded();
    for (NodeNumber node = 2; node <= 100; ++node) {
      members.push_back({node, ""});
      const OwnerLists next = assign_owners(lists, members, replication);
      check(next, members, replication);
      CHECK(moved(lists, next) * 10 <= load(next, node) * 12);
      CHECK(assign_owners(next, members, replication) == next);
      lists = next;
    }
  }
}

TEST_CASE("ring function: members that leave one by one give up what others receive") {
  for (const size_t replication : {1, 2, 3, 5}) {
    CAPTURE(replication);
    std::vector<RingMember> members;
    for (NodeNumber node = 1; node <= 100; ++node) members.push_back({node, ""});
    OwnerLists lists = assign_owners(founded(), members, replication);
    check(lists, members, replication);
    uint64_t random = 17;
    while (members.size() > 3) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      const size_t leaver = size_t(random >> 33) % members.size();
      const size_t given_up = load(lists, members[leaver].node);
      members.erase(members.begin() + long(leaver));
      const OwnerLists next = assign_owners(lists, members, replication);
      check(next, members, replication);
      CHECK(moved(lists, next) * 10 <= given_up * 12);
      lists = next;
    }
  }
}

TEST_CASE("ring function: with zones, owners are in as many of them as there are") {
  for (const size_t zones : {2, 3, 4, 7}) {
    CAPTURE(zones);
    std::vector<RingMember> members{{1, zone_of(1, zones)}};
    OwnerLists lists = founded();
    for (NodeNumber node = 2; node <= 60; ++node) {
      members.push_back({node, zone_of(node, zones)});
      const OwnerLists next = assign_owners(lists, members, 3);
      // Zones of one size leave every bound within reach.
      const bool even = members.size() % zones == 0;
      check(next, members, 3, {.loads = even, .places = false});
      CHECK(moved(lists, next) * 10 <= std::max(load(next, node), size_t{1}) * 12);
      CHECK(assign_owners(next, members, 3) == next);
      lists = next;
    }
    uint64_t random = 5;
    while (members.size() > 3) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      const size_t leaver = size_t(random >> 33) % members.size();
      members.erase(members.begin() + long(leaver));
      const OwnerLists next = assign_owners(lists, members, 3);
      check(next, members, 3, {.loads = false, .places = false});
      lists = next;
    }
  }
}

TEST_CASE("ring function: churn of joins and leaves keeps every bound") {
  uint64_t random = 99;
  const auto below = [&](size_t n) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    return size_t(random >> 33) % n;
  };
  for (const size_t zones : {0, 3}) {
    CAPTURE(zones);
    std::vector<RingMember> members;
    for (NodeNumber node = 1; node <= 9; ++node) members.push_back({node, zone_of(node, zones)});
    OwnerLists lists = assign_owners(founded(), members, 3);
    NodeNumber last = 9;
    for (int change = 0; change < 300; ++change) {
      const bool grow = members.size() < 5 || (members.size() < 40 && below(2) == 0);
      size_t least = 0;
      if (grow) {
        ++last;
        members.push_back({last, zone_of(last, zones)});
      } else {
        const size_t leaver = below(members.size());
        least = load(lists, members[leaver].node);
        members.erase(members.begin() + long(leaver));
      }
      const OwnerLists next = assign_owners(lists, members, 3);
      if (grow) least = load(next, last);
      check(next, members, 3, {.loads = zones == 0, .places = zones == 0});
      CHECK(moved(lists, next) * 10 <= least * 12 + 10);
      lists = next;
    }
  }
}

TEST_CASE("ring function: two members that swap one for another move its copies only") {
  const std::vector<RingMember> before{{1, ""}, {2, ""}, {3, ""}};
  const std::vector<RingMember> after{{1, ""}, {3, ""}, {4, ""}};
  const OwnerLists lists = assign_owners(founded(), before, 3);
  const OwnerLists next = assign_owners(lists, after, 3);
  check(next, after, 3);
  CHECK(moved(lists, next) == kPartitions);
}

TEST_CASE("ring function: fewer members than owners asked for, odd ring sizes, one zone of many") {
  CHECK(assign_owners({{1}}, {{1, ""}, {2, ""}}, 3)[0].size() == 2);
  const std::vector<RingMember> lopsided{{1, "a"}, {2, "b"}, {3, "b"}, {4, "b"}, {5, "b"}};
  const OwnerLists lists = assign_owners(founded(), lopsided, 2);
  check(lists, lopsided, 2, {.loads = false, .places = false});
  CHECK(load(lists, 1) == kPartitions);
  const OwnerLists three = assign_owners(lists, lopsided, 3);
  check(three, lopsided, 3, {.loads = false, .places = false});
  const OwnerLists small = assign_owners(OwnerLists(7, {1}), {{1, ""}, {2, ""}, {3, ""}}, 2);
  check(small, {{1, ""}, {2, ""}, {3, ""}}, 2, {.loads = true, .places = false});
}
