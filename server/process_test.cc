// The node as a process: what it keeps over restarts, and how it starts, refuses and stops.
#include <fmt/format.h>

#include <unistd.h>

#include <doctest/doctest.h>
#include <csignal>

#include "io/testing/frame_fixture.h"
#include "proto/client.pb.h"
#include "server/process_harness.h"

namespace vordb::server {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

pb::Response call(io::FrameClient& client, const pb::Request& request) {
  pb::Response response;
  const absl::Status status = client.call(request, &response);
  REQUIRE_MESSAGE(status.ok(), status.ToString());
  return response;
}

void put(io::FrameClient& client, const std::string& key, const std::string& value) {
  pb::Request request;
  request.mutable_put()->set_key(key);
  request.mutable_put()->set_value(value);
  const pb::Response response = call(client, request);
  REQUIRE_MESSAGE(response.has_ok(), response.ShortDebugString());
}

std::string get(io::FrameClient& client, const std::string& key) {
  pb::Request request;
  request.mutable_get()->set_key(key);
  const pb::Response response = call(client, request);
  return response.has_value() ? response.value().value()
                              : "no value: " + response.ShortDebugString();
}

TEST_CASE("a node keeps what was written over TCP and HTTP when it stops and starts again") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  node.start();
  {
    io::FrameClient client = node.client();
    put(client, "over tcp", std::string("\x00\xff value", 8));
    pb::Request request;
    request.mutable_counter_increment()->set_key("n");
    request.mutable_counter_increment()->set_amount(41);
    CHECK(call(client, request).has_ok());
    CHECK(node.http("PUT", "/kv/over%20http", R"({"value":"w"})").status == 200);
    CHECK(node.http("POST", "/set/s/add", R"({"element":"e"})").status == 200);
    CHECK(node.http("POST", "/counter/n/increment", "").status == 200);
    CHECK(node.http("POST", "/buckets", R"({"name":"b","type":"orswot"})").status == 201);
    CHECK(node.http("POST", "/bucket/b/k/add", R"({"element":"f"})").status == 200);
  }
  node.signal(SIGTERM);
  CHECK(node.wait(5000) == 0);
  node.start();
  io::FrameClient client = node.client();
  CHECK(get(client, "over tcp") == std::string("\x00\xff value", 8));
  CHECK(get(client, "over http") == "w");
  CHECK(contains(node.http("GET", "/set/s").body, R"("members":["e"])"));
  CHECK(contains(node.http("GET", "/counter/n").body, R"("value":42)"));
  CHECK(contains(node.http("GET", "/bucket/b/k").body, R"("members":["f"])"));
  CHECK(contains(node.http("GET", "/admin/members").body, R"("node_id":"node1")"));
}

TEST_CASE(
    "several shards serve one key space, also with another number of shards after a restart") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  node.start({"--shards", "4"});
  {
    // Connections go to the shards in turn.
    for (int c = 0; c < 8; ++c) {
      io::FrameClient client = node.client();
      for (int i = 0; i < 50; ++i)
        put(client, fmt::format("k{}", c * 50 + i), fmt::format("v{}", c * 50 + i));
    }
  }
  node.signal(SIGTERM);
  CHECK(node.wait(5000) == 0);
  for (const char* shards : {"3", "1"}) {
    node.start({"--shards", shards});
    for (int c = 0; c < 3; ++c) {
      io::FrameClient client = node.client();
      for (int i = 0; i < 400; ++i)
        CHECK(get(client, fmt::format("k{}", i)) == fmt::format("v{}", i));
    }
    node.kill_hard();
  }
}

TEST_CASE("a second process on the same data directory is refused with status 1") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  node.start();
  const ProgramResult second = run_program("vordb", {},
                                           {{"VORDB_DATA_DIR", node.data_dir()},
                                            {"VORDB_HTTP_PORT", std::to_string(free_port())},
                                            {"VORDB_TCP_PORT", std::to_string(free_port())},
                                            {"VORDB_CLUSTER_PORT", std::to_string(free_port())}});
  CHECK(second.exit_status == 1);
  CHECK(contains(second.err,
                 "is in use by another vordb (process " + std::to_string(node.pid()) + ")"));
  CHECK(node.is_ready());
}

TEST_CASE("a port that is taken is named with status 1") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  node.start();
  const ProgramResult second = run_program("vordb", {},
                                           {{"VORDB_DATA_DIR", dir.path() + "/other"},
                                            {"VORDB_HTTP_PORT", std::to_string(node.http_port())},
                                            {"VORDB_TCP_PORT", std::to_string(free_port())},
                                            {"VORDB_CLUSTER_PORT", std::to_string(free_port())}});
  CHECK(second.exit_status == 1);
  CHECK(contains(second.err, std::to_string(node.http_port())));
}

