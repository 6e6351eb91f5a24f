// For tests of the transport between nodes: a listening side that keeps what arrives, a sending
// side, and greetings made by hand.
#pragma once

#include <doctest/doctest.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/big_endian.h"
#include "io/listener.h"
#include "io/peer_frames.h"
#include "io/peer_links.h"
#include "io/peer_receiver.h"
#include "io/testing/loopback.h"
#include "proto/peer.pb.h"

namespace vordb::io::testing {

inline std::shared_ptr<PeerShared> peer_shared(const std::string& node_id, NodeNumber node,
                                               PeerOptions options = {}) {
  auto logger =
      std::make_shared<spdlog::logger>(node_id, std::make_shared<spdlog::sinks::null_sink_mt>());
  auto shared = std::make_shared<PeerShared>(options, node_id, std::move(logger));
  PeerIdentity identity;
  identity.node_id = node_id;
  identity.node = node;
  identity.cluster = 77;
  identity.epoch = 16;
  shared->set_identity(identity);
  return shared;
}

// Member 2, of three shards, that listens.
class ReceivingSide {
 public:
  struct Arrived {
    uint16_t shard = 0;
    pb::PeerMessage message;
  };

  explicit ReceivingSide(PeerOptions options = {}, uint16_t port_or_any = 0)
      : shared(peer_shared("node2", 2, options)) {
    receiver = std::make_unique<PeerReceiver>(
        thread.loop, shared,
        PeerReceiver::Routes{3,
                             [this](uint16_t shard, pb::PeerMessage& message) {
                               arrived.push_back({shard, std::move(message)});
                             },
                             [this] { ++batches; }});
    thread.run([&] {
      listener = std::make_unique<Listener>(
          thread.loop,
          std::vector<Listener::Target>{{&thread.loop, [this](boost::asio::ip::tcp::socket s) {
                                           receiver->adopt(std::move(s));
                                         }}});
      REQUIRE(listener->listen("127.0.0.1", port_or_any).ok());
      port = listener->port();
    });
  }
  ~ReceivingSide() {
    thread.run([this] {
      listener.reset();
      receiver.reset();
    });
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port); }
  size_t count() {
    return thread.get<size_t>([this] { return arrived.size(); });
  }
  bool wait_for(size_t messages) {
    return wait_until([&] { return count() >= messages; });
  }

  static bool wait_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  std::shared_ptr<PeerShared> shared;
  std::vector<Arrived> arrived;
  size_t batches = 0;
  uint16_t port = 0;
  LoopThread thread;
  std::unique_ptr<PeerReceiver> receiver;
  std::unique_ptr<Listener> listener;
};

// Member 1, that sends.
class SendingSide {
 public:
  explicit SendingSide(PeerOptions options = {}) : shared(peer_shared("node1", 1, options)) {
    links = std::make_unique<PeerLinks>(shared);
    links->attach({&thread.loop});
  }
  ~SendingSide() {
    thread.stop();
    links.reset();
  }

  void send(const std::string& address, NodeNumber to, const pb::PeerMessage& message) {
    std::string payload;
    append_message(message, &payload);
    links->link(address)->send(to, std::move(payload), 1);
  }

  std::shared_ptr<PeerShared> shared;
  LoopThread thread;
  std::unique_ptr<PeerLinks> links;
};

inline pb::PeerMessage announcement(uint32_t partition, size_t bytes = 0) {
  pb::PeerMessage message;
  message.set_from_node(1);
  message.set_cluster(77);
  message.set_replication_n(3);
  message.set_partition(partition);
  pb::KeyUpdate* update = message.mutable_delta()->add_keys();
  update->set_key(std::string(bytes, 'k'));
  return message;
}

inline pb::PeerMessage heartbeat(uint64_t wall_ms) {
  pb::PeerMessage message;
  message.mutable_cluster_message()->mutable_heartbeat()->set_wall_ms(wall_ms);
  return message;
}

inline std::string greeting(uint32_t version_min = 1, uint32_t version_max = 1) {
  pb::PeerHello hello;
  hello.set_version_min(version_min);
  hello.set_version_max(version_max);
  hello.set_node_id("by hand");
  hello.set_cluster(77);
  return single_batch(0, hello);
}

template <typename Message>
Message read_single(RawClient& client) {
  std::string bytes = client.read(kPeerHeaderBytes);
  bytes += client.read(read_big_endian<uint32_t>(std::string_view(bytes).substr(4)));
  PeerBatch batch;
  size_t wanted = 0;
  const char* problem = "";
  REQUIRE(read_batch(bytes, 1u << 20, &batch, &wanted, &problem) == PeerParse::kBatch);
  std::string_view one;
  Message message;
  REQUIRE(next_message(&batch.payload, &one));
  REQUIRE(message.ParseFromArray(one.data(), int(one.size())));
  return message;
}

}  // namespace vordb::io::testing
