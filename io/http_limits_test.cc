// HTTP under clients that are large, slow or deaf, and requests that try to be taken for something
// else.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "io/testing/http_fixture.h"

namespace vordb::io {

using namespace vordb::io::testing;

namespace {

const std::string kBody = R"({"value":"v"})";
const std::string kSmuggled = request("PUT", "/kv/smuggled", kBody);

// Sends `head`, perhaps a body, and a whole request, which must never be reached: there is one
// answer and then the end. Its status, 0 for none.
int status_before_close(HttpFixture& fixture, const std::string& head,
                        const std::string& body = "") {
  RawClient client(fixture.port);
  client.try_send(head + body + kSmuggled);
  client.shut_sending();
  const std::string all = client.read_to_end();
  CHECK(fixture.requests() == 0);
  CHECK(all.find("HTTP/1.1 ", 1) == std::string::npos);
  return all.empty() ? 0 : std::stoi(all.substr(9, 3));
}

}  // namespace

TEST_CASE(
    "http limits: heads whose body is not plain are refused, and nothing behind them is believed") {
  HttpFixture fixture;
  for (const char* headers : {"Content-Length: 13\r\nContent-Length: 13\r\n",
                              "Content-Length: 13\r\nContent-Length: 14\r\n",
                              "Content-Length: 13, 13\r\n",
                              "Content-Length: +13\r\n",
                              "Content-Length: -1\r\n",
                              "Content-Length: 0x0d\r\n",
                              "Content-Length: 13 13\r\n",
                              "Content-Length: \r\n",
                              "Content-Length: x\r\n",
                              "Content-Length: 9223372036854775808\r\n",
                              "Content-Length: 99999999999999999999999\r\n",
                              "Content-Length: 13\r\nTransfer-Encoding: chunked\r\n",
                              "Transfer-Encoding: chunked\r\nContent-Length: 13\r\n",
                              "Transfer-Encoding: gzip\r\n",
                              "Transfer-Encoding: chunked, gzip\r\n",
                              "Transfer-Encoding: gzip, chunked\r\n",
                              "Transfer-Encoding: identity\r\n",
                              "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                              "Transfer-Encoding: xchunked\r\n",
                              "Transfer-Encoding: \r\n",
                              "Transfer-Encoding : chunked\r\n",
                              "Content-Length : 13\r\n",
                              "Bad Header: x\r\n",
                              ": x\r\n",
                              "no colon\r\n",
                              "X: a\x01"
                              "b\r\n"}) {
    CAPTURE(headers);
    const std::string head = "PUT /kv/k HTTP/1.1\r\n" + std::string(headers) + "\r\n";
    CHECK(status_before_close(fixture, head) == 400);
    CHECK(status_before_close(fixture, head, kBody) == 400);
    CHECK(status_before_close(fixture, head, "d\r\n" + kBody + "\r\n0\r\n\r\n") == 400);
  }
  CHECK(status_before_close(fixture, "PUT /kv/k HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") ==
        400);
}

TEST_CASE(
    "http limits: garbage, bad chunks and unknown versions end the connection with a 4xx or 505") {
  HttpFixture fixture;
  const std::string chunked = "PUT /kv/k HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& text :
       {std::string("garbage\r\n\r\n"), std::string("\x16\x03\x01\x02\x00\x01\r\n\r\n", 10),
        std::string("GET\r\n\r\n"), std::string("GET /kv/k\r\n\r\n"),
        std::string("GET /kv/k HTTP/1.1\n\n"), std::string("GET /kv/k HTTP/2.0\r\n\r\n"),
        std::string("GET /k v HTTP/1.1\r\n\r\n"), chunked + "zz\r\n", chunked + "-1\r\n\r\n",
        chunked + "ffffffffffffffffff\r\n", chunked + "4\r\n{}xxx\r\n",
        chunked + "1\r\n{\r\n0\r\nbad trailer\r\n\r\n", chunked + "f4241\r\n"}) {
    CAPTURE(text);
    const int status = status_before_close(fixture, text);
    CHECK(((status >= 400 && status < 500) || status == 505));
  }
}

TEST_CASE("http limits: long heads, chunk heads and trailers") {
  HttpFixture fixture;
  const std::string chunked = "PUT /kv/k HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(status_before_close(fixture, "GET /kv/" + std::string(70000, 'k') + " HTTP/1.1\r\n\r\n") ==
        431);
  CHECK(status_before_close(
            fixture, "GET /kv/k HTTP/1.1\r\nX: " + std::string(70000, 'x') + "\r\n\r\n") == 431);
  CHECK(status_before_close(fixture, chunked + "1;" + std::string(200000, 'e')) == 431);
  CHECK(status_before_close(fixture, chunked + "0\r\nX: " + std::string(200000, 'x')) == 431);
  RawClient client(fixture.port);
  client.send(request("GET", "/kv/" + std::string(20000, 'k')));
  CHECK(read_answer(client).status == 404);
}

