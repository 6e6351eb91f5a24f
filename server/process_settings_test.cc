// Settings as a client meets them: what a new bucket has when its creator left it open.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "proto/client.pb.h"
#include "server/process_harness.h"

namespace vordb::server {
namespace {

using nlohmann::json;

// The bucket as the node shows it.
json bucket(NodeProcess& node, const std::string& name) {
  const io::HttpAnswer answer = node.http("GET", "/buckets/" + name);
  REQUIRE_MESSAGE(answer.status == 200, answer.body);
  return json::parse(answer.body);
}

void create_over_tcp(NodeProcess& node, const std::string& name, const int64_t* ttl_seconds) {
  pb::Request request;
  pb::Response response;
  pb::BucketConfig* config = request.mutable_create_bucket()->mutable_config();
  config->set_name(name);
  config->set_type("lww");
  if (ttl_seconds) config->set_ttl_seconds(*ttl_seconds);
  io::FrameClient client = node.client();
  REQUIRE(client.call(request, &response).ok());
  REQUIRE_MESSAGE(response.has_ok(), response.ShortDebugString());
}

void create_by_cli(NodeProcess& node, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"bucket", "create"});
  const ProgramResult result =
      run_program("vordb-cli", arguments, {{"VORDB_TCP_PORT", std::to_string(node.tcp_port())}});
  REQUIRE_MESSAGE(result.exit_status == 0, result.err);
}

TEST_CASE("a bucket has the node's default time to live when none was given, and 0 when that was") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  node.start({"--default_ttl_seconds", "60"});
  REQUIRE(node.http("POST", "/buckets", R"({"name":"http"})").status == 201);
  REQUIRE(node.http("POST", "/buckets", R"({"name":"http0","ttl_seconds":0})").status == 201);
  REQUIRE(node.http("POST", "/buckets", R"({"name":"http5","ttl_seconds":5})").status == 201);
  const int64_t ttls[] = {0, 5};
  create_over_tcp(node, "tcp", nullptr);
  create_over_tcp(node, "tcp0", &ttls[0]);
  create_over_tcp(node, "tcp5", &ttls[1]);
  create_by_cli(node, {"cli"});
  create_by_cli(node, {"cli0", "--ttl", "0"});
  create_by_cli(node, {"cli5", "--ttl", "5"});
  // Also after a restart: what counts is what was set when the bucket was made.
  for (const char* later : {"60", "7"}) {
    for (const std::string door : {"http", "tcp", "cli"}) {
      CAPTURE(door);
      CHECK(bucket(node, door)["ttl_seconds"] == 60);
      CHECK(bucket(node, door + "0")["ttl_seconds"] == 0);
      CHECK(bucket(node, door + "5")["ttl_seconds"] == 5);
    }
    CHECK(bucket(node, "__default_lww__")["ttl_seconds"] == 60);
    node.kill_hard();
    node.start({"--default_ttl_seconds", later});
  }
}

TEST_CASE("a bucket has the node's default replicas and quorums when none were given") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data", {"--replication_n", "5", "--default_write_quorum", "3",
                                          "--default_read_quorum", "2"});
  node.start();
  REQUIRE(node.http("POST", "/buckets", R"({"name":"http"})").status == 201);
  create_over_tcp(node, "tcp", nullptr);
  create_by_cli(node, {"cli"});
  for (const std::string name : {"http", "tcp", "cli", "__default_lww__"}) {
    CAPTURE(name);
    const json shown = bucket(node, name);
    CHECK(shown["replication_n"] == 5);
    CHECK(shown["write_quorum"] == 3);
    CHECK(shown["read_quorum"] == 2);
  }
  REQUIRE(node.http("POST", "/buckets", R"({"name":"own","replication_n":4,"write_quorum":1})")
              .status == 201);
  CHECK(bucket(node, "own")["replication_n"] == 4);
  CHECK(bucket(node, "own")["write_quorum"] == 1);
  CHECK(bucket(node, "own")["read_quorum"] == 2);
}

}  // namespace
}  // namespace vordb::server
