// For tests of HTTP: a server on a loopback port before a fake backend and a fake node, and a
// client that reads answers one by one.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/http_server.h"
#include "io/listener.h"
#include "io/testing/fake_backend.h"
#include "io/testing/loopback.h"

namespace vordb::io::testing {

// Answers at once, on the caller's thread; what commands end with is the test's.
class FakeNode : public NodeAdmin {
 public:
  NodeStatus state;
  AdminOutcome outcome;
  ClusterChange last_change;

  void status(Answer<NodeStatus> done) override { done(state); }
  void members(Answer<std::vector<MemberInfo>> done) override {
    MemberInfo member;
    member.node_id = "node1";
    member.address = "127.0.0.1:7001";
    member.status = "up";
    member.node = 1;
    member.incarnation = 16;
    member.features = {"short-replicas"};
    done({member});
  }
  void ring(Answer<RingInfo> done) override {
    done({4, 2, {"short-replicas"}, {{4, {"node1"}, {}}, {4, {"node1"}, {"node2"}}}});
  }
  void handoff(Answer<HandoffInfo> done) override { done({}); }
  void repair(Answer<RepairInfo> done) override { done({}); }
  void plan(PlanQuestion question, Answer<PlanInfo> done) override {
    PlanInfo plan;
    plan.node_id = question.node_id;
    done(plan);
  }
  void change(ClusterChange change, Answer<AdminOutcome> done) override {
    last_change = std::move(change);
    done(outcome);
  }
  void full_sync(Answer<AdminOutcome> done) override { done(outcome); }
  // From another thread, as a scrape of several shards ends.
  void metrics(Answer<std::string> done) override {
    std::thread([done = std::move(done)] { done("# HELP x y\n# TYPE x counter\nx 1\n"); }).join();
  }
};

class HttpFixture {
 public:
  explicit HttpFixture(HttpServerOptions options = {}) {
    server = std::make_unique<HttpServer>(thread.loop, backend, node, options, metrics);
    backend.deliver = [this](ClientId client, ClientReply reply) {
      return server->deliver(client, std::move(reply));
    };
    thread.run([this] {
      listener = std::make_unique<Listener>(
          thread.loop,
          std::vector<Listener::Target>{{&thread.loop, [this](boost::asio::ip::tcp::socket s) {
                                           server->adopt(std::move(s));
                                         }}});
      REQUIRE(listener->listen("127.0.0.1", 0).ok());
      port = listener->port();
    });
  }
  ~HttpFixture() {
    thread.run([this] {
      listener.reset();
      server.reset();
    });
  }

  // Runs the loop until `condition` holds there.
  void wait_for(const std::function<bool()>& condition) {
    while (!thread.get<bool>(condition)) std::this_thread::yield();
  }
  void wait_for_requests(size_t count) {
    wait_for([&] { return backend.seen.size() >= count; });
  }
  size_t requests() {
    return thread.get<size_t>([&] { return backend.seen.size(); });
  }

  FakeBackend backend;
  FakeNode node;
  ShardMetrics metrics;
  LoopThread thread;
  std::unique_ptr<HttpServer> server;
  std::unique_ptr<Listener> listener;
  uint16_t port = 0;
};

struct HttpAnswerText {
  int status = 0;
  std::string head;  // with the status line, without the empty line
  std::string body;

  bool has(const std::string& header_line) const {
    return head.find("\r\n" + header_line) != std::string::npos;
  }
};

// `with_body`: false for the answer to a HEAD.
inline HttpAnswerText read_answer(RawClient& client, bool with_body = true) {
  HttpAnswerText answer;
  answer.head = client.read_through("\r\n\r\n");
  answer.head.resize(answer.head.size() - 4);
  REQUIRE(answer.head.rfind("HTTP/1.1 ", 0) == 0);
  answer.status = std::stoi(answer.head.substr(9, 3));
  const size_t length = answer.head.find("\r\nContent-Length: ");
  if (length != std::string::npos && with_body) {
    answer.body = client.read(size_t(std::stoul(answer.head.substr(length + 18))));
  }
  return answer;
}

inline std::string request(const std::string& method, const std::string& target,
                           const std::string& body = "", const std::string& headers = "") {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: x\r\n" + headers;
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + body;
}

}  // namespace vordb::io::testing
