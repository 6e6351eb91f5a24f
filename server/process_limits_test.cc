// A node whose surroundings give too little: too few descriptors for its clients and its store, and
// a standard error that nobody reads.
#include <fmt/format.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <csignal>
#include <memory>
#include <vector>

#include "proto/client.pb.h"
#include "server/process_harness.h"

namespace vordb::server {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What a put of `bytes` that do not compress is answered, or why there is no answer.
std::string put(io::FrameClient& client, uint32_t key, size_t bytes) {
  pb::Request request;
  request.mutable_put()->set_key(fmt::format("k{}", key));
  std::string value;
  uint32_t state = key + 1;
  while (value.size() < bytes) value += char(33 + (state = state * 1664525 + 1013904223) % 90);
  request.mutable_put()->set_value(std::move(value));
  pb::Response response;
  const absl::Status status = client.call(request, &response);
  if (!status.ok()) return std::string(status.message());
  return response.has_ok() ? "ok" : response.ShortDebugString();
}

TEST_CASE("clients that take every connection are refused, and the store goes on making files") {
  TempDir dir;
  // Two shards: what one has accepted for the other counts too.
  NodeProcess node(dir.path() + "/data", {"--shards", "2"});
  node.limit_descriptors(256);
  node.start();
  io::FrameClient client = node.client();
  REQUIRE(put(client, 0, 10) == "ok");
  std::vector<io::FrameClient> idle;
  for (const uint16_t port : {node.tcp_port(), node.http_port()}) {
    for (int i = 0; i < 300; ++i) {
      absl::StatusOr<io::FrameClient> more = io::FrameClient::connect(node.host(), port, 1000);
      if (more.ok()) idle.push_back(*std::move(more));
    }
  }
  for (uint32_t key = 1; key < 60; ++key) REQUIRE(put(client, key, 500000) == "ok");
  CHECK_FALSE(node.has_exited());
  CHECK(contains(node.log(), "the limit of open files is 256"));
  idle.clear();
  // A connection is free again.
  CHECK(poll_until(10000, [&] {
    absl::StatusOr<io::FrameClient> more =
        io::FrameClient::connect(node.host(), node.tcp_port(), 1000);
    return more.ok() && put(*more, 1, 10) == "ok";
  }));
  node.signal(SIGTERM);
  CHECK(node.wait(5000) == 0);
}

TEST_CASE("a limit of open files that leaves nothing for clients is refused at the start") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  node.limit_descriptors(100);
  node.launch();
  CHECK(node.wait(5000) == 1);
  CHECK(contains(node.log(), "the limit of open files is 100"));
  CHECK(contains(node.log(), "ulimit -n"));
}

TEST_CASE("a node whose standard error is a full pipe stops within 5 s all the same") {
  TempDir dir;
  const FullPipe pipe(dir.path() + "/err");
  NodeProcess node(dir.path() + "/data");
  node.log_to(dir.path() + "/err");
  node.start();
  node.signal(SIGTERM);
  CHECK(node.wait(5000) == 0);
}

TEST_CASE("a node that cannot start says so to a full pipe for a moment only") {
  TempDir dir;
  NodeProcess first(dir.path() + "/first");
  first.start();
  const FullPipe pipe(dir.path() + "/err");
  NodeProcess taken(dir.path() + "/data");
  taken.log_to(dir.path() + "/err");
  taken.launch({"--http_port", std::to_string(first.http_port())});
  CHECK(taken.wait(5000) == 1);
  NodeProcess wrong(dir.path() + "/data");
  wrong.log_to(dir.path() + "/err");
  wrong.launch({"--shards", "none"});
  CHECK(wrong.wait(5000) == 2);
}

TEST_CASE("a node without a standard error writes its log into no file of its own") {
  TempDir dir;
  const ProgramResult result = run_in_shell(
      "vordb",
      "\"$0\" 2>&- & pid=$!; until \"$0-cli\" ping > /dev/null 2>&1; do sleep 0.1; done; "
      "ls -l /proc/$pid/fd/2; kill $pid; wait $pid",
      {{"VORDB_DATA_DIR", dir.path() + "/data"},
       {"VORDB_HTTP_PORT", std::to_string(free_port())},
       {"VORDB_TCP_PORT", std::to_string(free_port())},
       {"VORDB_CLUSTER_PORT", std::to_string(free_port())}});
  CHECK(result.exit_status == 0);
  CHECK_MESSAGE(contains(result.out, "/dev/null"), result.out);
}

TEST_CASE("settings that cannot be printed are no success") {
  CHECK(run_in_shell("vordb", "\"$0\" --print-config > /dev/full").exit_status == 1);
  CHECK(run_in_shell("vordb", "\"$0\" --print-config >&-").exit_status == 1);
}

}  // namespace
}  // namespace vordb::server
