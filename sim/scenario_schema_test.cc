// The schema of scenarios says the same as the code: each setting that it has is read, no other is,
// and each default is the one that a scenario gets that does not name the setting.
#include "sim/scenario_schema.h"

#include <doctest/doctest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "core/cluster/configuration.h"
#include "sim/scenario.h"

namespace vordb::sim {
namespace {

using Json = nlohmann::json;

const Json& schema() {
  static const Json json = Json::parse(schema_text());
  return json;
}

struct Setting {
  std::string pointer;  // "/buckets/0/keys" of those of a bucket
  const Json* schema;
};

void add_settings(const std::string& place, const Json& object, std::vector<Setting>& out) {
  for (const auto& [name, setting] : object.at("properties").items()) {
    const std::string pointer = place + "/" + name;
    if (setting.at("type") == "object") {
      add_settings(pointer, setting, out);
    } else if (pointer == "/buckets") {
      add_settings("/buckets/0", setting.at("items"), out);
    } else {
      out.push_back({pointer, &setting});
    }
  }
}

std::vector<Setting> settings() {
  std::vector<Setting> all;
  add_settings("", schema(), all);
  REQUIRE(all.size() > 90);
  return all;
}

const Json& settings_of(const char* object) { return schema()["properties"][object]["properties"]; }

std::set<std::string> names_of(const Json& object) {
  std::set<std::string> names;
  for (const auto& [name, setting] : object.items()) names.insert(name);
  return names;
}

// Without its text, and with these values at these places.
absl::StatusOr<Scenario> parsed(const Json& json,
                                const std::vector<std::pair<std::string, std::string>>& values) {
  absl::StatusOr<Scenario> scenario = parse_scenario(json.dump(), values);
  if (scenario.ok()) scenario->text.clear();
  return scenario;
}

const Json kPlain = {{"name", "x"}, {"buckets", {{{"name", "b"}}}}};

}  // namespace

TEST_CASE("schema: each default is what a scenario gets that leaves the setting out") {
  const auto plain = parsed(kPlain, {});
  REQUIRE(plain.ok());
  Json whole = kPlain;
  size_t defaults = 0;
  for (const Setting& setting : settings()) {
    const auto found = setting.schema->find("default");
    if (found == setting.schema->end()) continue;
    ++defaults;
    whole[Json::json_pointer(setting.pointer)] = *found;
    const auto one = parsed(kPlain, {{setting.pointer, found->dump()}});
    REQUIRE_MESSAGE(one.ok(), one.status().ToString());  // so it lies in its own range
    CHECK_MESSAGE(same_fields(*one, *plain),
                  setting.pointer << " is not " << found->dump() << " by itself");
  }
  CHECK(defaults > 85);
  const auto scenario = parsed(whole, {});
  REQUIRE_MESSAGE(scenario.ok(), scenario.status().ToString());
  CHECK(same_fields(*scenario, *plain));
}

TEST_CASE("schema: each setting is read, up to its highest value, and into a place of its own") {
  const Json base = {
      {"name", "x"}, {"nodes", {{"count", 4}, {"spare", 1}}}, {"buckets", {{{"name", "b"}}}}};
  const auto before = parsed(base, {});
  REQUIRE(before.ok());
  std::vector<std::pair<std::string, Scenario>> changed;
  for (const Setting& setting : settings()) {
    if (setting.pointer == "/$schema" || setting.pointer == "/description") continue;
    std::vector<std::string> values = {"true", "false", "changed", "2", "[\"converged\"]"};
    for (const char* bound : {"maximum", "minimum"}) {
      if (setting.schema->contains(bound)) values.push_back((*setting.schema)[bound].dump());
    }
    if (setting.schema->contains("enum"))
      values = (*setting.schema)["enum"].get<std::vector<std::string>>();
    bool read = false;
    for (const std::string& value : values) {
      std::vector<std::pair<std::string, std::string>> overrides = {{setting.pointer, value}};
      if (setting.pointer == "/buckets/0/default")
        overrides.emplace_back("/buckets/0/name", "__default_lww__");
      const auto after = parsed(base, overrides);
      if (!after.ok() || same_fields(*after, *before)) continue;
      read = true;
      // Another name for two others.
      if (setting.pointer == "/buckets/0/consistency") continue;
      for (const auto& [other, scenario] : changed) {
        if (other == setting.pointer) continue;
        CHECK_MESSAGE(!same_fields(scenario, *after), other << " is read as " << setting.pointer);
      }
      changed.emplace_back(setting.pointer, *after);
    }
    CHECK_MESSAGE(read, setting.pointer << " changes nothing");
  }
}

TEST_CASE("schema: it lists what the code has names for") {
  std::set<std::string> faults = {"swarm", "odd_knobs_max", "sites_per_million"};
  for (int kind = 0; kind < kFaultKinds; ++kind) faults.insert(setting_of(FaultKind(kind)));
  CHECK(names_of(settings_of("faults")) == faults);

  // Who has nothing else to ask pings, so that a weight for it would mean nothing.
  std::set<std::string> operations;
  for (const OperationRow& row : kOperationTable) operations.insert(row.name);
  operations.erase("ping");
  CHECK(names_of(settings_of("operations")) == operations);

  std::set<std::string> properties;
  for (int i = 0; i < kProperties; ++i) properties.insert(to_string(Property(i)));
  CHECK(settings_of("minimum")["relevant"]["items"]["enum"].get<std::set<std::string>>() ==
        properties);

  const Json& bucket = schema()["properties"]["buckets"]["items"]["properties"];
  CHECK(bucket["type"]["enum"] == Json(bucket_type_names()));
  CHECK(bucket["consistency"]["enum"] == Json(consistency_names()));
  BucketConfig config;
  config.name = std::string(bucket["name"]["maxLength"].get<size_t>(), 'b');
  CHECK(check_bucket_config(config).ok());
  config.name += 'b';
  CHECK_FALSE(check_bucket_config(config).ok());
  CHECK(bucket["replication_n"]["maximum"] == kReplicationMax);
  for (const char* name : {"write_quorum", "read_quorum"})
    CHECK(bucket[name]["maximum"] == kReplicationMax);
  for (const char* name : {"replication_n", "default_write_quorum", "default_read_quorum"})
    CHECK(settings_of("node")[name]["maximum"] == kReplicationMax);
}

TEST_CASE(
    "schema: every setting says what it does, and every object refuses what it does not know") {
  for (const Setting& setting : settings()) {
    CAPTURE(setting.pointer);
    CHECK(setting.schema->value("description", "").ends_with('.'));
  }
  const std::function<void(const Json&)> look = [&](const Json& part) {
    if (part.is_object() && part.contains("properties")) {
      CAPTURE(part["title"]);
      CHECK(part["additionalProperties"] == false);
      CHECK(part["description"].get<std::string>().ends_with('.'));
    }
    for (const Json& inner : part) {
      if (inner.is_structured()) look(inner);
    }
  };
  look(schema());
}

TEST_CASE("schema: a scenario may name it, and is the same scenario") {
  const std::string named =
      R"({"$schema": "schema.json", "name": "x", "buckets": [{"name": "b"}]})";
  const auto scenario = parse_scenario(named);
  REQUIRE(scenario.ok());
  CHECK(same_fields(*scenario, *parse_scenario(kPlain.dump())));
  CHECK_FALSE(parse_scenario(named, {{"/$schema", "5"}}).ok());
}

}  // namespace vordb::sim
