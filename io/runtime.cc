#include "io/runtime.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "io/listener.h"
#include "io/logging.h"
#include "io/node_view.h"
#include "io/peer_links.h"
#include "io/rocks_store.h"
#include "io/shard_loop.h"

namespace vordb::io {
namespace {

constexpr uint64_t kMiB = 1ull << 20;
constexpr uint64_t kHeldBytesMax = 256 * kMiB;

uint32_t share(uint64_t whole, uint16_t shards) { return uint32_t((whole + shards - 1) / shards); }

PeerOptions peer_options(const RuntimeOptions& options) {
  PeerOptions peers;
  // A delta or a page of a snapshot holds a few of the largest values.
  peers.max_message_bytes = 4 * uint64_t{options.max_frame_bytes};
  peers.max_connections = share(options.descriptors.peer_connections, options.node.shards);
  peers.queue_bytes = std::max(peers.queue_bytes, peers.max_message_bytes);
  peers.features = options.node.features;
  return peers;
}

ShardLoop::Options loop_options(const RuntimeOptions& options, uint16_t index) {
  const uint16_t shards = options.node.shards;
  ShardLoop::Options loop{index, options.node, {}, {}};
  loop.frames.max_connections = share(options.descriptors.tcp_connections, shards);
  loop.frames.max_frame_bytes = options.max_frame_bytes;
  loop.frames.idle_timeout_ms = options.idle_timeout_ms;
  loop.frames.max_held_bytes = kHeldBytesMax / shards;
  loop.http.max_connections = share(options.descriptors.http_connections, shards);
  loop.http.idle_timeout_ms = options.idle_timeout_ms;
  loop.http.metrics_enabled = options.metrics_enabled;
  return loop;
}

}  // namespace

struct Runtime::Impl {
  Impl(RuntimeOptions given, std::shared_ptr<spdlog::logger> log)
      : options(std::move(given)),
        logger(std::move(log)),
        peer_shared(
            std::make_shared<PeerShared>(peer_options(options), options.node.node_id, logger)),
        peers(peer_shared),
        view(options.node, peers) {}

  // The loops stop before the shards go, and all before the store.
  ~Impl() {
    for (const auto& shard : shards) shard->join();
    http_listener.reset();
    frame_listener.reset();
    peer_listener.reset();
    peers.stop();
    view.detach();
    shards.clear();
  }

  absl::Status open_store();
  void make_shards();
  absl::Status listen();

  RuntimeOptions options;
  std::shared_ptr<spdlog::logger> logger;
  std::shared_ptr<PeerShared> peer_shared;
  PeerLinks peers;
  NodeView view;
  std::unique_ptr<RocksStore> store;
  std::vector<std::unique_ptr<ShardLoop>> shards;
  std::unique_ptr<Listener> http_listener;
  std::unique_ptr<Listener> frame_listener;
  std::unique_ptr<Listener> peer_listener;
};

absl::Status Runtime::Impl::open_store() {
  RocksStoreOptions store_options;
  store_options.directory = options.store_path;
  store_options.column_families = options.node.column_families;
  store_options.cf_write_buffer_size_mb = options.write_buffer_mb;
  store_options.block_cache_size_mb = options.block_cache_mb;
  store_options.max_open_files = options.descriptors.store_files;
  store_options.min_free_mb = options.min_free_mb;
  store_options.buffered = options.node.durability_buffered;
  store_options.accept_log_loss = options.accept_log_loss;
  store_options.log = [log = logger](std::string_view text) { log->warn("store: {}", text); };
  absl::StatusOr<std::unique_ptr<RocksStore>> opened =
      RocksStore::open(store_options, [log = logger](std::string_view why) {
        log->critical("the disk failed, stopping at once: {}", why);
        finish_logging();
      });
  if (!opened.ok()) return opened.status();
  store = *std::move(opened);
  return absl::OkStatus();
}

void Runtime::Impl::make_shards() {
  ShardLoop::Routes routes;
  routes.to_shard = [this](uint16_t shard, std::vector<Envelope> messages) {
    shards[shard]->deliver(std::move(messages));
  };
  routes.peers_to_shard = [this](uint16_t shard, std::vector<pb::PeerMessage> messages) {
    shards[shard]->deliver_peers(std::move(messages));
  };
  routes.to_operator = [this](ClusterChangeReply reply) { view.answer_operator(std::move(reply)); };
  std::vector<ShardLoop*> loops;
  std::vector<boost::asio::io_context*> contexts;
  for (uint16_t index = 0; index < options.node.shards; ++index) {
    shards.push_back(std::make_unique<ShardLoop>(loop_options(options, index), *store, view, peers,
                                                 peer_shared, routes, logger));
    loops.push_back(shards.back().get());
    contexts.push_back(&shards.back()->loop());
  }
  view.attach(std::move(loops));
  peers.attach(std::move(contexts));
}

absl::Status Runtime::Impl::listen() {
  using Socket = boost::asio::ip::tcp::socket;
  std::vector<Listener::Target> http_targets, frame_targets, peer_targets;
  for (const auto& shard : shards) {
    ShardLoop* const loop = shard.get();
    http_targets.push_back(
        {&loop->loop(), [loop](Socket socket) { loop->http().adopt(std::move(socket)); }});
    frame_targets.push_back(
        {&loop->loop(), [loop](Socket socket) { loop->frames().adopt(std::move(socket)); }});
    peer_targets.push_back(
        {&loop->loop(), [loop](Socket socket) { loop->peers().adopt(std::move(socket)); }});
  }
  boost::asio::io_context& first = shards.front()->loop();
  http_listener = std::make_unique<Listener>(first, std::move(http_targets));
  frame_listener = std::make_unique<Listener>(first, std::move(frame_targets));
  peer_listener = std::make_unique<Listener>(first, std::move(peer_targets));
  absl::Status status = http_listener->listen(options.host, options.http_port);
  if (status.ok()) status = frame_listener->listen(options.host, options.tcp_port);
  if (status.ok()) status = peer_listener->listen(options.host, options.cluster_port);
  return status;
}

Runtime::Runtime(RuntimeOptions options, std::shared_ptr<spdlog::logger> logger)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(logger))) {}

Runtime::~Runtime() = default;

absl::Status Runtime::start() {
  if (absl::Status status = impl_->open_store(); !status.ok()) return status;
  impl_->make_shards();
  for (const auto& shard : impl_->shards) {
    if (absl::Status status = shard->start(); !status.ok()) return status;
  }
  // The ports open before the threads run, so that a port that is taken stops the start without a
  // race.
  if (absl::Status status = impl_->listen(); !status.ok()) return status;
  for (const auto& shard : impl_->shards) shard->run();
  return absl::OkStatus();
}

bool Runtime::drain(uint64_t timeout_ms) {
  // Shared with the shards: one that drains after the timeout still finds it.
  struct Progress {
    std::mutex mutex;
    std::condition_variable changed;
    size_t left = 0;
  };
  const auto progress = std::make_shared<Progress>();
  progress->left = impl_->shards.size();
  impl_->shards.front()->post([this] {
    impl_->http_listener->stop();
    impl_->frame_listener->stop();
    impl_->peer_listener->stop();
  });
  for (const auto& shard : impl_->shards) {
    shard->drain([progress] {
      const std::lock_guard<std::mutex> lock(progress->mutex);
      --progress->left;
      progress->changed.notify_one();
    });
  }
  std::unique_lock<std::mutex> lock(progress->mutex);
  return progress->changed.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                                    [&] { return progress->left == 0; });
}

}  // namespace vordb::io
