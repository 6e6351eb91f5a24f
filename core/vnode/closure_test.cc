#include "core/vnode/closure.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/codec.h"
#include "core/crdt/set.h"
#include "core/vnode/testing/vnode_records.h"
#include "proto/peer.pb.h"

using vordb::Batch;
using vordb::BucketId;
using vordb::BucketType;
using vordb::Configuration;
using vordb::Family;
using vordb::Hlc;
using vordb::PlacementId;
using vordb::ReadRequest;
using vordb::ReadResult;
using vordb::SharedEntry;
using vordb::crdt::Dot;
using vordb::crdt::element_subkey;
using vordb::crdt::Entry;
using vordb::crdt::meta_subkey;
using vordb::crdt::ReplicaId;
using vordb::crdt::VnodeClock;
using vordb::vnode::Closure;
using vordb::vnode::DotLog;
using vordb::vnode::entry_name;
using vordb::vnode::record_key;
using vordb::vnode::Table;
namespace pb = vordb::pb;

namespace {

constexpr PlacementId kId{3, 7};
constexpr Closure::Bounds kBounds{kId, 1, 16'000};
constexpr Family kData = 2;
constexpr BucketId kForever = 20;  // a set
constexpr BucketId kExpiring = 21;
constexpr ReplicaId kUs{1, 16, 1};

Dot dot(uint64_t counter) { return {kUs, counter}; }

std::vector<std::string> elements(const std::vector<std::string>& names) {
  std::vector<std::string> subkeys;
  for (const std::string& name : names) subkeys.push_back(element_subkey(name));
  return subkeys;
}

// A vnode's records, and a closure read from them.
struct Case : vordb::vnode::VnodeRecords {
  Case() : VnodeRecords(kId, kData) {
    vordb::Bucket forever;
    forever.id = kForever;
    forever.config.type = BucketType::kOrswot;
    vordb::Bucket expiring = forever;
    expiring.id = kExpiring;
    expiring.config.ttl_seconds = 60;
    configuration.buckets = {{kForever, forever}, {kExpiring, expiring}};
  }

  // This vnode's mutations up to `counter` are seen: what an entry lacks is removed.
  void see(uint64_t counter) {
    VnodeClock clock;
    for (uint64_t c = 1; c <= counter; ++c) clock.add(dot(c));
    put_clock(clock);
  }
  void log(uint64_t counter, BucketId bucket, const std::string& key,
           std::vector<std::string> subkeys, bool purge = false) {
    put_dot(bucket, key, {dot(counter), std::move(subkeys), {}, purge});
  }
  void hold(BucketId bucket, const std::string& key, const std::string& subkey, uint64_t counter) {
    put_entry(entry_name(bucket, key, subkey), dot(counter));
  }
  absl::Status collect(Closure& closure) const {
    while (const std::optional<ReadRequest> request = closure.next_read(kData)) {
      const absl::Status taken = closure.take(read(*request), configuration);
      if (!taken.ok()) return taken;
    }
    return absl::OkStatus();
  }
  Closure of(std::vector<uint64_t> counters) const {
    std::vector<Dot> wanted;
    for (const uint64_t counter : counters) wanted.push_back(dot(counter));
    Closure closure = Closure::of_dots(kBounds, std::move(wanted));
    CHECK(collect(closure).ok());
    return closure;
  }

  Configuration configuration;
};

std::vector<uint64_t> counters_of(const Closure::Key& key) {
  std::vector<uint64_t> counters;
  for (const auto& logged : key.dots) counters.push_back(logged.dot.counter);
  std::sort(counters.begin(), counters.end());
  return counters;
}

std::vector<std::string> subkeys_of(const Closure::Key& key) {
  std::vector<std::string> subkeys;
  for (const auto& entry : key.entries) subkeys.push_back(entry.subkey);
  return subkeys;
}

}  // namespace

TEST_CASE("closure: a dot brings its entries, these their dots, and so on (rule 3)") {
  Case c;
  c.see(4);
  c.log(1, kForever, "k", elements({"a", "b"}));
  c.log(2, kForever, "k", elements({"b", "c"}));
  c.log(3, kForever, "k", elements({"d"}));
  c.log(4, kForever, "other", elements({"a"}));
  for (const char* name : {"a", "b", "c", "d"}) c.hold(kForever, "k", element_subkey(name), 1);
  const Closure closure = c.of({1});
  REQUIRE(closure.keys().size() == 1);
  CHECK(counters_of(closure.keys()[0]) == std::vector<uint64_t>{1, 2});
  CHECK(subkeys_of(closure.keys()[0]) == elements({"a", "b", "c"}));
  CHECK_FALSE(closure.unlogged());
}

TEST_CASE("closure: an entry that is gone comes as an absent one, filled by the base") {
  Case c;
  c.see(2);
  c.log(1, kForever, "k", elements({"a"}));
  c.log(2, kForever, "k", elements({"a"}));  // the removal: there is no entry
  const Closure closure = c.of({2});
  REQUIRE(closure.keys().size() == 1);
  REQUIRE(closure.keys()[0].entries.size() == 1);
  CHECK(closure.keys()[0].entries[0].entry->vacant());
  pb::Updates updates;
  closure.add_to(&updates);
  CHECK(vordb::vector_from_pb(updates.base()).get(kUs) == 2);
  CHECK(updates.keys(0).dots_size() == 2);
}

TEST_CASE("closure: no element travels without its deadline (counterexample K)") {
  Case c;
  c.see(3);
  c.log(1, kExpiring, "k", {meta_subkey(), element_subkey("a")});
  c.log(2, kExpiring, "k", elements({"b"}));
  c.log(3, kExpiring, "k", {meta_subkey()});
  const Closure closure = c.of({2});
  REQUIRE(closure.keys().size() == 1);
  // The deadline's own dots come along, and with them what else they touched.
  CHECK(counters_of(closure.keys()[0]) == std::vector<uint64_t>{1, 2, 3});
  CHECK(closure.keys()[0].entries.size() == 3);
}

TEST_CASE("closure: a purge in the log goes with a later write of its key (counterexample U)") {
  Case c;
  c.see(2);
  c.log(1, kExpiring, "k", {meta_subkey(), element_subkey("old")}, true);
  c.log(2, kExpiring, "k", {meta_subkey(), element_subkey("new")});
  const Closure closure = c.of({2});
  REQUIRE(closure.keys().size() == 1);
  const auto& logged = closure.keys()[0].dots;
  REQUIRE(logged.size() == 2);
  CHECK(std::count_if(logged.begin(), logged.end(), [](const auto& d) { return d.purge; }) == 1);
}

TEST_CASE("closure: void dots and those of dropped buckets are told as such (counterexample R)") {
  Case c;
  c.see(3);
  Batch batch;
  c.dots.write_void(dot(1), kData, batch);
  c.apply(batch);
  c.log(2, kForever, "k", elements({"a"}));
  c.configuration.buckets.erase(kForever);
  const Closure closure = c.of({1, 2});
  CHECK(closure.keys().empty());
  CHECK_FALSE(closure.unlogged());
  CHECK_FALSE(closure.settled().empty());
  pb::Updates updates;
  closure.add_to(&updates);
  CHECK(updates.voids_size() == 2);
}

TEST_CASE("closure: what the log has lost is said, and does not hold up what lies behind it") {
  Case c;
  c.see(3);
  c.log(3, kForever, "k", elements({"a"}));
  const Closure closure = c.of({1, 2, 3});
  CHECK(closure.unlogged());
  CHECK(closure.keys().size() == 1);
  const Closure nothing = c.of({1, 2});
  CHECK(nothing.settled().empty());
  CHECK_FALSE(nothing.says_nothing());
}

TEST_CASE("closure: of entries, where a coordinator names them") {
  Case c;
  c.see(2);
  c.log(1, kForever, "k", elements({"a", "b"}));
  c.hold(kForever, "k", element_subkey("a"), 1);
  Closure closure = Closure::of_entries(kBounds, kForever, "k", elements({"a"}));
  REQUIRE(c.collect(closure).ok());
  REQUIRE(closure.keys().size() == 1);
  CHECK(subkeys_of(closure.keys()[0]) == elements({"a", "b"}));
}

TEST_CASE("closure: a key is never cut, a body ends behind the key that fills it") {
  Case c;
  c.see(600);
  for (uint64_t counter = 1; counter <= 300; ++counter) {
    c.log(counter, kForever, "k", elements({"a"}));
  }
  for (uint64_t counter = 301; counter <= 600; ++counter) {
    c.log(counter, kForever, "k" + std::to_string(counter), elements({"a"}));
  }
  std::vector<uint64_t> all;
  for (uint64_t counter = 1; counter <= 600; ++counter) all.push_back(counter);
  const Closure closure = c.of(all);
  REQUIRE(closure.keys().size() == 1);
  CHECK(closure.keys()[0].dots.size() == 300);
}

TEST_CASE("closure: a key too large for a message is left to a snapshot, and holds up nothing") {
  Case c;
  c.see(501);
  for (uint64_t counter = 1; counter <= 500; ++counter) {
    c.log(counter, kForever, "large", elements({"a", "b" + std::to_string(counter)}));
  }
  c.log(501, kForever, "small", elements({"a"}));
  std::vector<uint64_t> all;
  for (uint64_t counter = 1; counter <= 501; ++counter) all.push_back(counter);
  const Closure closure = c.of(all);
  CHECK(closure.unlogged());
  REQUIRE(closure.keys().size() == 1);
  CHECK(closure.keys()[0].key == "small");
  all.pop_back();
  CHECK(c.of(all).settled().empty());
}

TEST_CASE("closure: a vnode without a record, and one with a damaged one, say which it is") {
  Case c;
  Closure none = Closure::of_dots(kBounds, {dot(1)});
  CHECK(absl::IsNotFound(c.collect(none)));
  c.see(1);
  c.records.begin()->second[0] ^= 1;
  Closure damaged = Closure::of_dots(kBounds, {dot(1)});
  CHECK(absl::IsDataLoss(c.collect(damaged)));
}
