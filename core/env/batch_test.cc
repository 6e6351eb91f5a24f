// Batches: writes in order, as they were given.
#include "core/env/batch.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using vordb::Batch;

namespace {

struct Seen {
  Batch::Kind kind;
  vordb::Family family;
  std::string key;
  std::string value;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> writes_of(const Batch& batch) {
  std::vector<Seen> seen;
  batch.for_each([&](const Batch::Write& w) {
    seen.push_back({w.kind, w.family, std::string(w.key), std::string(w.value)});
  });
  return seen;
}

}  // namespace

TEST_CASE("batch: shows its writes in the order in which they came") {
  Batch batch;
  CHECK(batch.empty());
  CHECK(writes_of(batch).empty());
  batch.put(1, "k", "v");
  batch.erase(2, "k");
  batch.erase_range(65535, "a", "b");
  batch.put(0, std::string("\0\xff", 2), "");
  batch.put(1, "", std::string(100'000, 'x'));
  CHECK(batch.writes() == 5);
  CHECK_FALSE(batch.empty());
  CHECK(writes_of(batch) == std::vector<Seen>{
                                {Batch::Kind::kPut, 1, "k", "v"},
                                {Batch::Kind::kDelete, 2, "k", ""},
                                {Batch::Kind::kDeleteRange, 65535, "a", "b"},
                                {Batch::Kind::kPut, 0, std::string("\0\xff", 2), ""},
                                {Batch::Kind::kPut, 1, "", std::string(100'000, 'x')},
                            });
}

TEST_CASE("batch: appending another adds its writes behind") {
  Batch first;
  first.put(1, "a", "1");
  Batch second;
  second.put(1, "b", "2");
  second.erase(1, "c");
  first.append(second);
  CHECK(first.writes() == 3);
  REQUIRE(writes_of(first).size() == 3);
  CHECK(writes_of(first)[2].key == "c");
  CHECK(writes_of(second).size() == 2);
  Batch same;
  same.put(1, "a", "1");
  same.put(1, "b", "2");
  same.erase(1, "c");
  CHECK(first == same);
}

TEST_CASE("batch: cleared, it is as new") {
  Batch batch;
  batch.put(1, "a", "1");
  batch.clear();
  CHECK(batch.empty());
  CHECK(batch.bytes() == 0);
  CHECK(batch == Batch{});
  CHECK(writes_of(batch).empty());
}
