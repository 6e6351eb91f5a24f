// Record keys: their order is the order of what they name, and each range holds its own and nothing
// else.
#include "core/vnode/record_keys.h"

#include <vector>

#include <doctest/doctest.h>

using namespace vordb;
using namespace vordb::vnode;

namespace {

// Keys and subkeys whose bytes invite mistakes: prefixes of one another, zeros, 0xff, the bytes of
// a length.
const std::vector<std::string> kOdd = {"",
                                       std::string(1, '\0'),
                                       std::string("\0\0\0\x01", 4),
                                       "a",
                                       std::string("a\0", 2),
                                       "aa",
                                       "b",
                                       "\xff",
                                       "\xff\xff",
                                       std::string(300, 'k')};

bool within(const std::string& name, const std::string& begin, const std::string& end) {
  return begin <= name && name < end;
}

}  // namespace

TEST_CASE("prefix_end is the smallest string above all that begin with the prefix") {
  CHECK(prefix_end("a") == "b");
  CHECK(prefix_end("a\xff") == "b");
  CHECK(prefix_end("a\xff\xff") == "b");
  CHECK(prefix_end(std::string("a\0", 2)) == std::string("a\x01", 2));
  CHECK(prefix_end("\x7f") == "\x80");
  CHECK(prefix_end("\xfe") == "\xff");
  CHECK(prefix_end("\xff") == "");
  CHECK(prefix_end("\xff\xff") == "");
  CHECK(prefix_end("") == "");
}

TEST_CASE("entry names come back as they went in") {
  for (const BucketId bucket : {BucketId{0}, BucketId{1}, BucketId{256}, UINT64_MAX}) {
    for (const std::string& key : kOdd) {
      for (const std::string& subkey : kOdd) {
        const std::string name = entry_name(bucket, key, subkey);
        EntryName parsed;
        REQUIRE(parse_entry_name(name, &parsed));
        CHECK(parsed.bucket == bucket);
        CHECK(parsed.key == key);
        CHECK(parsed.subkey == subkey);
      }
    }
  }
}

TEST_CASE("bytes that are no entry name are refused") {
  EntryName parsed;
  const std::string name = entry_name(1, "abc", "");
  for (size_t bytes = 0; bytes < name.size(); ++bytes) {
    CHECK_FALSE(parse_entry_name(name.substr(0, bytes), &parsed));
  }
  CHECK_FALSE(parse_entry_name(std::string(12, '\xff'), &parsed));
}

TEST_CASE("a key's range holds its entries and no other key's") {
  for (const std::string& key : kOdd) {
    const std::string begin = key_begin(7, key);
    const std::string end = key_end(7, key);
    for (const std::string& other : kOdd) {
      for (const std::string& subkey : kOdd) {
        CHECK(within(entry_name(7, other, subkey), begin, end) == (other == key));
        CHECK_FALSE(within(entry_name(8, other, subkey), begin, end));
      }
    }
  }
}

TEST_CASE("a bucket's range holds its keys and no other bucket's") {
  for (const BucketId bucket : {BucketId{1}, BucketId{255}, BucketId{256}, BucketId{0xffff}}) {
    for (const std::string& key : kOdd) {
      for (const BucketId other : {bucket - 1, bucket, bucket + 1}) {
        CHECK(within(entry_name(other, key, "s"), bucket_begin(bucket), bucket_end(bucket)) ==
              (other == bucket));
      }
    }
  }
}

TEST_CASE("one key's entries lie in the order of their subkeys") {
  for (size_t i = 1; i < kOdd.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      CHECK((entry_name(1, "k", kOdd[i]) < entry_name(1, "k", kOdd[j])) == (kOdd[i] < kOdd[j]));
    }
  }
}

TEST_CASE("a vnode's tables lie apart from each other and from other vnodes'") {
  const std::vector<PlacementId> placements = {{1, 0}, {1, 255}, {1, 256}, {3, 0xffff}, {255, 0}};
  const Table tables[] = {Table::kEntries,   Table::kDots, Table::kTouched,
                          Table::kLeftOvers, Table::kDue,  Table::kAnswers};
  for (const PlacementId id : placements) {
    for (const Table table : tables) {
      CHECK(table_begin(id, table).size() == kTablePrefixBytes);
      for (const PlacementId other : placements) {
        for (const Table other_table : tables) {
          const std::string key = table_begin(other, other_table) + "\xff\xff";
          CHECK(within(key, table_begin(id, table), table_end(id, table)) ==
                (id == other && table == other_table));
        }
      }
    }
  }
}

