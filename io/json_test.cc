#include "io/json.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>

namespace vordb::io {
namespace {

using Kind = JsonFields::Kind;

// The kind of field "a", or nothing when the text is refused or has no such field.
std::optional<Kind> kind_of_a(const std::string& text) {
  JsonFields fields({"a", "b"});
  if (fields.parse(text)) return std::nullopt;
  const auto* field = fields.find("a");
  return field == nullptr ? std::nullopt : std::optional<Kind>(field->kind);
}

bool refused(const std::string& text) { return JsonFields({"a"}).parse(text).has_value(); }

std::string text_of_a(const std::string& text) {
  JsonFields fields({"a"});
  REQUIRE(!fields.parse(text));
  REQUIRE(fields.find("a") != nullptr);
  return fields.find("a")->text;
}

}  // namespace

TEST_CASE("json: kinds of fields") {
  CHECK(kind_of_a(R"({"a":"x"})") == Kind::kString);
  CHECK(kind_of_a(R"({"a":-9223372036854775808})") == Kind::kInteger);
  CHECK(kind_of_a(R"({"a":9223372036854775807})") == Kind::kInteger);
  for (const char* other :
       {"9223372036854775808", "-9223372036854775809", "1.0", "1e2", "null", "{}", "[1]", "[true]",
        "[\"x\",1]", "[[\"x\"]]", "[{}]", "99999999999999999999999999"}) {
    CAPTURE(other);
    CHECK(kind_of_a(std::string("{\"a\":") + other + "}") == Kind::kOther);
  }
  CHECK(kind_of_a(R"({"a":true})") == Kind::kFlag);
  CHECK(kind_of_a(R"({"a":["x","y"]})") == Kind::kStrings);
  CHECK(kind_of_a(R"({"a":[]})") == Kind::kStrings);
  CHECK(!kind_of_a(R"({"c":{"a":"x"},"b":["a"]})"));
}

TEST_CASE("json: values") {
  JsonFields fields({"a", "b"});
  REQUIRE(!fields.parse(R"( {"b":["x","y"], "u":[["a"]], "a":-7} )"));
  CHECK(fields.find("a")->integer == -7);
  CHECK(fields.find("b")->strings == std::vector<std::string>{"x", "y"});
  CHECK(text_of_a(R"({"a":"\u0000\ud834\udd1e\n"})") == std::string("\0\xf0\x9d\x84\x9e\n", 6));
}

TEST_CASE("json: of a name used twice the last counts, whole") {
  CHECK(text_of_a(R"({"a":["old"],"a":"new"})") == "new");
  CHECK(kind_of_a(R"({"a":"old","a":null})") == Kind::kOther);
  CHECK(kind_of_a(R"({"a":"old","b":{"a":"inner"},"a":["x"]})") == Kind::kStrings);
}

TEST_CASE("json: what is no valid object is refused") {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[]",
                           "\"a\"",
                           "1",
                           "null",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{'a':1}",
                           "{\"a\":01}",
                           "{a:1}",
                           "{\"a\":1}x",
                           "{\"a\":1}{\"a\":2}",
                           "{\"a\":\"\x01\"}",
                           "{\"a\":\"\n\"}",
                           "{\"a\":\"\\ud800\"}",
                           "{\"a\":\"\\udc00\"}",
                           "{\"a\":\"\xff\"}",
                           "{\"a\":\"\xc0\x80\"}",
                           "{\"a\":\"\xed\xa0\x80\"}",
                           "{\"a\":NaN}",
                           "{\"a\":1e999}",
                           "{\"a\":\"x",
                           "{\"a\":\"\\x\"}",
                           "/**/{}",
                           "\xff\xfe{}"}) {
    CAPTURE(text);
    CHECK(refused(text));
  }
  CHECK(refused(std::string("{\"a\":\"x\"}\0", 10)));
  CHECK(!refused("{}"));
}

TEST_CASE("json: nesting is bounded and its depth costs nothing") {
  for (const std::string& open : {std::string("["), std::string("{\"a\":")}) {
    std::string deep = "{\"a\":";
    for (int i = 0; i < 200000; ++i) deep += open;
    JsonFields fields({"a"});
    CHECK(fields.parse(deep) == "the body is nested too deeply");
  }
  std::string fair = "{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}";
  CHECK(!refused(fair));
}

TEST_CASE("json: many fields of no interest are not kept") {
  std::string text = "{";
  for (int i = 0; i < 100000; ++i) text += "\"f" + std::to_string(i) + "\":1,";
  JsonFields fields({"a"});
  REQUIRE(!fields.parse(text + "\"a\":2}"));
  CHECK(fields.find("a")->integer == 2);
  CHECK(fields.find("f5") == nullptr);
}

}  // namespace vordb::io
