// Scenario files: those that ship are valid and registered, and every mistake is named with its
// place.
#include "sim/scenario.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace vordb::sim {
namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

TEST_CASE("scenarios: every file under scenarios/ is registered, valid, and bears its own name") {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(VORDB_SOURCE_DIR "/scenarios")) {
    if (entry.path().extension() != ".json" || entry.path().filename() == "schema.json") continue;
    found.push_back(entry.path().stem().string());
    const auto scenario = parse_scenario(text_of(entry.path()));
    CHECK_MESSAGE(scenario.ok(), entry.path().string(), ": ", scenario.status().ToString());
    if (scenario.ok()) CHECK(scenario->name == entry.path().stem().string());
  }
  std::sort(found.begin(), found.end());
  CHECK(found == registered_scenarios());
}

TEST_CASE("scenarios: a mistake is an error that names its place") {
  const std::string good = R"({"name": "x", "buckets": [{"name": "b"}]})";
  REQUIRE(parse_scenario(good).ok());
  std::string two_bytes_each;
  for (int i = 0; i < 33; ++i) two_bytes_each += "\u00e4";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"name": "x", )", "not JSON"},
      {R"([])", "must be an object"},
      {R"({"buckets": [{"name": "b"}]})", "/name: must be given"},
      {R"({"name": "x"})", "/buckets: must be given"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "durations_ms": 5})",
       "/durations_ms: is not known"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "duration_ms": 0})",
       "/duration_ms: must be an integer"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "duration_ms": -5})",
       "/duration_ms: must be an integer"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "duration_ms": 1.5})",
       "/duration_ms: must be an integer"},
      {R"({"name": "x", "buckets": [{"name": "b", "type": "map"}]})",
       "/buckets/0/type: must be lww"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "nodes": {"founding": "alone"}})",
       "/nodes/founding: must be join or members"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "nodes": {"count":10, "founding": "members"}})",
       "/nodes/count: is at most 9"},
      {R"({"name": "x", "buckets": [{"name": "b"}, {"keys": 2}]})",
       "/buckets/1/name: must be given"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "faults": {"crash": 5}})",
       "/faults/crash: is not known"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "faults": {"crash_evry_ms": 5}})",
       "/faults/crash_evry_ms: is not known here; did you mean crash_every_ms?"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "minimum": {"relevant": ["converge"]}})",
       "; did you mean converged?"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "minimum": {"relevant": "converged"}})",
       "/minimum/relevant: must be an array"},
      {R"({"name": "x", "buckets": []})", "/buckets: must be an array of 1 to 1000"},
      {R"({"name": "x", "buckets": {"name": "b"}})", "/buckets: must be an array"},
      {R"({"name": "x", "buckets": ["b"]})", "/buckets/0: must be an object"},
      {R"({"name": "x", "buckets": [{"name": "b", "huge": 1}]})",
       "/buckets/0/huge: must be true or false"},
      {R"({"name": "x", "buckets": [{"name": 5}]})", "/buckets/0/name: must be a string"},
      {R"({"name": "", "buckets": [{"name": "b"}]})", "/name: must be a string that is not empty"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "seed": 9223372036854775808})",
       "/seed: must be an integer in [0, 9223372036854775807]"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "duration_ms": 1.0})",
       "/duration_ms: must be an integer in [1, 86400000]"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "faults": []})", "/faults: must be an object"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "operations": {"append": 5}})",
       "/operations/append"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "minimum": {"relevant": ["luck"]}})",
       "/minimum/relevant/0: must be one of the names"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "node": {"durability": "maybe"}})",
       "/node/durability"},
      {R"({"name": "x", "buckets": [{"name": "b", "churns": true, "ttl_seconds": 1}]})",
       "/buckets/0/churns"},
      {R"({"name": "x", "buckets": [{"name": "b", "write_quorum": 3, "replication_n": 2}]})",
       "/buckets/0/write_quorum"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "nodes": {"count": 0}})", "/nodes/count"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "nodes": {"count": 3, "least": 4}})",
       "/nodes/least"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "nodes": {"count": 3, "racks": 4}})",
       "/nodes/racks: is not known"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "faults": {"split_every_ms": 5}})",
       "/faults/split_every_ms"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "nodes": {"count": 3},
          "faults": {"join_every_ms": 5}})",
       "/faults/join_every_ms"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "node": {"durability": "buffered"},
          "faults": {"power_loss_every_ms": 5}})",
       "power_loss_every_ms"},
      {R"({"name": "x", "buckets": [{"name": "b"}], "duration_ms": 1e999})",
       "/duration_ms: a number beyond"},
      {R"({"name": "x", "buckets": [{"name": "b"}, {"name": "c", "keys": [[], [1, 1e999]]}]})",
       "/buckets/1/keys/1/1: a number beyond"},
      {"{\"name\": \"x\xff\", \"buckets\": [{\"name\": \"b\"}]}", "byte 12: not JSON"},
      {std::string(1'000'000, '[') + std::string(1'000'000, ']'), "more than 16 objects"},
      {R"({"name": "x", "buckets": [{"name": "b"}, {"name": "b"}]})",
       "/buckets/1/name: is that of an earlier bucket"},
      {R"({"name": "x", "buckets": [{"name": ")" + std::string(65, 'b') + R"("}]})",
       "/buckets/0/name: must be a string of 1 to 64 characters"},
      {R"({"name": "x", "buckets": [{"name": ")" + two_bytes_each + R"("}]})",
       "/buckets/0/name: a bucket's name has 1 to 64 bytes"},
      {R"({"name": "x", "buckets": [{"name": "__default_set__", "type": "orswot"}]})",
       "/buckets/0/name: is that of a bucket that every node has"},
      {R"({"name": "x", "buckets": [{"name": "__default_set__", "default": true}]})",
       "/buckets/0/name: must be __default_lww__"},
      {R"({"name": "x", "buckets": [{"name": "__default_lww__", "default": true,
          "ttl_seconds": 1}]})",
       "/buckets/0/ttl_seconds: must be 0"},
      {R"({"name": "x", "buckets": [{"name": "b"}],
          "node": {"replication_n": 2, "default_read_quorum": 3}})",
       "/node/default_read_quorum: is at most replication_n"},
      {R"({"name": "x", "buckets": [{"name": "b", "consistency": "paranoid"}]})",
       "/buckets/0/read_quorum: is at most the number of nodes that always serve, which is 1"},
      {R"({"name": "x", "buckets": [{"name": "b", "keys": 100000}], "nodes": {"count": 11}})",
       "/buckets: must have at most 1000000 keys"},
      {R"({"name": "x", "buckets": [{"name": "b", "keys": 100000, "value_bytes_max": 1000000}]})",
       "/buckets: must hold at most 1073741824 bytes"},
      {R"({"name": "x", "buckets": [{"name": "b", "value_bytes_max": 1000000}],
          "clients": {"count": 10000}})",
       "/clients/count: times the largest value_bytes_max"},
  };
  for (const auto& [text, place] : cases) {
    const auto scenario = parse_scenario(text);
    CHECK_FALSE(scenario.ok());
    CHECK_MESSAGE(scenario.status().message().find(place) != std::string::npos,
                  scenario.status().message());
  }
}

