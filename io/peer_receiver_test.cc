// What other nodes may send to a node: the greeting, byte by byte, and everything that is no batch.
#include "io/peer_receiver.h"

#include <doctest/doctest.h>

#include <string>

#include "io/testing/peer_fixture.h"

namespace vordb::io {

using namespace vordb::io::testing;

namespace {

std::string batch(NodeNumber to, const pb::PeerMessage& message) {
  return single_batch(to, message);
}

pb::PeerMessage for_coordinator(uint32_t shard) {
  pb::PeerMessage message;
  message.set_shard(shard);
  message.mutable_ack()->set_op(1);
  return message;
}

}  // namespace

TEST_CASE("peer receiver: a greeting and messages that come byte by byte are taken") {
  PeerOptions options;
  options.features = {"short-replicas"};
  ReceivingSide side(options);
  RawClient client(side.port);
  for (const char byte : greeting()) client.send(std::string(1, byte));
  const auto welcome = read_single<pb::PeerWelcome>(client);
  CHECK(welcome.version() == 1);
  CHECK(welcome.answerer().node_id() == "node2");
  CHECK(welcome.answerer().node() == 2);
  REQUIRE(welcome.answerer().features_size() == 1);
  CHECK(welcome.answerer().features(0) == "short-replicas");
  for (const char byte : batch(2, announcement(5, 100))) client.send(std::string(1, byte));
  REQUIRE(side.wait_for(1));
  side.thread.run([&] {
    CHECK(side.arrived[0].message.SerializeAsString() == announcement(5, 100).SerializeAsString());
  });
  client.send(empty_batch());
  CHECK(client.read(kPeerHeaderBytes) == empty_batch());
}

TEST_CASE("peer receiver: each message goes to the shard that it is for, or nowhere") {
  ReceivingSide side;
  RawClient client(side.port);
  client.send(greeting());
  read_single<pb::PeerWelcome>(client);
  pb::PeerMessage of_the_future;
  of_the_future.set_partition(1);
  client.send(batch(2, heartbeat(1)) + batch(2, announcement(5)) + batch(2, for_coordinator(1)) +
              batch(2, for_coordinator(3)) + batch(2, of_the_future) +
              // For a member that this node was before: only membership listens.
              batch(9, announcement(5)) + batch(9, heartbeat(2)) + batch(0, announcement(4)));
  REQUIRE(side.wait_for(5));
  side.thread.run([&] {
    REQUIRE(side.arrived.size() == 5);
    CHECK(side.arrived[0].shard == 0);
    CHECK(side.arrived[1].shard == 2);
    CHECK(side.arrived[2].shard == 1);
    CHECK(side.arrived[3].message.cluster_message().heartbeat().wall_ms() == 2);
    CHECK(side.arrived[4].shard == 1);
  });
  CHECK(side.shared->counters.dropped_arrived == 3);
  CHECK(side.shared->counters.messages_received == 8);
}

TEST_CASE("peer receiver: garbage closes its connection and nothing else") {
  ReceivingSide side;
  RawClient good(side.port);
  good.send(greeting());
  read_single<pb::PeerWelcome>(good);
  std::string damaged = batch(2, announcement(1, 50));
  damaged[kPeerHeaderBytes + 10] ^= 1;
  pb::PeerHello hello;
  std::string no_message = batch_header(2, {"\x05"}) + "\x05";
  std::string no_peer_message = batch_header(2, {"\x02\xff\xff"}) + "\x02\xff\xff";
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(100, '\0'), greeting() + damaged,
        greeting() + no_message, greeting() + no_peer_message, greeting() + "garbage",
        empty_batch()}) {
    RawClient bad(side.port);
    bad.try_send(bytes);
    bad.read_to_end();  // it was closed
  }
  CHECK(side.shared->counters.garbage == 7);
  good.send(batch(2, announcement(3)));
  CHECK(side.wait_for(1));
  CHECK(side.count() == 1);
}

TEST_CASE("peer receiver: a batch longer than allowed is refused on its length alone") {
  PeerOptions options;
  options.max_message_bytes = 100000;
  ReceivingSide side(options);
  RawClient client(side.port);
  client.send(greeting());
  read_single<pb::PeerWelcome>(client);
  std::string header = batch(2, announcement(1));
  header.resize(kPeerHeaderBytes);
  header[4] = 0x10;  // 256 MiB
  client.send(header);
  CHECK(client.read_to_end() == "");
}

TEST_CASE("peer receiver: an unknown version is told which ones are spoken, then closed") {
  ReceivingSide side;
  RawClient client(side.port);
  client.send(greeting(7, 9));
  const auto welcome = read_single<pb::PeerWelcome>(client);
  CHECK(welcome.version() == 0);
  CHECK(welcome.refusal() == "versions 1 to 1 are spoken here");
  CHECK(client.read_to_end() == "");
  CHECK(side.shared->counters.connections_refused == 1);
  // A newer node that still speaks ours is welcome.
  RawClient newer(side.port);
  newer.send(greeting(1, 5));
  CHECK(read_single<pb::PeerWelcome>(newer).version() == 1);
}

TEST_CASE("peer receiver: who gives no sign of life is closed") {
  PeerOptions options;
  options.silence_ms = 200;
  ReceivingSide side(options);
  RawClient silent(side.port);
  CHECK(silent.read_to_end() == "");
  CHECK(side.thread.get<size_t>([&] { return side.receiver->connections(); }) == 0);
}

}  // namespace vordb::io
