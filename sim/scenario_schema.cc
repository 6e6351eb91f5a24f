#include "sim/scenario_schema.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/closest_name.h"
#include "core/operations.h"

namespace vordb::sim {

namespace {

using Json = nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

// Longer lists are no help in an error.
constexpr size_t kNamesListed = 8;

const Json& schema_json() {
  static const Json json = Json::parse(schema_text());
  return json;
}

const valijson::Schema& schema() {
  static const std::unique_ptr<const valijson::Schema> schema = [] {
    auto parsed = std::make_unique<valijson::Schema>();
    valijson::SchemaParser().populateSchema(Adapter(schema_json()), *parsed);
    return parsed;
  }();
  return *schema;
}

// A value of a scenario, and what the schema says of it.
struct Place {
  std::string pointer;
  const Json* value;
  const Json* schema;
};

// `context`: "<root>", "[buckets]", "[0]", ...
Place place_of(const std::vector<std::string>& context, const Json& scenario) {
  Place place{"", &scenario, &schema_json()};
  for (size_t i = 1; i < context.size(); ++i) {
    const std::string name = context[i].substr(1, context[i].size() - 2);
    absl::StrAppend(&place.pointer, "/", name);
    if (place.value->is_array()) {
      place.value = &(*place.value)[std::stoul(name)];
      place.schema = &place.schema->at("items");
    } else {
      place.value = &place.value->at(name);
      place.schema = &place.schema->at("properties").at(name);
    }
  }
  return place;
}

std::string or_meant(std::string_view name, const std::vector<std::string_view>& names) {
  const std::string_view closest = closest_name(name, names);
  return closest.empty() ? "" : absl::StrCat("; did you mean ", std::string(closest), "?");
}

std::string not_known_here(const std::string& name, const Json& settings) {
  std::vector<std::string_view> names;
  for (const auto& [known, setting] : settings.items()) names.push_back(known);
  return absl::StrCat("is not known here", or_meant(name, names));
}

std::string must_be_one_of_these(const Json& names, const Json& value) {
  if (names.size() <= kNamesListed) return must_be_one_of(names.get<std::vector<std::string>>());
  std::vector<std::string_view> known;
  for (const Json& name : names) known.push_back(name.get_ref<const std::string&>());
  return absl::StrCat(
      "must be one of the names that docs/scenario_settings.md lists",
      value.is_string() ? or_meant(value.get_ref<const std::string&>(), known) : "");
}

std::string must_be(const Json& schema, const Json& value) {
  const std::string type = schema.at("type");
  if (schema.contains("enum")) return must_be_one_of_these(schema["enum"], value);
  if (type == "boolean") return "must be true or false";
  if (type == "object") return "must be an object";
  if (type == "integer")
    return absl::StrCat("must be an integer in [", schema.at("minimum").dump(), ", ",
                        schema.at("maximum").dump(), "]");
  if (type == "array")
    return schema.contains("maxItems")
               ? absl::StrCat("must be an array of ", schema.at("minItems").dump(), " to ",
                              schema["maxItems"].dump())
               : "must be an array";
  if (schema.contains("maxLength"))
    return absl::StrCat("must be a string of ", schema.at("minLength").dump(), " to ",
                        schema["maxLength"].dump(), " characters");
  return schema.contains("minLength") ? "must be a string that is not empty" : "must be a string";
}

// What is wrong at this place; empty when it is something further inside.
std::string complaint(const Place& place) {
  const Json& schema = *place.schema;
  const Json& value = *place.value;
  if (value.is_object() && schema.at("type") == "object") {
    for (const auto& [name, held] : value.items()) {
      if (!schema.at("properties").contains(name))
        return absl::StrCat(place.pointer, "/", name, ": ",
                            not_known_here(name, schema["properties"]));
    }
    if (schema.contains("required")) {
      for (const Json& name : schema["required"]) {
        if (!value.contains(name.get<std::string>()))
          return absl::StrCat(place.pointer, "/", name.get<std::string>(), ": must be given");
      }
    }
    return "";
  }
  const bool is_fit = value.is_array() && schema.at("type") == "array" &&
                      value.size() >= schema.value("minItems", 0u) &&
                      value.size() <= schema.value("maxItems", value.size());
  if (is_fit) return "";
  return absl::StrCat(place.pointer, place.pointer.empty() ? "" : ": ", must_be(schema, value));
}

}  // namespace

absl::Status check_by_schema(const Json& scenario) {
  valijson::ValidationResults results;
  if (valijson::Validator().validate(schema(), Adapter(scenario), &results))
    return absl::OkStatus();
  for (const auto& error : results) {
    const std::string text = complaint(place_of(error.context, scenario));
    if (!text.empty()) return absl::InvalidArgumentError(text);
  }
  return absl::InvalidArgumentError(results.begin()->description);
}

}  // namespace vordb::sim
