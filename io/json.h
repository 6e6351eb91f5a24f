// The JSON bodies of requests. A request is an object with a few fields of simple types, so no tree
// is built: the text is checked as a whole, strictly (RFC 8259, UTF-8 without lone surrogates), and
// the fields of interest are kept. Whatever its nesting, size or number of fields, a text costs
// time and memory in proportion to its length.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vordb::io {

class JsonFields {
 public:
  // Deeper texts are refused.
  static constexpr int kMaxDepth = 128;

  enum class Kind : uint8_t { kString, kInteger, kFlag, kStrings, kOther };

  struct Field {
    std::string name;
    Kind kind = Kind::kOther;  // kOther: any other type, or an integer beyond int64
    std::string text;
    int64_t integer = 0;  // of a kFlag: 0 or 1
    std::vector<std::string> strings;
  };

  // Keeps the fields with these names; of a name used twice, the last.
  explicit JsonFields(std::vector<std::string_view> names) : names_(std::move(names)) {}

  // Nothing when `text` is an object; else what is wrong with it, without its contents.
  std::optional<std::string> parse(std::string_view text);

  // Null when the object has no such field.
  Field* find(std::string_view name);

 private:
  friend struct FieldReader;
  std::vector<std::string_view> names_;
  std::vector<Field> fields_;
};

}  // namespace vordb::io
