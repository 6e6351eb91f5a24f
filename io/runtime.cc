#include "io/runtime.h"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>
#include <vector>

#include "io/listener.h"
#include "io/logging.h"
#include "io/node_view.h"
#include "io/rocks_store.h"
#include "io/shard_loop.h"

namespace vordb::io {
namespace {

constexpr uint64_t kMiB = 1ull << 20;
constexpr uint64_t kHeldBytesMax = 256 * kMiB;
constexpr uint32_t kHttpConnectionsMin = 4096;

uint32_t share(uint64_t whole, uint16_t shards) { return uint32_t((whole + shards - 1) / shards); }

ShardLoop::Options loop_options(const RuntimeOptions& options, uint16_t index) {
  const uint16_t shards = options.node.shards;
  ShardLoop::Options loop{index, options.node, {}, {}};
  loop.frames.max_connections = share(options.max_connections, shards);
  loop.frames.max_frame_bytes = options.max_frame_bytes;
  loop.frames.idle_timeout_ms = options.idle_timeout_ms;
  loop.frames.max_held_bytes = kHeldBytesMax / shards;
  loop.http.max_connections = share(std::max(options.max_connections, kHttpConnectionsMin), shards);
  loop.http.idle_timeout_ms = options.idle_timeout_ms;
  loop.http.metrics_enabled = options.metrics_enabled;
  return loop;
}

}  // namespace

struct Runtime::Impl {
  Impl(RuntimeOptions given, std::shared_ptr<spdlog::logger> log)
      : options(std::move(given)), logger(std::move(log)), view(options.node) {}

  // The loops stop before the shards go, and all before the store.
  ~Impl() {
    for (const auto& shard : shards) shard->join();
    http_listener.reset();
    frame_listener.reset();
    shards.clear();
  }

  absl::Status open_store();
  void make_shards();
  absl::Status listen();

  RuntimeOptions options;
  std::shared_ptr<spdlog::logger> logger;
  NodeView view;
  std::unique_ptr<RocksStore> store;
  std::vector<std::unique_ptr<ShardLoop>> shards;
  std::unique_ptr<Listener> http_listener;
  std::unique_ptr<Listener> frame_listener;
};

absl::Status Runtime::Impl::open_store() {
  RocksStoreOptions store_options;
  store_options.directory = options.store_path;
  store_options.column_families = options.node.column_families;
  store_options.cf_write_buffer_size_mb = options.write_buffer_mb;
  store_options.block_cache_size_mb = options.block_cache_mb;
  store_options.min_free_mb = options.min_free_mb;
  store_options.buffered = options.node.durability_buffered;
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
  const auto to_shard = [this](uint16_t shard, std::vector<Envelope> messages) {
    shards[shard]->deliver(std::move(messages));
  };
  std::vector<ShardLoop*> loops;
  for (uint16_t index = 0; index < options.node.shards; ++index) {
    shards.push_back(
        std::make_unique<ShardLoop>(loop_options(options, index), *store, view, to_shard, logger));
    loops.push_back(shards.back().get());
  }
  view.attach(std::move(loops));
}

absl::Status Runtime::Impl::listen() {
  std::vector<Listener::Target> http_targets, frame_targets;
  for (const auto& shard : shards) {
    ShardLoop* const loop = shard.get();
    using Socket = boost::asio::ip::tcp::socket;
    http_targets.push_back(
        {&loop->loop(), [loop](Socket socket) { loop->http().adopt(std::move(socket)); }});
    frame_targets.push_back(
        {&loop->loop(), [loop](Socket socket) { loop->frames().adopt(std::move(socket)); }});
  }
  http_listener = std::make_unique<Listener>(shards.front()->loop(), std::move(http_targets));
  frame_listener = std::make_unique<Listener>(shards.front()->loop(), std::move(frame_targets));
  if (absl::Status status = http_listener->listen(options.host, options.http_port); !status.ok())
    return status;
  return frame_listener->listen(options.host, options.tcp_port);
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
