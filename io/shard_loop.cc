#include "io/shard_loop.h"

#include <utility>

namespace vordb::io {
namespace {

// A shard whose first writes are not durable by then has a disk that does not answer.
constexpr std::chrono::seconds kStartPatience{60};

}  // namespace

ShardLoop::ShardLoop(Options options, RocksStore& store, NodeAdmin& admin, ToShard to_shard,
                     std::shared_ptr<spdlog::logger> logger)
    : options_(std::move(options)),
      work_(boost::asio::make_work_guard(loop_)),
      ticker_(loop_),
      telemetry_(options_.index, std::move(logger)),
      network_(options_.node.shards,
               {std::move(to_shard), [this](ClientId client, ClientReply reply) {
                  on_reply(client, std::move(reply));
                }}) {
  disk_ = std::make_unique<RocksDisk>(
      store, [this](std::vector<DiskEvent> events) { post_disk_events(std::move(events)); });
  shard_ = std::make_unique<Shard>(options_.index, options_.node,
                                   Env{clock_, network_, *disk_, random_, telemetry_});
  frames_ = std::make_unique<FrameServer>(loop_, *this, options_.frames, metrics_);
  http_ = std::make_unique<HttpServer>(loop_, *this, admin, options_.http, metrics_);
}

ShardLoop::~ShardLoop() { join(); }

absl::Status ShardLoop::start() {
  if (absl::Status status = shard_->start(); !status.ok()) return status;
  end_turn();
  const auto deadline = std::chrono::steady_clock::now() + kStartPatience;
  while (!shard_->idle()) {
    if (loop_.run_one_until(deadline) == 0) {
      return absl::DeadlineExceededError("shard " + std::to_string(options_.index) +
                                         ": its first writes did not become durable");
    }
  }
  return absl::OkStatus();
}

void ShardLoop::run() {
  schedule_tick();
  thread_ = std::thread([this] { loop_.run(); });
}

void ShardLoop::join() {
  loop_.stop();
  if (thread_.joinable()) thread_.join();
}

void ShardLoop::post(std::function<void()> task) { boost::asio::post(loop_, std::move(task)); }

void ShardLoop::deliver(std::vector<Envelope> messages) {
  boost::asio::post(loop_, [this, messages = std::move(messages)]() mutable {
    for (Envelope& envelope : messages)
      shard_->on_message(envelope.to, std::move(envelope.message));
    open_turn();
  });
}

void ShardLoop::post_disk_events(std::vector<DiskEvent> events) {
  boost::asio::post(loop_, [this, events = std::move(events)]() mutable {
    for (DiskEvent& event : events) shard_->on_disk(std::move(event));
    open_turn();
  });
}

void ShardLoop::drain(std::function<void()> drained) {
  boost::asio::post(loop_, [this, drained = std::move(drained)]() mutable {
    drained_ = std::move(drained);
    frames_->stop();
    http_->stop();
    open_turn();
  });
}

void ShardLoop::submit(ClientRequest request) {
  shard_->submit(std::move(request));
  // A read that was answered from memory leaves nothing for the turn's end.
  if (shard_->turn_has_work() || network_.has_messages() || drained_) open_turn();
}

void ShardLoop::on_reply(ClientId client, ClientReply reply) {
  // The client may be gone: then nobody is told.
  if (is_http(client)) {
    http_->deliver(client, std::move(reply));
  } else {
    frames_->deliver(client, std::move(reply));
  }
}

void ShardLoop::open_turn() {
  if (turn_open_) return;
  turn_open_ = true;
  boost::asio::post(loop_, [this] { end_turn(); });
}

void ShardLoop::end_turn() {
  turn_open_ = false;
  shard_->end_turn();
  network_.flush();
  if (drained_ && is_drained()) std::exchange(drained_, nullptr)();
}

void ShardLoop::schedule_tick() {
  ticker_.expires_after(std::chrono::milliseconds(Shard::kTickMs));
  ticker_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    shard_->tick();
    open_turn();
    schedule_tick();
  });
}

bool ShardLoop::is_drained() const {
  return shard_->idle() && frames_->connections() == 0 && http_->connections() == 0;
}

}  // namespace vordb::io
