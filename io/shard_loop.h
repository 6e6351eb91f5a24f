// One shard with everything around it: its event loop and thread, its doors, and the servers of its
// connections.
//
// The turn: whatever brings the shard something (a request, a message, a disk event, a tick) marks
// the turn open, which posts its end behind what is already waiting in the loop. So all events of
// one round of the loop share one turn, and their mutations one commit, without a timer and without
// waiting for more.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "core/shard.h"
#include "io/asio.h"
#include "io/backend.h"
#include "io/frame_server.h"
#include "io/http_server.h"
#include "io/log_telemetry.h"
#include "io/metrics.h"
#include "io/peer_links.h"
#include "io/peer_receiver.h"
#include "io/rocks_disk.h"
#include "io/shard_network.h"
#include "io/system_clock.h"
#include "io/system_random.h"
#include "proto/peer.pb.h"

namespace vordb::io {

class ShardLoop final : public Backend {
 public:
  struct Options {
    uint16_t index = 0;
    NodeOptions node;
    FrameServerOptions frames;
    HttpServerOptions http;
  };
  // The ways out of a shard into the rest of the node.
  struct Routes {
    std::function<void(uint16_t shard, std::vector<Envelope> messages)> to_shard;
    // What came from other nodes for another shard.
    std::function<void(uint16_t shard, std::vector<pb::PeerMessage> messages)> peers_to_shard;
    std::function<void(ClusterChangeReply reply)> to_operator;
  };

  // `store`, `admin` and `peers` outlive the loop.
  ShardLoop(Options options, RocksStore& store, NodeAdmin& admin, PeerLinks& peers,
            std::shared_ptr<PeerShared> peer_shared, Routes routes,
            std::shared_ptr<spdlog::logger> logger);
  ~ShardLoop() override;
  ShardLoop(const ShardLoop&) = delete;
  ShardLoop& operator=(const ShardLoop&) = delete;

  // Brings the shard to life on the calling thread and waits until what it wrote is durable. Before
  // run().
  absl::Status start();

  // Starts the thread; the destructor or join() ends it.
  void run();
  void join();

  // From any thread.
  void post(std::function<void()> task);
  void deliver(std::vector<Envelope> messages);
  void deliver_peers(std::vector<pb::PeerMessage> messages);

  // From any thread: serves no new requests; `drained` is called on the loop's thread once nothing
  // is in flight.
  void drain(std::function<void()> drained);

  boost::asio::io_context& loop() { return loop_; }

  // On the loop's thread only.
  void submit(ClientRequest request) override;
  void violated(std::string_view constraint) override { telemetry_.violated(constraint); }
  FrameServer& frames() { return *frames_; }
  HttpServer& http() { return *http_; }
  PeerReceiver& peers() { return *receiver_; }
  // Of shard 0; answered by Routes::to_operator.
  void change_cluster(ClusterChange change);
  void full_sync();
  std::shared_ptr<const Configuration> configuration() const { return shard_.configuration(); }
  const ShardMetrics& metrics() const { return metrics_; }
  ShardFigures figures() { return shard_.figures(clock_.wall_ms()); }
  const TelemetryCounts& telemetry() const { return telemetry_.counts(); }

 private:
  // From the store's threads.
  void post_disk_events(std::vector<DiskEvent> events);
  void on_reply(ClientId client, ClientReply reply);
  void on_peer_message(uint16_t shard, pb::PeerMessage& message);
  void end_peer_batch();
  void open_turn();
  void end_turn();
  void schedule_tick();
  bool is_drained() const;

  Options options_;
  Routes routes_;
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer ticker_;
  SystemClock clock_;
  SystemRandom random_;
  LogTelemetry telemetry_;
  ShardMetrics metrics_;
  ShardNetwork network_;
  std::unique_ptr<RocksDisk> disk_;
  Env env_;
  Shard shard_;
  std::unique_ptr<FrameServer> frames_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<PeerReceiver> receiver_;
  std::vector<std::vector<pb::PeerMessage>> peer_outboxes_;  // by shard
  std::atomic<uint64_t> peer_messages_waiting_{0};           // posted by other shards
  std::shared_ptr<PeerShared> peer_shared_;
  std::function<void()> drained_;
  bool turn_open_ = false;
  std::thread thread_;
};

}  // namespace vordb::io
