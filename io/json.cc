#include "io/json.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace vordb::io {

using Json = nlohmann::json;

// What the parser calls for each token. Returning false ends the parse.
struct FieldReader {
  explicit FieldReader(JsonFields* to) : out(to) {}

  bool null() { return value(); }
  bool boolean(bool flag) {
    if (!value()) return false;
    if (depth == 1 && current != nullptr) {
      current->kind = JsonFields::Kind::kFlag;
      current->integer = flag;
    }
    return true;
  }
  bool number_integer(Json::number_integer_t number) { return integer(number); }
  bool number_unsigned(Json::number_unsigned_t number) {
    if (number > uint64_t(std::numeric_limits<int64_t>::max())) return value();
    return integer(int64_t(number));
  }
  bool number_float(Json::number_float_t, const std::string&) { return value(); }
  bool binary(Json::binary_t&) { return false; }

  bool string(std::string& text) {
    if (depth == 2 && in_list) {
      if (current != nullptr) current->strings.push_back(std::move(text));
      return true;
    }
    if (!value()) return false;
    if (depth == 1 && current != nullptr) {
      current->kind = JsonFields::Kind::kString;
      current->text = std::move(text);
    }
    return true;
  }

  bool key(std::string& name) {
    if (depth == 1) begin_field(name);
    return true;
  }

  bool start_object(size_t) { return open(false); }
  bool end_object() { return close(); }
  bool start_array(size_t) { return open(true); }
  bool end_array() { return close(); }

  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) {
    if (problem.empty()) problem = "the body is not valid JSON";
    return false;
  }

  bool integer(int64_t number) {
    if (!value()) return false;
    if (depth == 1 && current != nullptr) {
      current->kind = JsonFields::Kind::kInteger;
      current->integer = number;
    }
    return true;
  }

  // A value that is no string inside a list of strings makes the list something else.
  bool value() {
    if (depth == 0) return not_an_object();
    if (depth == 2 && in_list && current != nullptr) current->kind = JsonFields::Kind::kOther;
    return true;
  }

  bool open(bool array) {
    if (depth == 0 && array) return not_an_object();
    if (depth >= JsonFields::kMaxDepth) {
      problem = "the body is nested too deeply";
      return false;
    }
    if (depth == 1) {
      in_list = array;
      if (array && current != nullptr) current->kind = JsonFields::Kind::kStrings;
    } else if (depth == 2 && in_list && current != nullptr) {
      current->kind = JsonFields::Kind::kOther;
    }
    ++depth;
    return true;
  }

  bool close() {
    --depth;
    if (depth == 1) in_list = false;
    return true;
  }

  bool not_an_object() {
    problem = "the body must be a JSON object";
    return false;
  }

  void begin_field(const std::string& name) {
    current = nullptr;
    if (std::find(out->names_.begin(), out->names_.end(), name) == out->names_.end()) return;
    if (JsonFields::Field* earlier = out->find(name)) {
      *earlier = {};
      current = earlier;
    } else {
      out->fields_.emplace_back();
      current = &out->fields_.back();
    }
    current->name = name;
  }

  JsonFields* out;
  JsonFields::Field* current = nullptr;  // null: a field of no interest
  int depth = 0;
  bool in_list = false;
  std::string problem;
};

std::optional<std::string> JsonFields::parse(std::string_view text) {
  fields_.clear();
  // The library takes a zero byte for the end of the text, whatever follows.
  if (text.find('\0') != std::string_view::npos) return "the body is not valid JSON";
  fields_.reserve(names_.size());  // so that a reader's pointer stays good
  FieldReader reader(this);
  if (Json::sax_parse(text.begin(), text.end(), &reader)) return std::nullopt;
  return reader.problem.empty() ? std::string("the body is not valid JSON") : reader.problem;
}

JsonFields::Field* JsonFields::find(std::string_view name) {
  for (Field& field : fields_) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

}  // namespace vordb::io
