// For tests of the frame protocol: a server on a loopback port before a fake backend, and frames
// made by hand.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "core/big_endian.h"
#include "io/frame_server.h"
#include "io/listener.h"
#include "io/testing/fake_backend.h"
#include "io/testing/loopback.h"
#include "proto/client.pb.h"

namespace vordb::io::testing {

class FrameFixture {
 public:
  explicit FrameFixture(FrameServerOptions options = {}) {
    server = std::make_unique<FrameServer>(thread.loop, backend, options, metrics);
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
  ~FrameFixture() {
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

  FakeBackend backend;
  ShardMetrics metrics;
  LoopThread thread;
  std::unique_ptr<FrameServer> server;
  std::unique_ptr<Listener> listener;
  uint16_t port = 0;
};

inline std::string frame(const std::string& bytes) {
  std::string framed;
  append_big_endian(framed, uint32_t(bytes.size()));
  return framed + bytes;
}

inline std::string put_frame(uint32_t id, const std::string& key, const std::string& value) {
  pb::Request request;
  request.set_request_id(id);
  request.mutable_put()->set_key(key);
  request.mutable_put()->set_value(value);
  return frame(request.SerializeAsString());
}

inline std::string get_frame(uint32_t id, const std::string& key) {
  pb::Request request;
  request.set_request_id(id);
  request.mutable_get()->set_key(key);
  return frame(request.SerializeAsString());
}

inline pb::Response read_response(RawClient& client) {
  const std::string length = client.read(4);
  pb::Response response;
  REQUIRE(response.ParseFromString(client.read(read_big_endian<uint32_t>(length))));
  return response;
}

}  // namespace vordb::io::testing
