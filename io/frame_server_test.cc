#include "io/frame_server.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "io/testing/frame_fixture.h"

namespace vordb::io {

using namespace vordb::io::testing;

TEST_CASE("frames: answers echo ids, in order, values exactly") {
  FrameFixture fixture;
  RawClient client(fixture.port);
  const std::string value("\x00\xff\x80zero", 7);
  client.send(put_frame(1, "k", value) + get_frame(4294967295u, "k") + get_frame(0, "absent"));
  CHECK(read_response(client).ok().timestamp() > 0);
  const pb::Response got = read_response(client);
  CHECK(got.request_id() == 4294967295u);
  CHECK(got.value().value() == value);
  CHECK(got.value().key() == "k");
  CHECK(read_response(client).not_found().key() == "absent");
  CHECK(fixture.thread.get<uint64_t>([&] {
    return fixture.metrics.requests(Operation::kGet, Protocol::kTcp, RequestStatus::kNotFound);
  }) == 1);
}

TEST_CASE("frames: a stream split at every byte means the same") {
  FrameFixture fixture;
  const std::string stream =
      put_frame(1, "key", "value") + get_frame(2, "key") + frame("") + get_frame(3, "key");
  for (size_t split = 1; split < stream.size(); ++split) {
    RawClient client(fixture.port);
    client.send(stream.substr(0, split));
    // Twice through the loop: the first part has been read.
    fixture.thread.run([] {});
    fixture.thread.run([] {});
    client.send(stream.substr(split));
    CHECK(read_response(client).has_ok());
    CHECK(read_response(client).value().value() == "value");
    CHECK(read_response(client).error().code() == "BAD_REQUEST");
    CHECK(read_response(client).request_id() == 3);
  }
}

TEST_CASE("frames: answers leave in the order of requests, however they come") {
  FrameFixture fixture;
  fixture.backend.hold = true;
  RawClient client(fixture.port);
  std::string stream;
  for (uint32_t id = 0; id < 10; ++id) stream += put_frame(id, "k" + std::to_string(id), "v");
  client.send(stream);
  fixture.wait_for_requests(10);
  fixture.thread.run([&] {
    for (uint32_t id = 0; id < 10; ++id)
      CHECK(fixture.backend.seen[id].key == "k" + std::to_string(id));
    for (const size_t index : {7, 9, 1, 0, 8, 3, 2, 6, 5, 4})
      CHECK(fixture.backend.answer_held(index));
    CHECK(!fixture.backend.answer_held(4));  // answered already
  });
  for (uint32_t id = 0; id < 10; ++id) CHECK(read_response(client).request_id() == id);
}

TEST_CASE("frames: a request names the connection that it came by") {
  FrameFixture fixture;
  RawClient one(fixture.port);
  RawClient two(fixture.port);
  one.send(put_frame(1, "k", "v") + get_frame(2, "k"));
  fixture.wait_for_requests(2);
  two.send(get_frame(1, "k"));
  fixture.wait_for_requests(3);
  fixture.thread.run([&] {
    const auto& seen = fixture.backend.seen;
    CHECK(seen[0].connection != 0);
    CHECK(seen[0].connection == seen[1].connection);
    CHECK(seen[0].connection != seen[2].connection);
  });
}

TEST_CASE("frames: an answer for nobody is refused") {
  FrameFixture fixture;
  fixture.thread.run([&] {
    CHECK(!fixture.server->deliver(to_client_id({Protocol::kTcp, 0, 0, 0}), {}));
    CHECK(!fixture.server->deliver(to_client_id({Protocol::kTcp, 1000, 3, 0}), {}));
    CHECK(!fixture.server->deliver(to_client_id({Protocol::kHttp, 0, 0, 0}), {}));
  });
}

TEST_CASE("frames: bad frames get an answer and the connection stays usable") {
  FrameFixture fixture;
  RawClient client(fixture.port);
  pb::Request bad_amount;
  bad_amount.set_request_id(7);
  bad_amount.mutable_counter_increment()->set_key("k");
  bad_amount.mutable_counter_increment()->set_amount(-1);
  client.send(frame("") + frame("\xff\xff\xff") + frame(bad_amount.SerializeAsString()) +
              put_frame(8, "", "v") + put_frame(9, "k", "v"));
  pb::Response response = read_response(client);
  CHECK(response.error().code() == "BAD_REQUEST");
  response = read_response(client);
  CHECK(response.error().code() == "INVALID_REQUEST");
  CHECK(response.request_id() == 0);
  response = read_response(client);
  CHECK(response.request_id() == 7);
  CHECK(response.error().code() == "BAD_REQUEST");
  CHECK(response.error().outcome() == pb::REJECTED);
  CHECK(read_response(client).error().message() == "PutRequest.key: 0 bytes, must be 1..65535");
  CHECK(read_response(client).has_ok());
  fixture.thread.run([&] {
    CHECK(fixture.backend.seen.size() == 1);
    CHECK(fixture.metrics.requests(Operation::kCounterIncrement, Protocol::kTcp,
                                   RequestStatus::kError) == 1);
    CHECK(fixture.metrics.requests(Operation::kPut, Protocol::kTcp, RequestStatus::kOk) == 1);
  });
}

TEST_CASE("frames: a refusal waits for the answers before it") {
  FrameFixture fixture;
  fixture.backend.hold = true;
  RawClient client(fixture.port);
  client.send(put_frame(1, "k", "v") + frame("\xff") + put_frame(2, "k", "v") +
              std::string("\xff\xff\xff\xff", 4));
  fixture.wait_for_requests(2);
  fixture.thread.run([&] {
    fixture.backend.answer_held(1);
    fixture.backend.answer_held(0);
  });
  CHECK(read_response(client).request_id() == 1);
  CHECK(read_response(client).error().code() == "INVALID_REQUEST");
  CHECK(read_response(client).request_id() == 2);
  CHECK(read_response(client).error().code() == "TOO_LARGE");
  CHECK(client.read_to_end() == "");
}

TEST_CASE(
    "frames: a client that shuts its side gets all its answers, then the end, a part of a frame "
    "does nothing") {
  FrameFixture fixture;
  fixture.backend.hold = true;
  RawClient client(fixture.port);
  const std::string truncated = put_frame(3, "k", "v");
  client.send(put_frame(1, "k", "v") + put_frame(2, "k", "v") +
              truncated.substr(0, truncated.size() - 1));
  client.shut_sending();
  fixture.wait_for_requests(2);
  fixture.thread.run([&] {
    fixture.backend.answer_held(1);
    fixture.backend.answer_held(0);
  });
  CHECK(read_response(client).request_id() == 1);
  CHECK(read_response(client).request_id() == 2);
  CHECK(client.read_to_end() == "");
  fixture.wait_for([&] { return fixture.server->connections() == 0; });
  CHECK(fixture.thread.get<size_t>([&] { return fixture.backend.seen.size(); }) == 2);
}

TEST_CASE("frames: answers to a client that is gone are taken and forgotten") {
  FrameFixture fixture;
  fixture.backend.hold = true;
  {
    RawClient client(fixture.port);
    client.send(put_frame(1, "k", "v") + put_frame(2, "k", "v"));
    fixture.wait_for_requests(2);
  }
  RawClient other(fixture.port);
  other.send(put_frame(3, "other", "v"));
  fixture.wait_for_requests(3);
  fixture.thread.run([&] {
    CHECK(fixture.backend.answer_held(2));
    fixture.backend.answer_held(1);
    fixture.backend.answer_held(0);
  });
  CHECK(read_response(other).request_id() == 3);
  fixture.wait_for([&] { return fixture.server->connections() == 1; });
  // A late double finds nobody, also not whoever has the slot next.
  RawClient next(fixture.port);
  next.send(put_frame(4, "next", "v"));
  fixture.wait_for_requests(4);
  fixture.thread.run([&] { CHECK(!fixture.backend.answer_held(0)); });
}

TEST_CASE("frames: stop answers what was asked and then closes") {
  FrameFixture fixture;
  fixture.backend.hold = true;
  RawClient busy(fixture.port), idle(fixture.port);
  busy.send(put_frame(1, "k", "v"));
  fixture.wait_for_requests(1);
  fixture.wait_for([&] { return fixture.server->connections() == 2; });
  fixture.thread.run([&] { fixture.server->stop(); });
  CHECK(idle.read_to_end() == "");
  fixture.thread.run([&] { fixture.backend.answer_held(0); });
  CHECK(read_response(busy).request_id() == 1);
  CHECK(busy.read_to_end() == "");
  fixture.wait_for([&] { return fixture.server->connections() == 0; });
}

}  // namespace vordb::io
