// The frame protocol under clients that claim, send and ask too much.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "io/testing/frame_fixture.h"

namespace vordb::io {

using namespace vordb::io::testing;

TEST_CASE("frame limits: a frame over the limit is refused at once, on its length alone") {
  FrameFixture fixture({.max_frame_bytes = 1000});
  RawClient client(fixture.port);
  client.send(put_frame(1, "k", std::string(900, 'v')) + std::string("\x00\x00\x03\xe9", 4));
  CHECK(read_response(client).has_ok());
  const pb::Response response = read_response(client);
  CHECK(response.error().code() == "TOO_LARGE");
  CHECK(response.error().hint() == "at most 1000 bytes");
  CHECK(client.read_to_end() == "");
}

TEST_CASE("frame limits: a request that breaks its schema is told to the backend") {
  FrameFixture fixture;
  RawClient client(fixture.port);
  client.send(put_frame(1, "", "v"));
  CHECK(read_response(client).error().code() == "BAD_REQUEST");
  fixture.thread.run([&] {
    CHECK(fixture.backend.seen.empty());
    REQUIRE(fixture.backend.broken.size() == 1);
    CHECK(fixture.backend.broken[0].find("PutRequest.key") == 0);
  });
}

TEST_CASE("frame limits: the largest frame passes whole") {
  FrameFixture fixture;
  RawClient client(fixture.port);
  const std::string value(13u << 20, 'x');
  client.send(put_frame(1, "k", value) + get_frame(2, "k"));
  CHECK(read_response(client).has_ok());
  CHECK((read_response(client).value().value() == value));
}

TEST_CASE("frame limits: a connection is not read from while too many of its requests wait") {
  FrameFixture fixture({.max_unanswered = 10});
  fixture.backend.hold = true;
  RawClient client(fixture.port);
  std::string stream;
  for (uint32_t id = 0; id < 100; ++id) stream += put_frame(id, "k", "v");
  client.send(stream);
  fixture.wait_for_requests(10);
  for (size_t answered = 0; answered < 100; ++answered) {
    fixture.wait_for_requests(answered + 1);
    fixture.thread.run([&] {
      CHECK(fixture.backend.seen.size() <= answered + 10);
      CHECK(fixture.backend.answer_held(answered));
    });
  }
  for (uint32_t id = 0; id < 100; ++id) CHECK(read_response(client).request_id() == id);
}

TEST_CASE("frame limits: who reads nothing is not served on and on, and others are") {
  FrameFixture fixture;
  RawClient deaf(fixture.port);
  const std::string value(100000, 'x');
  deaf.send(put_frame(0, "k", value));
  CHECK(read_response(deaf).has_ok());
  std::string stream;
  for (uint32_t id = 1; id <= 2000; ++id) stream += get_frame(id, "k");
  deaf.send(stream);
  RawClient other(fixture.port);
  for (uint32_t id = 0; id < 50; ++id) {
    other.send(get_frame(id, "k"));
    CHECK(read_response(other).request_id() == id);
  }
  // 2,000 answers are 200 MB; the sockets' buffers and the limit together hold far less.
  CHECK(fixture.thread.get<size_t>([&] { return fixture.backend.seen.size(); }) < 500);
  for (uint32_t id = 1; id <= 2000; ++id) CHECK(read_response(deaf).request_id() == id);
}

TEST_CASE("frame limits: few requests are in flight until answers have shown to be small") {
  FrameFixture fixture;
  fixture.backend.hold = true;
  RawClient client(fixture.port);
  std::string stream;
  for (uint32_t id = 0; id < 1000; ++id) stream += get_frame(id, "k");
  client.send(stream);
  fixture.wait_for_requests(16);
  CHECK(fixture.thread.get<size_t>([&] { return fixture.backend.seen.size(); }) == 16);
  size_t most = 0;
  for (size_t answered = 0; answered < 1000; ++answered) {
    fixture.wait_for_requests(answered + 1);
    fixture.thread.run([&] {
      most = std::max(most, fixture.backend.seen.size() - answered);
      CHECK(fixture.backend.answer_held(answered));
    });
  }
  CHECK(most > 500);
  for (uint32_t id = 0; id < 1000; ++id) CHECK(read_response(client).request_id() == id);
}

TEST_CASE("frame limits: large answers in flight beyond the limit are refused, not kept") {
  FrameFixture fixture({.max_held_bytes = 4u << 20});
  fixture.backend.hold = true;
  RawClient client(fixture.port);
  std::string stream;
  for (uint32_t id = 0; id < 10; ++id) stream += get_frame(id, "k");
  client.send(stream);
  fixture.wait_for_requests(10);
  fixture.thread.run([&] {
    fixture.backend.values["k"] = std::string(1u << 20, 'x');
    // The first is answered last: the others' answers must wait for it.
    for (size_t index = 10; index-- > 0;) fixture.backend.answer_held(index);
  });
  size_t values = 0, refused = 0;
  for (uint32_t id = 0; id < 10; ++id) {
    const pb::Response response = read_response(client);
    CHECK(response.request_id() == id);
    values += response.has_value();
    refused += response.has_error() && response.error().outcome() == pb::REJECTED;
  }
  CHECK(values >= 3);
  CHECK(values <= 5);
  CHECK(values + refused == 10);
}

TEST_CASE("frame limits: incomplete frames of all clients together are bounded") {
  FrameFixture fixture({.max_held_bytes = 1u << 20});
  RawClient client(fixture.port);
  const std::string large = put_frame(1, "k", std::string(4u << 20, 'v'));
  client.try_send(large);
  CHECK(read_response(client).error().code() == "UNAVAILABLE");
  CHECK(client.read_to_end() == "");
  RawClient other(fixture.port);
  other.send(put_frame(1, "k", "v"));
  CHECK(read_response(other).has_ok());
}

TEST_CASE("frame limits: connections over the limit are told so") {
  FrameFixture fixture({.max_connections = 2});
  RawClient first(fixture.port), second(fixture.port);
  for (RawClient* client : {&first, &second}) {
    client->send(put_frame(1, "k", "v"));
    CHECK(read_response(*client).has_ok());
  }
  RawClient third(fixture.port);
  CHECK(read_response(third).error().code() == "UNAVAILABLE");
  CHECK(third.read_to_end() == "");
  first.close();
  fixture.wait_for([&] { return fixture.server->connections() == 1; });
  RawClient fourth(fixture.port);
  fourth.send(put_frame(1, "k", "v"));
  CHECK(read_response(fourth).has_ok());
  CHECK(fixture.thread.get<uint64_t>([&] { return fixture.metrics.refused(Protocol::kTcp); }) == 1);
}

TEST_CASE("frame limits: the idle are closed, those who wait for an answer are not") {
  FrameFixture fixture({.idle_timeout_ms = 40});
  fixture.backend.hold = true;
  RawClient waiting(fixture.port);
  waiting.send(put_frame(1, "k", "v"));
  fixture.wait_for_requests(1);
  RawClient idle(fixture.port);
  CHECK(idle.read_to_end() == "");  // later than the other would have been closed
  fixture.thread.run([&] { CHECK(fixture.backend.answer_held(0)); });
  CHECK(read_response(waiting).has_ok());
}

TEST_CASE("frame limits: connections leave nothing behind") {
  FrameFixture fixture;
  for (int i = 0; i < 300; ++i) {
    RawClient client(fixture.port);
    client.send(put_frame(1, "k", "v"));
    CHECK(read_response(client).has_ok());
  }
  fixture.wait_for([&] { return fixture.server->connections() == 0; });
  CHECK(fixture.thread.get<uint64_t>([&] { return fixture.metrics.connections(Protocol::kTcp); }) ==
        0);
}

}  // namespace vordb::io