TEST_CASE("records of the meta family have keys of their own") {
  const PlacementId id{3, 0x1234};
  PlacementId parsed;
  REQUIRE(parse_stored_key(vnode_state_key(id), &parsed));
  CHECK(parsed == id);
  CHECK(within(vnode_state_key({0, 0}), vnode_states_begin(), vnode_states_end()));
  CHECK(within(vnode_state_key({255, 0xffff}), vnode_states_begin(), vnode_states_end()));
  for (const std::string& other :
       {node_record_key(), configuration_record_key(), acceptor_record_key(), ceiling_key(3)}) {
    CHECK_FALSE(within(other, vnode_states_begin(), vnode_states_end()));
    CHECK_FALSE(parse_stored_key(other, &parsed));
  }
  CHECK_FALSE(parse_stored_key(vnode_state_key(id) + "x", &parsed));
  CHECK(within(ceiling_key(0), ceilings_begin(), ceilings_end()));
  CHECK(within(ceiling_key(0xffff), ceilings_begin(), ceilings_end()));
  CHECK_FALSE(within(vnode_state_key(id), ceilings_begin(), ceilings_end()));
}

TEST_CASE("the rows of a vnode's clock lie right behind its record, and before any other's") {
  const crdt::ReplicaId low{0, 0, 0};
  const crdt::ReplicaId high{UINT32_MAX, UINT64_MAX, UINT64_MAX};
  for (const PlacementId id : {PlacementId{1, 0}, PlacementId{1, 0xffff}, PlacementId{255, 7}}) {
    const std::string begin = vnode_state_key(id);
    for (const crdt::ReplicaId& replica : {low, high}) {
      const std::string row = clock_row_key(id, replica);
      CHECK(begin < row);
      CHECK(row < prefix_end(begin));
      PlacementId parsed;
      REQUIRE(parse_stored_key(row, &parsed));
      CHECK(parsed == id);
      CHECK_FALSE(parse_stored_key(row + "x", &parsed));
    }
    CHECK_FALSE(within(clock_row_key({2, 1}, low), begin, prefix_end(begin)));
  }
}

TEST_CASE("dot names come back and sort like dots") {
  const std::vector<crdt::Dot> dots = {{{1, 16, 1}, 1},         {{1, 16, 1}, 255},
                                       {{1, 16, 1}, 256},       {{1, 16, UINT64_MAX}, 1},
                                       {{1, 17, 0}, 1},         {{2, 0, 0}, 1},
                                       {{UINT32_MAX, 0, 0}, 1}, {{UINT32_MAX, 0, 0}, UINT64_MAX}};
  for (size_t i = 0; i < dots.size(); ++i) {
    const std::string name = dot_name(dots[i]);
    CHECK(name.size() == kDotNameBytes);
    crdt::Dot parsed;
    REQUIRE(parse_dot_name(name, &parsed));
    CHECK(parsed == dots[i]);
    CHECK_FALSE(parse_dot_name(name + "x", &parsed));
    CHECK_FALSE(parse_dot_name(name.substr(1), &parsed));
    if (i > 0) CHECK(dot_name(dots[i - 1]) < name);
  }
}

TEST_CASE("the dots of an entry lie under its prefix and under no other entry's") {
  const std::string dot = dot_name({{1, 16, 1}, 1});
  for (const std::string& subkey : kOdd) {
    const std::string prefix = touched_prefix(1, "k", subkey);
    for (const std::string& other : kOdd) {
      const std::string row = touched_prefix(1, "k", other) + dot;
      CHECK(within(row, prefix, prefix_end(prefix)) == (other == subkey));
    }
  }
}

TEST_CASE("rows of what is due sort by time first") {
  CHECK(due_name(Hlc{255}, "z") < due_name(Hlc{256}, "a"));
  CHECK(due_name(Hlc{256}, "a") < due_name(Hlc{256}, "b"));
  CHECK(due_name(Hlc{1}, "entry").substr(kDueTimeBytes) == "entry");
}