TEST_CASE("scenarios: default buckets have the quorums that the nodes give them") {
  const auto scenario = parse_scenario(
      R"({"name": "x", "nodes": {"count": 3, "spare": 2, "zones": 2},
          "node": {"default_write_quorum": 2, "default_read_quorum": 3},
          "buckets": [{"name": "__default_lww__", "default": true},
                      {"name": "b", "write_quorum": 3}]})");
  REQUIRE_MESSAGE(scenario.ok(), scenario.status().ToString());
  CHECK(scenario->nodes.count == 3);
  CHECK(scenario->nodes.spare == 2);
  CHECK(scenario->nodes.least == 3);
  CHECK(scenario->nodes.zones == 2);
  CHECK(scenario->workload.buckets[0].config.write_quorum == 2);
  CHECK(scenario->workload.buckets[0].config.read_quorum == 3);
  CHECK(scenario->workload.buckets[1].config.write_quorum == 3);
  CHECK(scenario->workload.buckets[1].config.read_quorum == 1);
}

TEST_CASE("scenarios: a value can be replaced by its place") {
  const std::string text =
      R"({"name": "x", "buckets": [{"name": "b"}], "faults": {"swarm": true}})";
  const auto scenario = parse_scenario(text, {{"/duration_ms", "77"}, {"/faults/swarm", "false"}});
  REQUIRE(scenario.ok());
  CHECK(scenario->duration_ms == 77);
  CHECK_FALSE(scenario->faults.swarm);
  CHECK(parse_scenario(text, {{"/buckets/0/keys", "9"}})->workload.buckets[0].keys == 9);
  CHECK(parse_scenario(text, {{"/buckets/1/name", "c"}})->workload.buckets.size() == 2);
  CHECK(parse_scenario(text, {{"/clients/count", "3"}})->workload.clients == 3);
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"no pointer", "1"},
      {"/buckets/4294967295/keys", "1"},
      {"/buckets/2/name", "c"},
      {"/buckets/-1/keys", "1"},
      {"/name/0", "1"},
      {"/duration_ms", "1e999"},
      {"/buckets/0/name", "\xff"},
      {"/minimum/relevant", "[\"\xff\"]"},
      {"/duration_ms", std::string(100'000, '[') + std::string(100'000, ']')}};
  for (const auto& mistake : mistakes) {
    const auto refused = parse_scenario(text, {mistake});
    CHECK_MESSAGE(!refused.ok(), mistake.first);
  }
  CHECK_FALSE(parse_scenario(text, {{"/duration_ms", "soon"}}).ok());
}

}  // namespace
}  // namespace vordb::sim
