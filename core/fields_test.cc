#include "core/fields.h"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/shard.h"
#include "core/vnode/state.h"
#include "proto/storage.pb.h"

using vordb::add_fields;
using vordb::Cow;
using vordb::digest_of_fields;
using vordb::FieldAccess;
using vordb::Fingerprint;
using vordb::for_each_difference;
using vordb::same_fields;

namespace {

struct Part {
  std::string name;
  std::shared_ptr<const std::string> shared;
  VORDB_FIELDS(Part, name, shared)
};

class Whole {
 public:
  Whole() = default;

  uint64_t number = 0;
  std::optional<Part> part;
  std::variant<std::monostate, uint32_t, Part> either;
  std::map<uint32_t, Part> by_number;
  absl::flat_hash_map<uint64_t, Part> unordered;
  Cow<Part> cow;
  vordb::pb::CeilingRecord message;
  bool flag = false;

  void set_secret(uint64_t to) { secret_ = to; }

 private:
  uint64_t secret_ = 0;

  VORDB_FIELDS(Whole, number, part, either, by_number, unordered, cow, message, flag, secret_)
};

struct Forgetful {
  uint64_t number = 0;
  uint64_t forgotten = 0;
  VORDB_FIELDS(Forgetful, number)
};

// Before a field was added, and after.
struct Narrow {
  uint64_t number = 0;
  VORDB_FIELDS(Narrow, number)
};
struct Wide {
  uint64_t number = 0;
  std::vector<uint64_t> added;
  VORDB_FIELDS(Wide, number, added)
};

Part part(const std::string& name) { return {name, std::make_shared<const std::string>(name)}; }

std::vector<std::string> differences(const Whole& a, const Whole& b) {
  std::vector<std::string> names;
  for_each_difference(a, b, [&](const char* name, size_t) { names.push_back(name); });
  return names;
}

}  // namespace

TEST_CASE("fields: each field counts, wherever its value lies") {
  const std::vector<std::pair<std::string, void (*)(Whole&)>> changes = {
      {"number", [](Whole& w) { w.number = 1; }},
      {"part", [](Whole& w) { w.part = part("p"); }},
      {"either", [](Whole& w) { w.either = uint32_t{0}; }},
      {"either", [](Whole& w) { w.either = part("p"); }},
      {"by_number", [](Whole& w) { w.by_number[7] = part("p"); }},
      {"unordered", [](Whole& w) { w.unordered[7] = part("p"); }},
      {"cow", [](Whole& w) { w.cow.edit().name = "p"; }},
      {"message", [](Whole& w) { w.message.set_hlc(1); }},
      {"flag", [](Whole& w) { w.flag = true; }},
      {"secret_", [](Whole& w) { w.set_secret(1); }},
  };
  const Whole plain;
  for (const auto& [name, change] : changes) {
    CAPTURE(name);
    Whole changed;
    Whole alike;
    change(changed);
    change(alike);
    CHECK(same_fields(changed, alike));
    CHECK(digest_of_fields(changed) == digest_of_fields(alike));
    CHECK(differences(changed, alike).empty());
    CHECK_FALSE(same_fields(plain, changed));
    CHECK(digest_of_fields(plain) != digest_of_fields(changed));
    CHECK(differences(plain, changed) == std::vector<std::string>{name});
  }
}

TEST_CASE("fields: what a pointer points to, and not where that lies") {
  const Part one = part("a");
  const Part other = part("a");
  CHECK(one.shared != other.shared);
  CHECK(same_fields(one, other));
  CHECK(digest_of_fields(one) == digest_of_fields(other));
  CHECK_FALSE(same_fields(one, Part{"a", nullptr}));
  CHECK_FALSE(same_fields(one, Part{"a", std::make_shared<const std::string>("b")}));
}

TEST_CASE("fields: a hash map's order is none") {
  absl::flat_hash_map<uint64_t, Part> one;
  absl::flat_hash_map<uint64_t, Part> other;
  other.reserve(1000);
  for (uint64_t i = 0; i < 100; ++i) {
    one[i] = part(std::to_string(i));
    other[99 - i] = part(std::to_string(99 - i));
  }
  CHECK(same_fields(one, other));
  CHECK(digest_of_fields(one) == digest_of_fields(other));
  other[3] = part("x");
  CHECK_FALSE(same_fields(one, other));
  CHECK(digest_of_fields(one) != digest_of_fields(other));
}

TEST_CASE("fields: a digest that a Cow keeps ends with the next edit") {
  Cow<Part> cow(part("a"));
  const auto before = digest_of_fields(cow);
  CHECK(digest_of_fields(cow) == before);
  cow.edit().name = "b";
  CHECK(digest_of_fields(cow) != before);
  cow.edit().name = "a";
  CHECK(digest_of_fields(cow) == before);
}

TEST_CASE("fields: a table that leaves one out is told from a whole one") {
  static_assert(FieldAccess::complete<Part>());
  static_assert(FieldAccess::complete<Whole>());
  static_assert(!FieldAccess::complete<Forgetful>());
}

TEST_CASE("fields: a field that is added shows in equality, fingerprint and differences") {
  static_assert(FieldAccess::complete<Wide>());
  CHECK(same_fields(Narrow{1}, Narrow{1}));
  CHECK_FALSE(same_fields(Wide{1, {2}}, Wide{1, {3}}));
  CHECK(digest_of_fields(Wide{1, {2}}) != digest_of_fields(Wide{1, {3}}));
  std::vector<std::pair<std::string, size_t>> told;
  for_each_difference(Wide{1, {2}}, Wide{1, {3}},
                      [&](const char* name, size_t index) { told.emplace_back(name, index); });
  REQUIRE(told.size() == 1);
  // The name is what a trace shows, the index what is counted.
  CHECK(told[0] == std::pair<std::string, size_t>{"added", 1});
}

TEST_CASE("fields: actors differ in what they hold, not in how they number their operations") {
  using vordb::vnode::State;
  const vordb::Configuration configuration;
  State one({3, 7}, {1, 16, 1, 1, {}}, configuration);
  State other({3, 7}, {1, 16, 1, 500, {}}, configuration);
  CHECK(digest_of_fields(one) == digest_of_fields(other));
  CHECK_FALSE(same_fields(one, other));
  one.parked.emplace(one.next_op++, vordb::vnode::FetchScanTask{"a"});
  other.parked.emplace(other.next_op++, vordb::vnode::FetchScanTask{"a"});
  CHECK(digest_of_fields(one) == digest_of_fields(other));
  other.parked.begin()->second = vordb::vnode::FetchScanTask{"b"};
  CHECK(digest_of_fields(one) != digest_of_fields(other));
  // Clocks of peers, fences and what waits were once left out.
  State third = one;
  vordb::vnode::PeerView view;
  view.replica = {2, 16, 1};
  third.peers.hear(view);
  CHECK(digest_of_fields(one) != digest_of_fields(third));
  State fourth = one;
  fourth.standing.fence.raise({2, 16, 9});
  CHECK(digest_of_fields(one) != digest_of_fields(fourth));
  State fifth = one;
  fifth.early_acks.emplace_back();
  CHECK(digest_of_fields(one) != digest_of_fields(fifth));
}
