#include "sim/scenario.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/scenario_check.h"
#include "sim/scenario_read.h"
#include "sim/scenario_schema.h"

namespace vordb::sim {

namespace {

using Json = nlohmann::json;

constexpr int kDepthMax = 16;  // of objects and arrays within one another

// Where a parser is, as a JSON pointer.
class ParsePlace {
 public:
  void at(Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::key) {
      names_.back() = parsed.get<std::string>();
    } else if (event == Event::object_start || event == Event::array_start) {
      names_.emplace_back();
      indices_.push_back(event == Event::array_start ? 0 : kNone);
    } else {
      if (event != Event::value) {
        names_.pop_back();
        indices_.pop_back();
      }
      if (!indices_.empty() && indices_.back() != kNone) ++indices_.back();
    }
  }

  std::string pointer() const {
    std::string text;
    for (size_t i = 0; i < names_.size(); ++i)
      absl::StrAppend(&text, "/", indices_[i] == kNone ? names_[i] : std::to_string(indices_[i]));
    return text;
  }

 private:
  static constexpr size_t kNone = SIZE_MAX;
  std::vector<std::string> names_;  // of objects and arrays that are open
  std::vector<size_t> indices_;     // and of arrays how many elements there were
};

// What is nested too deeply is not read: others go through it by recursion.
absl::StatusOr<Json> parse_json(std::string_view text) {
  bool deep = false;
  ParsePlace place;
  const auto look = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kDepthMax) {
      deep = true;
      return false;
    }
    place.at(event, parsed);
    return true;
  };
  try {
    Json json = Json::parse(text, look);
    if (!deep) return json;
  } catch (const Json::parse_error& error) {
    return absl::InvalidArgumentError(absl::StrCat("byte ", error.byte, ": not JSON"));
  } catch (const Json::out_of_range&) {
    return absl::InvalidArgumentError(
        absl::StrCat(place.pointer(), ": a number beyond all that can be read"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("more than ", kDepthMax, " objects and arrays within one another"));
}

// Replaces or adds the value at a JSON pointer. Objects on the way are made; an array grows by one
// at most, for an index may be any number.
absl::Status apply_override(Json& json, const std::string& pointer, const std::string& value) {
  const auto no_such_place = [&] {
    return absl::InvalidArgumentError(absl::StrCat(pointer, ": no such place"));
  };
  if (std::count(pointer.begin(), pointer.end(), '/') > kDepthMax) return no_such_place();
  absl::StatusOr<Json> parsed = parse_json(value);
  try {
    Json::json_pointer rest(pointer);
    std::vector<std::string> names;
    for (; !rest.empty(); rest.pop_back()) names.push_back(rest.back());
    Json* place = &json;
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
      if (!place->is_array()) {
        place = &(*place)[*name];
        continue;
      }
      size_t index = 0;
      const auto [end, error] = std::from_chars(name->data(), name->data() + name->size(), index);
      if (error != std::errc() || end != name->data() + name->size() || index > place->size())
        return no_such_place();
      if (index == place->size()) place->push_back(nullptr);
      place = &(*place)[index];
    }
    *place = parsed.ok() ? *std::move(parsed) : Json(value);
  } catch (const Json::exception&) {
    return no_such_place();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Scenario> parse_scenario(
    std::string_view text, const std::vector<std::pair<std::string, std::string>>& overrides) {
  absl::StatusOr<Json> parsed = parse_json(text);
  if (!parsed.ok()) return parsed.status();
  Json& json = *parsed;
  for (const auto& [pointer, value] : overrides) {
    if (absl::Status status = apply_override(json, pointer, value); !status.ok()) return status;
  }
  if (absl::Status status = check_by_schema(json); !status.ok()) return status;
  Scenario scenario = read_scenario(json);
  if (absl::Status status = check_scenario(scenario); !status.ok()) return status;
  // A word to editors.
  json.erase("$schema");
  scenario.text = json.dump();
  return scenario;
}

const std::vector<std::string>& registered_scenarios() {
  static const std::vector<std::string> names = {
      "buckets",          "clocks-and-disks", "combined",
      "everything",       "founding",         "kill",
      "membership-churn", "one-node-crashes", "partition-delay",
      "partitions",       "rolling-upgrade",  "three-node-crashes",
      "ttl-and-deletes"};
  return names;
}

}  // namespace vordb::sim
