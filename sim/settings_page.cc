// The page of all settings of a scenario, made of the schema.
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sim/scenario_schema.h"

namespace vordb::sim {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char kHead[] =
    R"(<!-- Written by `vordb-sim settings`, of scenarios/schema.json. -->
# The settings of a scenario

A scenario is a JSON file ([simulation.md](simulation.md)). With `"$schema": "schema.json"` as its
first member, editors that know JSON Schema complete and check it. `--set` replaces any of these
values by its place: `--set duration_ms=2000`, `--set faults.swarm=false`, `--set buckets.0.keys=5`.
What is unknown, of another type or out of its range is refused with its place.
)";

std::string code(const std::string& text) { return absl::StrCat("`", text, "`"); }

std::string list_of(const Json& names) {
  return absl::StrJoin(names, ", ", [](std::string* out, const Json& name) {
    out->append(code(name.get<std::string>()));
  });
}

std::string range_of(const Json& setting) {
  const std::string type = setting.at("type");
  if (setting.contains("enum")) return absl::StrCat("one of ", list_of(setting["enum"]));
  if (type == "integer")
    return absl::StrCat(setting.at("minimum").dump(), " to ", setting.at("maximum").dump());
  if (type == "boolean") return "true or false";
  if (type == "array") return absl::StrCat("a list of ", list_of(setting.at("items").at("enum")));
  if (setting.contains("maxLength"))
    return absl::StrCat("text of ", setting.at("minLength").dump(), " to ",
                        setting["maxLength"].dump(), " characters");
  return "text";
}

std::string default_of(const Json& setting, const std::string& name, const Json& object) {
  if (setting.contains("default")) return code(setting["default"].dump());
  const Json required = object.value("required", Json::array());
  for (const Json& needed : required) {
    if (needed == name) return "must be given";
  }
  return "";
}

bool has_table(const Json& setting) {
  return setting.contains("properties") ||
         (setting.contains("items") && setting["items"].contains("properties"));
}

void add_table(const Json& object, std::string& page) {
  absl::StrAppend(&page, "\n| setting | allowed | default | what it does |\n|---|---|---|---|\n");
  for (const auto& [name, setting] : object.at("properties").items()) {
    if (has_table(setting)) continue;
    absl::StrAppend(&page, "| ", code(name), " | ", range_of(setting), " | ",
                    default_of(setting, name, object), " | ",
                    setting.at("description").get<std::string>(), " |\n");
  }
}

}  // namespace

std::string settings_page() {
  const Json schema = Json::parse(schema_text());
  std::string page = kHead;
  add_table(schema, page);
  for (const auto& [name, setting] : schema.at("properties").items()) {
    if (!has_table(setting)) continue;
    const bool is_list = setting.contains("items");
    absl::StrAppend(&page, "\n## ", code(name), "\n\n",
                    setting.at("description").get<std::string>(), "\n");
    if (is_list)
      absl::StrAppend(&page, "A list of ", setting.at("minItems").dump(), " to ",
                      setting.at("maxItems").dump(), " objects.\n");
    add_table(is_list ? setting["items"] : setting, page);
  }
  return page;
}

}  // namespace vordb::sim
