// What a node promises of itself on its disk, looked at again and again while peers lie to it: own
// dots, times and the meaning of each dot.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/codec.h"
#include "core/crdt/hlc.h"
#include "core/vnode/record_keys.h"
#include "core/vnode/stored_vnode.h"
#include "proto/storage.pb.h"
#include "sim/cluster_lab.h"

namespace vordb::sim {

// What the victim promises of itself, looked at again and again.
class Watch {
 public:
  Watch(ClusterLab& lab, size_t victim) : lab_(lab), victim_(victim) {}

  // A vnode more than that would be one that a stranger has made.
  void look(uint32_t vnodes_max) {
    look_at_disk();
    uint32_t vnodes = 0;
    for (uint16_t shard = 0; shard < ClusterLab::kShards; ++shard) {
      vnodes += lab_.shard(victim_, shard).figures(0).vnodes;
    }
    CHECK(vnodes <= vnodes_max);
    lab_.sent.clear();
  }

 private:
  void look_at_disk() {
    look_at_identity();
    std::map<PlacementId, vnode::StoredVnode> stored;
    for (const auto& [at, value] : lab_.disk(victim_).records()) {
      const auto& [family, key] = at;
      PlacementId id;
      if (family == kMetaFamily && vnode::parse_stored_key(key, &id)) {
        REQUIRE(stored[id].take(id, {key, value}).ok());
      } else if (family == kMetaFamily && key >= vnode::ceilings_begin() &&
                 key < vnode::ceilings_end()) {
        look_at_ceiling(key, value);
      } else if (family != kMetaFamily && key.size() > vnode::kTablePrefixBytes &&
                 key[vnode::kTablePrefixBytes - 1] == char(vnode::Table::kDots)) {
        look_at_dot(key, value);
      }
    }
    // Own dots are as many as the vnode can have taken.
    for (const auto& [id, vnode] : stored) {
      CHECK(vnode.clock.highest_of(from_pb(vnode.record.self())) < 1'000'000);
    }
  }

  // A node that comes back as another member gives up what it was, one shard after the other.
  void look_at_identity() {
    const std::string key = vnode::node_record_key();
    const std::string& value = lab_.disk(victim_).records().at({kMetaFamily, key});
    pb::NodeRecord record;
    REQUIRE(open_record(key, value, &record).ok());
    if (std::exchange(node_, record.node()) == record.node()) return;
    for (const auto& [ceiling, time] : ceilings_) given_up_.insert(ceiling);
  }

  // Times stay within bounds and never go back.
  void look_at_ceiling(const std::string& key, const std::string& value) {
    Hlc now;
    REQUIRE(vnode::decode_ceilings({{key, value}}, &now).ok());
    CHECK(now.word <= Hlc::kWordMax);
    Hlc& before = ceilings_[key];
    CHECK((now >= before || given_up_.erase(key) == 1));
    before = now;
  }

  // One dot, one meaning.
  void look_at_dot(const std::string& key, const std::string& value) {
    crdt::Dot dot;
    pb::DotRecord record;
    REQUIRE(open_record(key, value, &record).ok());
    REQUIRE(vnode::parse_dot_name(std::string_view(key).substr(vnode::kTablePrefixBytes), &dot));
    if (dot.replica.node != lab_.number(victim_)) return;
    const std::string what = std::to_string(record.bucket_id()) + " " + record.key();
    const auto [known, fresh] = meanings_.try_emplace(key, what);
    CHECK(known->second == what);
  }

  ClusterLab& lab_;
  size_t victim_;
  NodeNumber node_ = 0;
  std::map<std::string, Hlc> ceilings_;
  std::set<std::string> given_up_;               // of them
  std::map<std::string, std::string> meanings_;  // of the victim's own dots
};

}  // namespace vordb::sim
