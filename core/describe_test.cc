#include "core/describe.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "proto/storage.pb.h"

namespace {

struct Part {
  std::string name;
  std::optional<uint64_t> number;
  VORDB_FIELDS(Part, name, number)
};

struct Whole {
  bool flag = true;
  std::vector<Part> parts;
  std::variant<std::monostate, Part> either;
  std::map<uint32_t, std::string> by_number;
  absl::flat_hash_map<uint64_t, uint64_t> unordered;
  std::shared_ptr<const Part> shared;
  vordb::Cow<Part> cow;
  vordb::pb::CeilingRecord message;
  std::pair<int, int> pair{-1, 2};
  uint64_t secret_ = 7;
  VORDB_FIELDS(Whole, flag, parts, either, by_number, unordered, shared, cow, message, pair,
               secret_)
};

}  // namespace

TEST_CASE("describe: every kind of field shows what it holds") {
  Whole whole;
  CHECK(vordb::described(whole, 1000) ==
        "{flag: true, parts: [], either: nothing, by_number: [], unordered: [], shared: none, "
        "cow: {name: \"\", number: none}, message: {}, pair: (-1, 2), secret: 7}");
  whole.parts = {{"a\n", 1}, {"b", std::nullopt}};
  whole.either = Part{"c", 3};
  whole.by_number = {{2, "two"}, {1, "one"}};
  whole.shared = std::make_shared<const Part>(Part{"d", 4});
  whole.cow.edit().name = "e";
  whole.message.set_hlc(5);
  CHECK(vordb::described(whole, 1000) ==
        "{flag: true, parts: [{name: \"a\\n\", number: 1}, {name: \"b\", number: none}], "
        "either: {name: \"c\", number: 3}, by_number: [(1, \"one\"), (2, \"two\")], "
        "unordered: [], shared: {name: \"d\", number: 4}, cow: {name: \"e\", number: none}, "
        "message: {hlc: 5}, pair: (-1, 2), secret: 7}");
}

TEST_CASE("describe: a map without order shows the same whatever led to it") {
  Whole one, other;
  for (uint64_t i = 0; i < 100; ++i) one.unordered[i] = i;
  for (uint64_t i = 100; i-- > 0;) other.unordered[i] = i;
  CHECK(vordb::described(one, 100'000) == vordb::described(other, 100'000));
}

TEST_CASE("describe: what is long is cut, and says so") {
  const std::vector<std::string> many(1000, "element");
  const std::string text = vordb::described(many, 50);
  CHECK(text.size() == 53);
  CHECK(text.ends_with("..."));
  CHECK(vordb::described(many, 50'000).ends_with("]"));
}
