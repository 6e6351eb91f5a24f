// A connection to a peer that is there, is not there, comes back, hangs or says nonsense.
#include "io/peer_link.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

#include "io/testing/peer_fixture.h"

namespace vordb::io {

using namespace vordb::io::testing;

namespace {

PeerOptions quick() {
  PeerOptions options;
  options.retry_ms = 5;
  options.retry_ms_max = 20;
  options.connect_timeout_ms = 300;
  options.ping_interval_ms = 20;
  options.silence_ms = 400;
  return options;
}

// Listens, and takes connections only when it is told to.
class RawListener {
 public:
  RawListener() : acceptor_(loop_, {boost::asio::ip::make_address("127.0.0.1"), 0}) {}
  std::string address() const {
    return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }
  boost::asio::ip::tcp::socket accept() { return acceptor_.accept(); }

 private:
  boost::asio::io_context loop_;
  boost::asio::ip::tcp::acceptor acceptor_;
};

void read_greeting(boost::asio::ip::tcp::socket& socket) {
  std::string bytes(kPeerHeaderBytes, '\0');
  boost::asio::read(socket, boost::asio::buffer(bytes));
  bytes.resize(read_big_endian<uint32_t>(std::string_view(bytes).substr(4)));
  boost::asio::read(socket, boost::asio::buffer(bytes));
}

void write_welcome(boost::asio::ip::tcp::socket& socket, uint32_t version) {
  pb::PeerWelcome welcome;
  welcome.set_version(version);
  welcome.set_refusal("no");
  boost::asio::write(socket, boost::asio::buffer(single_batch(0, welcome)));
}

}  // namespace

TEST_CASE("peer link: messages arrive whole and in order, many in one write") {
  ReceivingSide receiving;
  SendingSide sending;
  constexpr uint32_t kMessages = 20000;
  for (uint32_t i = 0; i < kMessages; ++i)
    sending.send(receiving.address(), 2, announcement(i, i % 300));
  REQUIRE(receiving.wait_for(kMessages));
  receiving.thread.run([&] {
    for (uint32_t i = 0; i < kMessages; ++i) {
      REQUIRE(receiving.arrived[i].message.partition() == i);
      REQUIRE(receiving.arrived[i].message.delta().keys(0).key().size() == i % 300);
    }
  });
  CHECK(ReceivingSide::wait_until(
      [&] { return sending.shared->counters.messages_sent == kMessages; }));
  CHECK(sending.shared->counters.batches_sent < kMessages / 2);
  CHECK(sending.links->is_connected(receiving.address()));
  CHECK(sending.shared->counters.connections_made == 1);
}

TEST_CASE("peer link: a large message passes among small ones") {
  ReceivingSide receiving;
  SendingSide sending;
  sending.send(receiving.address(), 2, announcement(1));
  REQUIRE(receiving.wait_for(1));
  sending.send(receiving.address(), 2, announcement(2, 20u << 20));
  sending.send(receiving.address(), 2, announcement(3));
  REQUIRE(receiving.wait_for(3));
  receiving.thread.run([&] {
    CHECK(receiving.arrived[1].message.delta().keys(0).key().size() == 20u << 20);
    CHECK(receiving.arrived[2].message.partition() == 3);
  });
}

TEST_CASE("peer link: a peer that comes back is connected to again, what was lost is counted") {
  SendingSide sending(quick());
  uint16_t port = 0;
  {
    ReceivingSide receiving;
    port = receiving.port;
    sending.send(receiving.address(), 2, announcement(1));
    REQUIRE(receiving.wait_for(1));
  }
  const std::string address = "127.0.0.1:" + std::to_string(port);
  CHECK(ReceivingSide::wait_until([&] { return !sending.links->is_connected(address); }));
  sending.send(address, 2, announcement(2));
  CHECK(
      ReceivingSide::wait_until([&] { return sending.shared->counters.dropped_unreachable >= 1; }));
  ReceivingSide again({}, port);
  CHECK(ReceivingSide::wait_until([&] {
    sending.send(address, 2, announcement(3));
    return again.count() > 0;
  }));
  CHECK(sending.shared->counters.connections_lost == 1);
  CHECK(sending.shared->counters.connections_made == 2);
}

TEST_CASE(
    "peer link: a hanging peer costs a bounded queue and nobody's time, then it is given up") {
  PeerOptions options = quick();
  options.queue_bytes = 1u << 20;
  SendingSide sending(options);
  RawListener hanging;
  PeerLink* const link = sending.links->link(hanging.address());
  sending.send(hanging.address(), 2, announcement(1));
  boost::asio::ip::tcp::socket socket = hanging.accept();
  read_greeting(socket);
  write_welcome(socket, 1);
  REQUIRE(ReceivingSide::wait_until([&] { return link->connected(); }));
  // The kernel's buffers take some before the queue fills, and then stays full.
  size_t sent = 0;
  for (int full = 0; full < 50;) {
    if (!link->has_room(100000)) {
      ++full;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      continue;
    }
    full = 0;
    sending.send(hanging.address(), 2, announcement(1, 100000));
    REQUIRE(++sent < 1000);
    if (sent % 8 == 0) sending.thread.run([] {});
  }
  CHECK(ReceivingSide::wait_until([&] { return !link->connected(); }));
  CHECK(sending.shared->counters.connections_lost == 1);
  CHECK(
      ReceivingSide::wait_until([&] { return sending.shared->counters.dropped_unreachable > 0; }));
  CHECK(ReceivingSide::wait_until([&] { return link->has_room(900000); }));
}

TEST_CASE("peer link: a peer that accepts and never greets is given up") {
  SendingSide sending(quick());
  RawListener mute;
  sending.send(mute.address(), 2, announcement(1));
  CHECK(
      ReceivingSide::wait_until([&] { return sending.shared->counters.dropped_unreachable >= 1; }));
  CHECK(!sending.links->is_connected(mute.address()));
}

TEST_CASE("peer link: a refusal and nonsense end the attempt, and it is tried again") {
  SendingSide sending(quick());
  RawListener listener;
  sending.send(listener.address(), 2, announcement(1));
  {
    boost::asio::ip::tcp::socket socket = listener.accept();
    read_greeting(socket);
    write_welcome(socket, 0);
    CHECK(ReceivingSide::wait_until(
        [&] { return sending.shared->counters.connections_refused == 1; }));
  }
  sending.send(listener.address(), 2, announcement(1));
  {
    boost::asio::ip::tcp::socket socket = listener.accept();
    read_greeting(socket);
    boost::asio::write(socket, boost::asio::buffer(std::string("HTTP/1.1 400 Bad Request\r\n")));
    CHECK(ReceivingSide::wait_until([&] { return sending.shared->counters.garbage == 1; }));
  }
  sending.send(listener.address(), 2, announcement(1));
  boost::asio::ip::tcp::socket socket = listener.accept();
  read_greeting(socket);
  write_welcome(socket, 1);
  CHECK(ReceivingSide::wait_until([&] { return sending.links->is_connected(listener.address()); }));
}

TEST_CASE("peer link: signs of life keep an unused connection, until it is unused for long") {
  PeerOptions options = quick();
  options.unused_ms = 1000;
  ReceivingSide receiving(options);
  SendingSide sending(options);
  sending.send(receiving.address(), 2, announcement(1));
  REQUIRE(receiving.wait_for(1));
  // Longer than either side tolerates silence.
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  CHECK(sending.links->is_connected(receiving.address()));
  CHECK(
      ReceivingSide::wait_until([&] { return !sending.links->is_connected(receiving.address()); }));
  CHECK(sending.shared->counters.connections_lost == 0);
  sending.send(receiving.address(), 2, announcement(2));
  CHECK(receiving.wait_for(2));
}

TEST_CASE("peer link: meeting a peer tells who it is, or at once that it is not there") {
  ReceivingSide receiving;
  SendingSide sending;
  const auto meet = [&](const std::string& address) {
    std::promise<std::string> met;
    sending.links->link(address)->meet([&](const pb::PeerHello* peer, const std::string& why) {
      met.set_value(peer ? peer->node_id() : why);
    });
    return met.get_future().get();
  };
  for (int times = 0; times < 2; ++times) {
    CHECK(meet(receiving.address()) == "node2");
    CHECK(meet("127.0.0.1:1") == "Connection refused");
  }
}

TEST_CASE("peer link: a name is resolved, and what is no address is told") {
  ReceivingSide receiving;
  SendingSide sending(quick());
  sending.send("localhost:" + std::to_string(receiving.port), 2, announcement(1));
  CHECK(receiving.wait_for(1));
  for (const char* address : {"nowhere", ":", "no.such.host.invalid:1", "127.0.0.1:0"}) {
    const uint64_t before = sending.shared->counters.dropped_unreachable;
    sending.send(address, 2, announcement(1));
    CHECK(ReceivingSide::wait_until(
        [&] { return sending.shared->counters.dropped_unreachable > before; }));
  }
}

}  // namespace vordb::io
