#include "io/http_server.h"

#include <doctest/doctest.h>

#include <string>

#include "io/testing/http_fixture.h"

namespace vordb::io {

using namespace vordb::io::testing;

namespace {

const std::string kPut = request("PUT", "/kv/key", R"({"value":"v"})");
const std::string kGet = request("GET", "/kv/key");

}  // namespace

TEST_CASE("http: requests on one connection, one after the other") {
  HttpFixture fixture;
  RawClient client(fixture.port);
  client.send(kPut);
  HttpAnswerText answer = read_answer(client);
  CHECK(answer.status == 200);
  CHECK(answer.has("Content-Type: application/json"));
  CHECK(answer.body.find(R"("timestamp":)") != std::string::npos);
  client.send(kGet);
  CHECK(read_answer(client).body == R"({"key":"key","value":"v"})");
  client.send(request("GET", "/kv/absent"));
  CHECK(read_answer(client).status == 404);
  CHECK(fixture.thread.get<uint64_t>([&] {
    return fixture.metrics.requests(Operation::kGet, Protocol::kHttp, RequestStatus::kNotFound);
  }) == 1);
}

TEST_CASE("http: pipelined requests take effect and are answered in order") {
  HttpFixture fixture;
  RawClient client(fixture.port);
  std::string stream;
  for (int i = 0; i < 50; ++i) {
    stream += request("PUT", "/kv/key", "{\"value\":\"" + std::to_string(i) + "\"}") + kGet;
  }
  client.send(stream + request("GET", "/status") + kGet);
  for (int i = 0; i < 50; ++i) {
    CHECK(read_answer(client).status == 200);
    CHECK(read_answer(client).body == "{\"key\":\"key\",\"value\":\"" + std::to_string(i) + "\"}");
  }
  CHECK(read_answer(client).body.find("running") != std::string::npos);
  CHECK(read_answer(client).status == 200);
}

TEST_CASE("http: a late answer holds back the requests behind it") {
  HttpFixture fixture;
  fixture.backend.hold = true;
  RawClient client(fixture.port);
  client.send(kPut + kGet);
  fixture.wait_for_requests(1);
  fixture.thread.run([] {});
  CHECK(fixture.requests() == 1);
  fixture.thread.run([&] { CHECK(fixture.backend.answer_held(0)); });
  CHECK(read_answer(client).status == 200);
  fixture.wait_for_requests(2);
  fixture.thread.run([&] {
    CHECK(!fixture.backend.answer_held(0));
    CHECK(fixture.backend.answer_held(1));
  });
  CHECK(read_answer(client).body == R"({"key":"key","value":"v"})");
}

TEST_CASE("http: a stream split at every byte means the same") {
  HttpFixture fixture;
  const std::string stream =
      "PUT /kv/key HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "4;ext=\"a;b\"\r\n{\"va\r\nB\r\nlue\":\"val\"}\r\n0;last\r\nX-Trailer: y\r\n\r\n" +
      kGet;
  for (size_t split = 1; split < stream.size(); ++split) {
    CAPTURE(split);
    RawClient client(fixture.port);
    client.send(stream.substr(0, split));
    // Twice through the loop: the first part has been read.
    fixture.thread.run([] {});
    fixture.thread.run([] {});
    client.send(stream.substr(split));
    CHECK(read_answer(client).status == 200);
    CHECK(read_answer(client).body == R"({"key":"key","value":"val"})");
  }
}

TEST_CASE("http: byte by byte") {
  HttpFixture fixture;
  RawClient client(fixture.port);
  for (const char byte : kPut) client.send(std::string_view(&byte, 1));
  CHECK(read_answer(client).status == 200);
}

TEST_CASE("http: trailers change nothing") {
  HttpFixture fixture;
  RawClient client(fixture.port);
  client.send(
      "PUT /kv/key HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "d\r\n{\"value\":\"v\"}\r\n0\r\nConnection: close\r\nIdempotency-Key: evil\r\n\r\n" +
      kGet);
  CHECK(!read_answer(client).has("Connection: close"));
  CHECK(read_answer(client).status == 200);
  CHECK(fixture.thread.get<std::string>([&] { return fixture.backend.seen[0].request_token; }) ==
        "");
}

TEST_CASE("http: connection close and HTTP/1.0") {
  HttpFixture fixture;
  RawClient closing(fixture.port);
  closing.send(request("GET", "/kv/key", "", "Connection: close\r\n") + kGet);
  CHECK(read_answer(closing).has("Connection: close"));
  CHECK(closing.read_to_end() == "");
  RawClient old(fixture.port);
  old.send("GET /healthz HTTP/1.0\r\n\r\n");
  const HttpAnswerText answer = read_answer(old);
  CHECK(answer.status == 200);
  CHECK(!answer.has("Transfer-Encoding"));
  CHECK(old.read_to_end() == "");
  CHECK(fixture.requests() == 1);
}

TEST_CASE("http: expect 100-continue") {
  HttpFixture fixture;
  RawClient client(fixture.port);
  client.send("PUT /kv/key HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 13\r\n\r\n");
  CHECK(client.read_through("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(R"({"value":"v"})");
  CHECK(read_answer(client).status == 200);
  client.send("PUT /kv/key HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1000001\r\n\r\n");
  CHECK(read_answer(client).status == 413);
  CHECK(client.read_to_end() == "");
}

TEST_CASE("http: HEAD has the head of GET and no body") {
  HttpFixture fixture;
  RawClient client(fixture.port);
  client.send(kPut + request("HEAD", "/kv/key") + kGet);
  CHECK(read_answer(client).status == 200);
  const HttpAnswerText head = read_answer(client, false);
  CHECK(head.status == 200);
  CHECK(head.has("Content-Length: 25"));
  CHECK(read_answer(client).body.size() == 25);
}

TEST_CASE("http: context and idempotency headers") {
  HttpFixture fixture;
  RawClient client(fixture.port);
  fixture.thread.run([&] { fixture.backend.hold = true; });
  client.send(request("PUT", "/kv/key", R"({"value":"v"})",
                      "X-Vordb-Context: _w\r\nidempotency-key: tok\r\n"));
  fixture.wait_for_requests(1);
  fixture.thread.run([&] {
    CHECK(fixture.backend.seen[0].context == "\xff");
    CHECK(fixture.backend.seen[0].request_token == "tok");
    ClientReply reply;
    reply.context = "\xfe";
    fixture.server->deliver(fixture.backend.seen[0].client, reply);
  });
  CHECK(read_answer(client).has("X-Vordb-Context: _g"));
  for (const std::string& header :
       {std::string("X-Vordb-Context: !!\r\n"),
        "X-Vordb-Context: " + std::string(4097, 'a') + "\r\n", std::string("Idempotency-Key: \r\n"),
        "Idempotency-Key: " + std::string(65, 'k') + "\r\n",
        std::string("Idempotency-Key: a\r\nIdempotency-Key: b\r\n")}) {
    RawClient refused(fixture.port);
    refused.send(request("PUT", "/kv/key", R"({"value":"v"})", header));
    CHECK(read_answer(refused).status == 400);
  }
  CHECK(fixture.requests() == 1);
}

TEST_CASE("http: a client that shuts its side gets its answers, half a request does nothing") {
  HttpFixture fixture;
  fixture.backend.hold = true;
  RawClient client(fixture.port);
  client.send(kPut + kPut.substr(0, kPut.size() - 1));
  client.shut_sending();
  fixture.wait_for_requests(1);
  fixture.thread.run([&] { fixture.backend.answer_held(0); });
  CHECK(read_answer(client).status == 200);
  CHECK(client.read_to_end() == "");
  CHECK(fixture.requests() == 1);
}

TEST_CASE("http: the answer to a client that is gone is taken and forgotten") {
  HttpFixture fixture;
  fixture.backend.hold = true;
  {
    RawClient client(fixture.port);
    client.send(kPut);
    fixture.wait_for_requests(1);
  }
  fixture.thread.run([&] { CHECK(fixture.backend.answer_held(0)); });
  fixture.wait_for([&] { return fixture.server->connections() == 0; });
  fixture.thread.run([&] { CHECK(!fixture.backend.answer_held(0)); });
}

TEST_CASE("http: status, administration, health and metrics") {
  HttpFixture fixture;
  RawClient client(fixture.port);
  fixture.node.state.num_vnodes = 256;
  client.send(request("GET", "/status"));
  CHECK(read_answer(client).body.find(R"("status":"running","num_vnodes":256)") !=
        std::string::npos);
  client.send(request("GET", "/admin/members"));
  CHECK(read_answer(client).body.find(R"("node_id":"node1","address":"127.0.0.1:7001")") !=
        std::string::npos);
  client.send(request("GET", "/admin/ring"));
  CHECK(read_answer(client).body.find(R"("owners":[["node1"],["node1"]])") != std::string::npos);
  client.send(request("POST", "/admin/full-sync"));
  CHECK(read_answer(client).body == R"({"ok":true,"action":"full_sync_triggered"})");
  fixture.node.outcome.error =
      ClientError{ErrorCode::kUnavailable, Outcome::kRejected, "no answer", "is the seed up?"};
  client.send(request("POST", "/admin/join", R"({"seed_node":"node2@localhost"})"));
  CHECK(read_answer(client).status == 503);
  CHECK(fixture.node.last_change.node == "node2@localhost");
  fixture.node.state.serving = false;
  client.send(request("GET", "/readyz") + request("GET", "/healthz") + request("GET", "/metrics"));
  CHECK(read_answer(client).status == 503);
  CHECK(read_answer(client).status == 200);
  const HttpAnswerText metrics = read_answer(client);
  CHECK(metrics.has("Content-Type: text/plain; version=0.0.4; charset=utf-8"));
  CHECK(metrics.body == "# HELP x y\n# TYPE x counter\nx 1\n");
}

TEST_CASE("http: stop answers what was asked and then closes") {
  HttpFixture fixture;
  fixture.backend.hold = true;
  RawClient busy(fixture.port), idle(fixture.port);
  busy.send(kPut + kPut);
  fixture.wait_for_requests(1);
  fixture.wait_for([&] { return fixture.server->connections() == 2; });
  fixture.thread.run([&] { fixture.server->stop(); });
  CHECK(idle.read_to_end() == "");
  fixture.thread.run([&] { fixture.backend.answer_held(0); });
  CHECK(read_answer(busy).has("Connection: close"));
  CHECK(busy.read_to_end() == "");
  CHECK(fixture.requests() == 1);
}

}  // namespace vordb::io
