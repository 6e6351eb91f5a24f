#include "core/closest_name.h"

#include <doctest/doctest.h>

#include <string>

namespace vordb {
namespace {

TEST_CASE("closest_name: the name that takes the fewest changes, if few enough") {
  const std::vector<std::string_view> names = {"put", "get", "crash_every_ms", "delay_every_ms"};
  CHECK(closest_name("crash_evry_ms", names) == "crash_every_ms");
  CHECK(closest_name("dlay_every_ms", names) == "delay_every_ms");
  CHECK(closest_name("gut", names) == "put");
  CHECK(closest_name("get", names) == "get");
  CHECK(closest_name("hours", names).empty());
  CHECK(closest_name("crash", names).empty());
  CHECK(closest_name("", names).empty());
  CHECK(closest_name(std::string(1'000'000, 'x'), {"x", ""}).empty());
  CHECK(closest_name("x", {}).empty());
}

}  // namespace
}  // namespace vordb