TEST_CASE("http limits: bodies up to the limit, and not a byte more") {
  HttpFixture fixture;
  RawClient client(fixture.port);
  const std::string value(900000, 'x');
  const std::string body = "{\"value\":\"" + value + "\"}";
  client.send(request("PUT", "/kv/k", body) + request("GET", "/kv/k"));
  CHECK(read_answer(client).status == 200);
  CHECK((read_answer(client).body == "{\"key\":\"k\",\"value\":\"" + value + "\"}"));
  const std::string largest = body + std::string(1000000 - body.size(), ' ');
  client.send(request("PUT", "/kv/k", largest));
  CHECK(read_answer(client).status == 200);
  // Refused on its length alone: the body is never sent.
  client.send("PUT /kv/k HTTP/1.1\r\nContent-Length: 1000001\r\n\r\n");
  CHECK(read_answer(client).status == 413);
  CHECK(client.read_to_end() == "");
  RawClient chunks(fixture.port);
  std::string stream = "PUT /kv/k HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 101; ++i) stream += "2710\r\n" + std::string(10000, 'x') + "\r\n";
  chunks.try_send(stream);
  CHECK(read_answer(chunks).status == 413);
}

TEST_CASE("http limits: a refused client sees the answer although it is still sending") {
  HttpFixture fixture;
  RawClient client(fixture.port);
  client.send("PUT /kv/k HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n");
  client.try_send(std::string(3000000, 'x'));
  CHECK(read_answer(client).status == 413);
}

TEST_CASE("http limits: unused bodies are read off") {
  HttpFixture fixture;
  RawClient client(fixture.port);
  client.send(request("GET", "/kv/k", kSmuggled) + request("POST", "/nothing", kSmuggled) +
              request("DELETE", "/kv/k", kSmuggled) + request("OPTIONS", "/kv/k", kSmuggled) +
              request("GET", "/healthz"));
  CHECK(read_answer(client).status == 404);
  CHECK(read_answer(client).status == 404);
  CHECK(read_answer(client).status == 200);
  CHECK(read_answer(client).status == 405);
  CHECK(read_answer(client).body == R"({"status":"alive"})");
  fixture.thread.run([&] {
    for (const ClientRequest& seen : fixture.backend.seen) CHECK(seen.key == "k");
  });
}

TEST_CASE("http limits: clients stuck in mid-request delay nobody") {
  HttpFixture fixture;
  std::vector<std::unique_ptr<RawClient>> stuck;
  const std::string put = request("PUT", "/kv/k", kBody);
  for (size_t i = 0; i < 150; ++i) {
    stuck.push_back(std::make_unique<RawClient>(fixture.port));
    stuck.back()->send(put.substr(0, 1 + i % (put.size() - 1)));
  }
  RawClient client(fixture.port);
  client.send(put);
  CHECK(read_answer(client).status == 200);
  CHECK(fixture.requests() == 1);
}

TEST_CASE("http limits: a pipelining client that reads nothing is not served on and on") {
  HttpFixture fixture;
  RawClient deaf(fixture.port);
  deaf.send(request("PUT", "/kv/k", "{\"value\":\"" + std::string(500000, 'x') + "\"}"));
  CHECK(read_answer(deaf).status == 200);
  std::string stream;
  for (int i = 0; i < 300; ++i) stream += request("GET", "/kv/k");
  deaf.send(stream);
  RawClient other(fixture.port);
  for (int i = 0; i < 50; ++i) {
    other.send(request("GET", "/kv/absent"));
    CHECK(read_answer(other).status == 404);
  }
  CHECK(fixture.requests() < 200);
  for (int i = 0; i < 300; ++i) CHECK(read_answer(deaf).body.size() > 500000);
}

TEST_CASE(
    "http limits: the slow are told so, the idle closed, and who waits for an answer keeps "
    "waiting") {
  HttpFixture fixture({.idle_timeout_ms = 40, .request_timeout_ms = 40});
  fixture.backend.hold = true;
  RawClient waiting(fixture.port);
  waiting.send(request("PUT", "/kv/k", kBody));
  fixture.wait_for_requests(1);
  RawClient slow(fixture.port);
  slow.send("GET /kv/k HTT");
  CHECK(read_answer(slow).status == 408);
  RawClient idle(fixture.port);
  CHECK(idle.read_to_end() == "");
  fixture.thread.run([&] { fixture.backend.answer_held(0); });
  CHECK(read_answer(waiting).status == 200);
}

TEST_CASE("http limits: connections over the limit get a 503") {
  HttpFixture fixture({.max_connections = 1});
  RawClient first(fixture.port);
  first.send(request("GET", "/healthz"));
  CHECK(read_answer(first).status == 200);
  RawClient second(fixture.port);
  CHECK(read_answer(second).status == 503);
  CHECK(second.read_to_end() == "");
}

TEST_CASE("http limits: a deep body is refused and harmless") {
  HttpFixture fixture;
  RawClient client(fixture.port);
  client.send(request("PUT", "/kv/k",
                      "{\"value\":" + std::string(200000, '[') + std::string(200000, ']') + "}"));
  CHECK(read_answer(client).status == 400);
  client.send(request("GET", "/healthz"));
  CHECK(read_answer(client).status == 200);
}

}  // namespace vordb::io
