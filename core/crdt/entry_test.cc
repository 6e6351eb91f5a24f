// Entries and the subkeys that say what they are.
#include "core/crdt/entry.h"

#include <doctest/doctest.h>

using namespace vordb::crdt;
using vordb::Hlc;

namespace {

constexpr ReplicaId kA{1, 16, 1};
constexpr ReplicaId kB{2, 16, 1};

EntryKind kind_of(std::string_view subkey) {
  EntryKind kind;
  REQUIRE(parse_kind(subkey, &kind));
  return kind;
}

bool well_formed(std::string_view subkey) {
  EntryKind kind;
  return parse_kind(subkey, &kind);
}

}  // namespace

TEST_CASE("subkeys tell their kind") {
  CHECK(kind_of(kRegisterSubkey) == EntryKind::kRegister);
  CHECK(kind_of(meta_subkey()) == EntryKind::kMeta);
  CHECK(kind_of(element_subkey("")) == EntryKind::kElement);
  CHECK(kind_of(element_subkey(std::string("\0\xff", 2))) == EntryKind::kElement);
  CHECK(kind_of(counter_subkey(kA)) == EntryKind::kCounter);
}

TEST_CASE("subkeys that none of ours has are refused") {
  CHECK_FALSE(well_formed(meta_subkey() + "x"));
  CHECK_FALSE(well_formed(counter_subkey(kA) + "x"));
  CHECK_FALSE(well_formed(counter_subkey(kA).substr(0, 20)));
  CHECK_FALSE(well_formed("\x03"));
  CHECK_FALSE(well_formed("\xff"));
}

TEST_CASE("subkeys name their element or replica and sort like it") {
  const std::string element("a\0b", 3);
  CHECK(element_of(element_subkey(element)) == element);
  CHECK(element_of(element_subkey("")) == "");
  const ReplicaId replica{0x01020304, 0x1112131415161718, UINT64_MAX};
  CHECK(replica_of(counter_subkey(replica)) == replica);
  CHECK(element_subkey("a") < element_subkey("aa"));
  CHECK(element_subkey("\x7f") < element_subkey("\x80"));
  CHECK(counter_subkey(kA) < counter_subkey(kB));
  CHECK(counter_subkey({1, 255, 9}) < counter_subkey({1, 256, 0}));
  // A scan of a key meets the deadline before the data.
  CHECK(meta_subkey() < element_subkey(""));
  CHECK(meta_subkey() < counter_subkey({}));
}

TEST_CASE("an entry is vacant only when nothing of it is left") {
  CHECK(Entry{}.vacant());
  Entry live;
  live.live.push_back({{kA, 1}, {}});
  CHECK_FALSE(live.vacant());
  Entry context;
  context.context.raise(kA, 1);
  CHECK_FALSE(context.vacant());
  Entry baseline;
  baseline.baseline.birth = 1;
  CHECK_FALSE(baseline.vacant());
}

TEST_CASE("an entry finds its live dots and has observed the highest of each replica") {
  Entry entry;
  entry.live.push_back({{kA, 1}, {}});
  entry.live.push_back({{kA, 4}, {}});
  entry.live.push_back({{kB, 2}, {}});
  REQUIRE(entry.find({kA, 4}));
  CHECK(entry.find({kA, 4})->dot == Dot{kA, 4});
  CHECK_FALSE(entry.find({kA, 2}));
  CHECK_FALSE(entry.find({kB, 3}));
  CHECK(entry.observed().get(kA) == 4);
  CHECK(entry.observed().get(kB) == 2);
}

TEST_CASE("the highest hlc of an entry is that of any dot or of the last reset") {
  Entry entry;
  CHECK(entry.highest_hlc() == Hlc{});
  entry.live.push_back({{kA, 1}, {.hlc = Hlc{7}}});
  entry.live.push_back({{kB, 1}, {.hlc = Hlc{5}}});
  CHECK(entry.highest_hlc() == Hlc{7});
  entry.baseline.reset_hlc = Hlc{9};
  CHECK(entry.highest_hlc() == Hlc{9});
}

TEST_CASE("lives of one node are ordered by boot, whatever their random bits") {
  CHECK(make_life(1, 0xffff, 0xffff) < make_life(2, 0, 0));
  CHECK(make_life(1, 1, 0xffff) < make_life(1, 2, 0));
  CHECK(make_life(1, 2, 0x1ffff) == make_life(1, 2, 0xffff));
  CHECK(boot_of(make_life(7, 2, 3)) == 7);
  CHECK(creation_of(make_life(7, 2, 3)) == 2);
  CHECK((ReplicaId{1, 9, 9} < ReplicaId{2, 0, 0}));
  CHECK((ReplicaId{1, 1, 9} < ReplicaId{1, 2, 0}));
  CHECK((Dot{kA, 9} < Dot{kB, 1}));
}
