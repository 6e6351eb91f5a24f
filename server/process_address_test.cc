// The addresses that a node listens at, prints and tells its peers.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "server/process_harness.h"

namespace vordb::server {
namespace {

using nlohmann::json;

TEST_CASE("nodes at IPv6 addresses print, tell and find each other") {
  TempDir dir;
  NodeProcess first(dir.path() + "/first", {"--node_id", "first"});
  NodeProcess second(dir.path() + "/second", {"--node_id", "second"});
  first.settle_in("::1", "");
  second.settle_in("::", "");
  first.start();
  second.start({"--advertise", "::1"});
  CHECK(first.log().find("http [::1]:" + std::to_string(first.http_port())) != std::string::npos);
  const io::HttpAnswer members = first.http("GET", "/admin/members");
  CHECK(json::parse(members.body)["members"][0]["address"] == first.cluster_address());
  const ProgramResult joined = run_program(
      "vordb-cli", {"join", first.cluster_address()},
      {{"VORDB_HOST", "[::1]"}, {"VORDB_HTTP_PORT", std::to_string(second.http_port())}});
  CHECK_MESSAGE(joined.exit_status == 0, joined.err);
  CHECK(poll_until(15000, [&] {
    const json answer = json::parse(first.http("GET", "/admin/members").body);
    return answer["members"].size() == 2 && answer["members"][1]["connected"] == true;
  }));
}

TEST_CASE("a node at every address must be told what its peers are to be told") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  node.settle_in("0.0.0.0", "");
  node.launch();
  CHECK(node.wait(5000) == 2);
  CHECK(node.log().find("set advertise to") != std::string::npos);
}

}  // namespace
}  // namespace vordb::server
