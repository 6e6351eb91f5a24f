#include "core/vnode/snapshot_page.h"

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
using vordb::PlacementId;
using vordb::ReadRequest;
using vordb::ReadResult;
using vordb::crdt::Dot;
using vordb::crdt::element_subkey;
using vordb::crdt::Entry;
using vordb::crdt::ReplicaId;
using vordb::crdt::VnodeClock;
using vordb::vnode::Closure;
using vordb::vnode::DotLog;
using vordb::vnode::entry_name;
using vordb::vnode::record_key;
using vordb::vnode::SnapshotPage;
using vordb::vnode::SnapshotPlace;
using vordb::vnode::Table;
namespace pb = vordb::pb;

namespace {

constexpr PlacementId kId{3, 7};
constexpr Closure::Bounds kBounds{kId, 1, 16'000};
constexpr Family kData = 2;
constexpr BucketId kSet = 20;
constexpr BucketId kDropped = 30;
constexpr ReplicaId kUs{1, 16, 1};

Dot dot(uint64_t counter) { return {kUs, counter}; }

std::string numbered(const std::string& prefix, int number) {
  const std::string digits = std::to_string(number);
  return prefix + std::string(5 - digits.size(), '0') + digits;
}

// A vnode's records, and the parts of a snapshot read from them.
struct Case : vordb::vnode::VnodeRecords {
  Case() : VnodeRecords(kId, kData) {
    vordb::Bucket set;
    set.id = kSet;
    set.config.type = BucketType::kOrswot;
    configuration.buckets = {{kSet, set}};
    VnodeClock clock;
    for (uint64_t counter = 1; counter <= 9; ++counter) clock.add(dot(counter));
    put_clock(clock);
  }

  void hold(const std::string& key, const std::string& element, BucketId bucket = kSet) {
    put_entry(entry_name(bucket, key, element_subkey(element)), dot(1));
  }
  void log(uint64_t counter, const std::string& key, const std::vector<std::string>& elements) {
    std::vector<std::string> subkeys;
    for (const std::string& element : elements) subkeys.push_back(element_subkey(element));
    put_dot(kSet, key, {dot(counter), std::move(subkeys), {}, false});
  }

  absl::Status collect(SnapshotPage& page) {
    while (const auto request = page.next_read(kData, configuration)) {
      ++reads;
      const absl::Status taken = page.take(read(*request), configuration);
      if (!taken.ok()) return taken;
    }
    return absl::OkStatus();
  }
  // All parts, in order.
  std::vector<pb::Updates> parts() {
    std::vector<pb::Updates> all;
    for (SnapshotPlace place; place.table == Table::kEntries && all.size() < 20;) {
      SnapshotPage page(kBounds, {}, place);
      REQUIRE(collect(page).ok());
      page.add_to(&all.emplace_back());
      place = page.end();
    }
    return all;
  }

  Configuration configuration;
  int reads = 0;
};

size_t dots_of(const pb::Updates& part) {
  size_t dots = 0;
  for (const pb::KeyUpdate& key : part.keys()) dots += size_t(key.dots_size());
  return dots;
}

// How often each entry went, by bucket, key and subkey.
std::map<std::string, int> entries_of(const std::vector<pb::Updates>& parts) {
  std::map<std::string, int> entries;
  for (const pb::Updates& part : parts) {
    for (const pb::KeyUpdate& key : part.keys()) {
      for (const pb::KeyEntry& entry : key.entries()) {
        ++entries[entry_name(key.bucket_id(), key.key(), entry.subkey())];
      }
    }
  }
  return entries;
}

bool each_once(const std::vector<pb::Updates>& parts, size_t entries) {
  const std::map<std::string, int> sent = entries_of(parts);
  return sent.size() == entries &&
         std::all_of(sent.begin(), sent.end(), [](const auto& entry) { return entry.second == 1; });
}

}  // namespace

TEST_CASE("snapshot page: a vnode without entries has one part, and the dot log follows") {
  Case c;
  SnapshotPage page(kBounds, {}, {});
  REQUIRE(c.collect(page).ok());
  pb::Updates updates;
  page.add_to(&updates);
  CHECK(updates.keys().empty());
  CHECK(page.end().table == Table::kDots);
}

TEST_CASE("snapshot page: keys that the log does not name are passed by in one look at it") {
  Case c;
  for (int i = 0; i < 50; ++i) c.hold(numbered("k", i), "e");
  const std::vector<pb::Updates> parts = c.parts();
  CHECK(parts.size() == 1);
  CHECK(each_once(parts, 50));
  CHECK(c.reads == 2);
}

TEST_CASE("snapshot page: an entry brings the logged dots that touched it, these their entries") {
  Case c;
  for (const char* element : {"a", "b", "c"}) c.hold("k", element);
  c.hold("other", "a");
  c.log(2, "k", {"a", "b"});
  const std::vector<pb::Updates> parts = c.parts();
  REQUIRE(parts.size() == 1);
  CHECK(each_once(parts, 4));
  CHECK(dots_of(parts[0]) == 1);
  for (const pb::KeyUpdate& key : parts[0].keys()) {
    if (key.dots_size() == 0) continue;
    CHECK(key.key() == "k");
    CHECK(key.entries_size() == 2);  // c goes by itself: no logged dot names it
  }
}

TEST_CASE("snapshot page: what goes with a closure ahead of its place does not go again") {
  Case c;
  for (int i = 0; i < 1500; ++i) c.hold("k", numbered("e", i));
  // One mutation touched an entry of the first part and one of the second.
  c.log(2, "k", {numbered("e", 3), numbered("e", 1400)});
  const std::vector<pb::Updates> parts = c.parts();
  REQUIRE(parts.size() == 2);
  CHECK(each_once(parts, 1500));
  CHECK(dots_of(parts[0]) == 1);
  CHECK(dots_of(parts[1]) == 0);
  CHECK(
      entries_of({parts[0]}).contains(entry_name(kSet, "k", element_subkey(numbered("e", 1400)))));
}

TEST_CASE("snapshot page: parts end at their bound and leave nothing out between them") {
  Case c;
  const int many = int(vordb::vnode::PartLimits{}.records) * 2 + 10;
  for (int i = 0; i < many; ++i) c.hold(numbered("k", i), "e");
  const std::vector<pb::Updates> parts = c.parts();
  CHECK(parts.size() == 3);
  CHECK(each_once(parts, size_t(many)));
}

TEST_CASE("snapshot page: entries of a bucket that was dropped go as they are") {
  Case c;
  c.hold("k", "a", kDropped);
  c.hold("k", "a");
  c.log(2, "k", {"a"});
  const std::vector<pb::Updates> parts = c.parts();
  REQUIRE(parts.size() == 1);
  CHECK(each_once(parts, 2));
}

TEST_CASE("snapshot page: a key whose closure is too large goes without its dots, part by part") {
  Case c;
  std::vector<std::string> elements;
  for (int i = 0; i < 1500; ++i) {
    elements.push_back(numbered("element-", i));
    c.hold("k", elements.back());
  }
  c.log(2, "k", elements);  // more than kBounds lets one key weigh
  SnapshotPage first(kBounds, {}, {});
  REQUIRE(c.collect(first).ok());
  CHECK(first.end().bare == vordb::vnode::key_begin(kSet, "k"));  // not tried again
  const std::vector<pb::Updates> parts = c.parts();
  REQUIRE(parts.size() == 2);
  CHECK(each_once(parts, 1500));
  CHECK(dots_of(parts[0]) + dots_of(parts[1]) == 0);
}

TEST_CASE("snapshot page: damage and a failed read are told") {
  Case c;
  c.hold("k", "a");
  for (auto& [at, value] : c.records) {
    if (at.first == kData) value.back() ^= 1;
  }
  SnapshotPage damaged(kBounds, {}, {});
  CHECK(c.collect(damaged).code() == absl::StatusCode::kDataLoss);
  SnapshotPage failed(kBounds, {}, {});
  REQUIRE(failed.next_read(kData, c.configuration).has_value());
  const ReadResult error{absl::UnavailableError("stalled"), {}, false};
  CHECK(failed.take(error, c.configuration).code() == absl::StatusCode::kUnavailable);
}
