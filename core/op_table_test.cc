// The table of waiting operations: ids name one operation for ever.
#include "core/op_table.h"

#include <set>
#include <string>

#include <doctest/doctest.h>

using vordb::OpId;
using vordb::OpTable;

TEST_CASE("op table: holds what was inserted until it is taken") {
  OpTable<std::string> table;
  CHECK(table.empty());
  const OpId a = table.insert("a");
  const OpId b = table.insert("b");
  CHECK(a != b);
  CHECK(a != 0);
  CHECK(table.size() == 2);
  REQUIRE(table.find(a));
  CHECK(*table.find(a) == "a");
  CHECK(table.take(b) == "b");
  CHECK_FALSE(table.find(b));
  CHECK(*table.find(a) == "a");
  CHECK(table.size() == 1);
}

TEST_CASE("op table: an id is never used again, though its slot is") {
  OpTable<int> table;
  std::set<OpId> seen;
  for (int i = 0; i < 1000; ++i) {
    const OpId op = table.insert(i);
    CHECK(seen.insert(op).second);
    for (const OpId old : seen) {
      if (old != op) REQUIRE_FALSE(table.find(old));
    }
    CHECK(table.take(op) == i);
  }
}

TEST_CASE("op table: ids that it never gave are not found") {
  OpTable<int> table;
  CHECK_FALSE(table.find(0));
  const OpId op = table.insert(1);
  CHECK_FALSE(table.find(0));
  CHECK_FALSE(table.find(op + 1));
  CHECK_FALSE(table.find(UINT64_MAX));
}

TEST_CASE("op table: visits every waiting operation once") {
  OpTable<int> table;
  OpId ops[5];
  for (int i = 0; i < 5; ++i) ops[i] = table.insert(i);
  table.take(ops[1]);
  table.take(ops[3]);
  std::set<OpId> visited;
  int sum = 0;
  table.for_each([&](OpId op, int value) {
    visited.insert(op);
    sum += value;
  });
  CHECK(visited == std::set<OpId>{ops[0], ops[2], ops[4]});
  CHECK(sum == 0 + 2 + 4);
}
