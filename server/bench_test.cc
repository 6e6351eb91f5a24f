// The load client: its bytes against the schema, its scanner on every prefix of an answer, and
// short runs on a real node.
#include <arpa/inet.h>

#include <doctest/doctest.h>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>

#include "proto/client.pb.h"
#include "server/bench_cluster.h"
#include "server/bench_codec.h"
#include "server/bench_report.h"
#include "server/cluster_harness.h"
#include "server/process_harness.h"

namespace vordb::server {
namespace {

using Kind = ScannedReply::Kind;

std::string frame(const google::protobuf::MessageLite& message) {
  const uint32_t size = htonl(uint32_t(message.ByteSizeLong()));
  return std::string(reinterpret_cast<const char*>(&size), 4) + message.SerializeAsString();
}

// The scanner finds this answer only when it is whole, and not a byte of what follows.
void check_scan(Protocol protocol, const std::string& reply, Kind kind) {
  for (size_t i = 0; i < reply.size(); ++i) {
    CAPTURE(i);
    CHECK(scan_reply(protocol, std::string_view(reply).substr(0, i)).kind == Kind::kIncomplete);
  }
  const ScannedReply whole = scan_reply(protocol, reply + "HTTP/1.1 200 OK\r\n\r\n");
  CHECK(whole.kind == kind);
  CHECK(whole.bytes == reply.size());
}

TEST_CASE("frames that the load client writes are requests of the schema") {
  RequestWriter writer(Protocol::kTcp, "b");
  std::string out;
  writer.append(out,
                {.operation = Operation::kSetAdd, .key = "k", .first_element = 5, .elements = 2});
  writer.append(out, {.operation = Operation::kPut, .key = "k2", .value = "v"});
  pb::Request add, put;
  uint32_t size = 0;
  std::memcpy(&size, out.data(), 4);
  size = ntohl(size);
  REQUIRE(add.ParseFromArray(out.data() + 4, int(size)));
  REQUIRE(put.ParseFromString(out.substr(4 + size + 4)));
  CHECK(add.request_id() == 1);
  CHECK(add.set_add().bucket() == "b");
  CHECK(add.set_add().elements_size() == 2);
  CHECK(add.set_add().elements(1) == bench_element(6));
  CHECK(put.request_id() == 2);
  CHECK(put.put().key() == "k2");
  CHECK(put.put().value() == "v");
  CHECK_FALSE(put.has_set_add());
}

TEST_CASE("a node of a cluster is host:tcp_port:http_port") {
  const absl::StatusOr<BenchNode> node = parse_bench_node("[::1]:5002:4002");
  REQUIRE(node.ok());
  CHECK(node->host == "::1");
  CHECK(node->tcp_port == 5002);
  CHECK(node->http_port == 4002);
  for (const char* wrong : {"", "h", "h:1", ":1:2", "h:0:1", "h:1:65536", "h:1:2:", "::1:2:3"}) {
    CAPTURE(wrong);
    CHECK(absl::IsInvalidArgument(parse_bench_node(wrong).status()));
  }
}

TEST_CASE("the samples of a metric are added up") {
  const char* text = "# HELP a x\na 1\na{k=\"1 2\"} 2.5\nab 7\na_sum 9\n a 4\n";
  CHECK(metric_sum(text, "a") == 3.5);
  CHECK(metric_sum(text, "b") == 0);
}

TEST_CASE("HTTP requests that the load client writes carry their length") {
  RequestWriter writer(Protocol::kHttp, "");
  std::string out;
  writer.append(out, {.operation = Operation::kPut, .key = "k", .value = "v"});
  CHECK(out == "PUT /kv/k HTTP/1.1\r\nHost: vordb\r\nContent-Length: 13\r\n\r\n{\"value\":\"v\"}");
  out.clear();
  writer.append(out, {.operation = Operation::kCounterValue, .key = "k"});
  CHECK(out == "GET /counter/k HTTP/1.1\r\nHost: vordb\r\n\r\n");
}

TEST_CASE("the scanner finds whole frames and their kind") {
  pb::Response response;
  response.set_request_id(300);
  response.mutable_ok()->set_timestamp(5);
  check_scan(Protocol::kTcp, frame(response), Kind::kOk);
  response.mutable_value()->set_value(std::string(1000, 'v'));
  check_scan(Protocol::kTcp, frame(response), Kind::kOk);
  response.mutable_not_found()->set_key("k");
  check_scan(Protocol::kTcp, frame(response), Kind::kNotFound);
  response.set_request_id(0);
  response.mutable_error()->set_code("UNAVAILABLE");
  response.mutable_error()->set_message("why");
  check_scan(Protocol::kTcp, frame(response), Kind::kError);
  CHECK(reply_error(Protocol::kTcp, frame(response)) == "UNAVAILABLE: why");
}

TEST_CASE("the scanner finds whole HTTP answers and their kind") {
  check_scan(Protocol::kHttp, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nabcde",
             Kind::kOk);
  check_scan(Protocol::kHttp, "HTTP/1.1 404 Not Found\r\ncontent-length:2\r\n\r\n{}",
             Kind::kNotFound);
  check_scan(Protocol::kHttp, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
             Kind::kError);
  check_scan(Protocol::kHttp,
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
             Kind::kOk);
}

TEST_CASE("the balance of keys counts each of them once") {
  const BalanceRow row = key_balance(100000, 64);
  CHECK(row.mean == doctest::Approx(100000.0 / 64));
  CHECK(row.least > row.mean * 0.85);
  CHECK(row.most < row.mean * 1.15);
  CHECK(row.deviation > 0);
  const BalanceRow one = key_balance(1000, 1);
  CHECK(one.least == 1000);
  CHECK(one.most == 1000);
  CHECK(one.deviation == 0);
}

TEST_CASE("all named runs measure a real node without an error") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data", {"--durability", "buffered"});
  node.start();
  const ProgramResult result = run_program(
      "vordb-bench", {"all", "load", "--json", "--protocol", "both", "--seconds", "0.05", "--keys",
                      "200", "--max-elements", "100", "--tcp-port", std::to_string(node.tcp_port()),
                      "--http-port", std::to_string(node.http_port())});
  CHECK_MESSAGE(result.exit_status == 0, result.err);
  std::map<std::string, int> rows;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json row = nlohmann::json::parse(line);
    ++rows[row["run"]];
    if (row["run"] == "balance") continue;
    CHECK(row["operations"].get<uint64_t>() > 0);
    CHECK(row["errors"] == 0);
    CHECK(row["not_found"] == 0);
    CHECK(row["ops_per_s"].get<double>() > 0);
  }
  CHECK(rows == std::map<std::string, int>{{"load", 2},
                                           {"latency", 4},
                                           {"throughput", 12},
                                           {"crdt", 6},
                                           {"sets", 4},
                                           {"sizes", 10},
                                           {"balance", 1}});
}