TEST_CASE("wrong settings are all named with status 2 and nothing is touched") {
  TempDir dir;
  const ProgramResult result =
      run_program("vordb", {"--shards", "0", "--no_such"},
                  {{"VORDB_HTTP_PORT", "99999"}, {"VORDB_DATA_DIR", dir.path() + "/data"}});
  CHECK(result.exit_status == 2);
  CHECK(contains(result.err, "flag --shards: shards = \"0\" must be a whole number, 1 to 256"));
  CHECK(contains(result.err, "flag --no_such: there is no setting no_such"));
  CHECK(
      contains(result.err, "environment variable VORDB_HTTP_PORT: http_port = \"99999\" must be"));
  CHECK(access((dir.path() + "/data").c_str(), F_OK) != 0);
}

// Two requests for one key, written at once: the second sees what the first did.
TEST_CASE("requests of one connection on one key are in order") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  node.start({"--shards", "2"});
  constexpr uint32_t kPairs = 200;
  io::testing::RawClient client(node.tcp_port());
  const auto send = [&](pb::Request& request, uint32_t id) {
    request.set_request_id(id);
    return io::testing::frame(request.SerializeAsString());
  };
  for (uint32_t i = 0; i < kPairs; ++i) {
    pb::Request change, look;
    switch (i % 4) {
      case 0:
        change.mutable_put()->set_key("register");
        change.mutable_put()->set_value(fmt::format("{}", i));
        look.mutable_get()->set_key("register");
        break;
      case 1:
        change.mutable_counter_increment()->set_key("counter");
        look.mutable_counter_value()->set_key("counter");
        break;
      case 2:
        change.mutable_set_add()->set_key("set");
        change.mutable_set_add()->set_element(fmt::format("{}", i));
        look.mutable_set_members()->set_key("set");
        break;
      default:
        change.mutable_create_bucket()->mutable_config()->set_name(fmt::format("b{}", i));
        change.mutable_create_bucket()->mutable_config()->set_type("lww");
        look.mutable_put()->set_bucket(fmt::format("b{}", i));
        look.mutable_put()->set_key("k");
        look.mutable_put()->set_value("v");
    }
    client.send(send(change, i * 2) + send(look, i * 2 + 1));
  }
  client.shut_sending();
  for (uint32_t i = 0; i < kPairs; ++i) {
    const pb::Response changed = io::testing::read_response(client);
    CHECK(changed.request_id() == i * 2);
    CHECK_MESSAGE(!changed.has_error(), changed.ShortDebugString());
    const pb::Response seen = io::testing::read_response(client);
    CHECK(seen.request_id() == i * 2 + 1);
    const int before = int(i) / 4;
    if (i % 4 == 0) CHECK(seen.value().value() == fmt::format("{}", i));
    if (i % 4 == 1) CHECK(seen.counter_value().value() == before + 1);
    if (i % 4 == 2) CHECK(seen.set_members().members_size() == before + 1);
    if (i % 4 == 3) CHECK_MESSAGE(seen.has_ok(), seen.ShortDebugString());
  }
  CHECK(client.read_to_end() == "");
}

TEST_CASE("SIGTERM answers the requests that were read and what is answered is kept") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  node.start();
  io::FrameClient client = node.client();
  constexpr uint32_t kRequests = 500;
  for (uint32_t i = 0; i < kRequests; ++i) {
    pb::Request request;
    request.set_request_id(i);
    request.mutable_put()->set_key(fmt::format("k{}", i));
    request.mutable_put()->set_value("v");
    client.queue(request);
  }
  REQUIRE(client.flush().ok());
  pb::Response response;
  REQUIRE(client.receive(&response).ok());
  node.signal(SIGTERM);
  uint32_t answered = 1;
  while (client.receive(&response).ok()) {
    CHECK(response.has_ok());
    CHECK(response.request_id() == answered);
    ++answered;
  }
  CHECK(node.wait(5000) == 0);
  node.start();
  io::FrameClient again = node.client();
  for (uint32_t i = 0; i < answered; ++i) CHECK(get(again, fmt::format("k{}", i)) == "v");
}

TEST_CASE("SIGINT stops a node with idle and stuck connections with status 0") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  node.start();
  io::FrameClient idle = node.client();
  io::FrameClient also_idle = node.client();
  node.signal(SIGINT);
  CHECK(node.wait(5000) == 0);
}

TEST_CASE("fresh_start deletes the data and says so") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  node.start();
  {
    io::FrameClient client = node.client();
    put(client, "k", "v");
  }
  node.signal(SIGTERM);
  CHECK(node.wait(5000) == 0);
  node.start({"--fresh_start"});
  io::FrameClient client = node.client();
  CHECK(contains(get(client, "k"), "not_found"));
  CHECK(contains(node.log(), "fresh_start: deleted all data in " + node.data_dir()));
}

TEST_CASE("a node says when it is ready, and in JSON when asked to") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data", {"--log_format", "json"});
  node.start();
  node.signal(SIGTERM);
  CHECK(node.wait(5000) == 0);
  const std::string log = node.log();
  CHECK(contains(log, R"("level":"info","message":"vordb is ready: version )"));
  CHECK(contains(log, fmt::format("http 127.0.0.1:{}, tcp 127.0.0.1:{}, data_dir {}, ring_size 256",
                                  node.http_port(), node.tcp_port(), node.data_dir())));
  CHECK(contains(log, "durability fsync"));
  CHECK(contains(log, R"("message":"stopped")"));
}

}  // namespace
}  // namespace vordb::server
