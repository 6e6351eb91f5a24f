#include "io/http_target.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "io/http_routes.h"

namespace vordb::io {
namespace {

using Segments = std::vector<std::string>;

Segments segments(const std::string& target) {
  const auto parsed = parse_target(target);
  REQUIRE(parsed);
  return parsed->segments;
}

}  // namespace

TEST_CASE("http target: split at raw slashes, then decoded") {
  CHECK(segments("/") == Segments{""});
  CHECK(segments("/kv/a%2Fb") == Segments{"kv", "a/b"});
  CHECK(segments("/kv/a+b%2b") == Segments{"kv", "a+b+"});
  CHECK(segments("/kv/%00%ff") == Segments{"kv", std::string("\0\xff", 2)});
  CHECK(segments("/kv/") == Segments{"kv", ""});
  CHECK(segments("//kv") == Segments{"", "kv"});
  CHECK(segments("/kv/%3Fa?b=c") == Segments{"kv", "?a"});
  CHECK(segments("http://host:1/kv/a") == Segments{"kv", "a"});
  CHECK(segments("http://host") == Segments{""});
}

TEST_CASE("http target: bad escapes and what is no path") {
  for (const char* target :
       {"/a%", "/a%1", "/a%zz", "/a%1g/b", "/a?x=%", "/a?%q=1", "*", "", "kv/a", "host:80"}) {
    CAPTURE(target);
    CHECK(!parse_target(target));
  }
}

TEST_CASE("http target: parameters") {
  const auto parsed = parse_target("/a?x=1&y=a+b%2B&&flag&x=2&z==");
  REQUIRE(parsed);
  CHECK(*parsed->parameter("x") == "2");
  CHECK(*parsed->parameter("y") == "a b+");
  CHECK(*parsed->parameter("flag") == "");
  CHECK(*parsed->parameter("z") == "=");
  CHECK(parsed->parameter("w") == nullptr);
}

}  // namespace vordb::io