TEST_CASE("an ordered load writes every key and every element once") {
  TempDir dir;
  NodeProcess node(dir.path() + "/data");
  node.start();
  LoadSpec spec;
  spec.port = node.tcp_port();
  spec.type = BucketType::kOrswot;
  spec.in_order = true;
  spec.keys = 7;
  spec.elements = 25;
  spec.batch = 10;
  spec.clients = 3;
  spec.threads = 2;
  spec.depth = 4;
  const absl::StatusOr<LoadResult> result = run_load(spec);
  REQUIRE(result.ok());
  CHECK(result->errors == 0);
  CHECK(result->write_ns.count() == 7 * 3);
  io::FrameClient client = node.client();
  for (uint64_t key = 0; key < 8; ++key) {
    pb::Request request;
    pb::Response response;
    request.mutable_set_members()->set_key(bench_key(key));
    REQUIRE(client.call(request, &response).ok());
    CHECK(response.set_members().members_size() == (key < 7 ? 25 : 0));
  }
}

TEST_CASE("a cluster is measured, the return of a node too") {
  Cluster cluster(3);
  std::vector<std::string> arguments = {
      "cluster",       "--json", "--seconds",  "0.5",
      "--away-writes", "500",    "--away-pid", std::to_string(cluster.node(3).pid())};
  for (size_t number = 1; number <= 3; ++number) {
    NodeProcess& node = cluster.node(number);
    arguments.insert(arguments.end(),
                     {"--node", node.host() + ":" + std::to_string(node.tcp_port()) + ":" +
                                    std::to_string(node.http_port())});
  }
  const ProgramResult result = run_program("vordb-bench", arguments);
  CHECK_MESSAGE(result.exit_status == 0, result.err);
  std::istringstream lines(result.out);
  std::map<std::string, double> figures;
  for (std::string line; std::getline(lines, line);) {
    const auto row = nlohmann::json::parse(line);
    figures[row["figure"]] = row["value"];
  }
  CHECK(figures.size() == 12);
  CHECK(figures["write shows on the second node, p50"] > 0);
  CHECK(figures["W=2 against W=1"] > 0);
  CHECK(figures["bytes between nodes, a write of 100 B and a copy"] > 100);
  CHECK(figures["sent to it, against what an owner that is there is sent"] > 0.5);
}

TEST_CASE("a load on a port without a server says so") {
  const std::string port = std::to_string(free_port());
  const ProgramResult result = run_program("vordb-bench", {"--tcp-port", port});
  CHECK(result.exit_status == 1);
  CHECK(result.err.find("Does a node run there?") != std::string::npos);
  CHECK(run_program("vordb-bench", {"--clients", "0"}).exit_status == 2);
}

}  // namespace
}  // namespace vordb::server
