#include "io/shard_loop.h"

#include <utility>

namespace vordb::io {
namespace {

// A shard whose first writes are not durable by then has a disk that does not answer.
constexpr std::chrono::seconds kStartPatience{60};
// Messages of other nodes that wait for this shard's thread.
constexpr uint64_t kPeerMessagesWaitingMax = 100000;

}  // namespace

ShardLoop::ShardLoop(Options options, RocksStore& store, NodeAdmin& admin, PeerLinks& peers,
                     std::shared_ptr<PeerShared> peer_shared, Routes routes,
                     std::shared_ptr<spdlog::logger> logger)
    : options_(std::move(options)),
      routes_(std::move(routes)),
      work_(boost::asio::make_work_guard(loop_)),
      ticker_(loop_),
      telemetry_(options_.index, std::move(logger)),
      network_(options_.node.shards,
               {routes_.to_shard,
                [this](ClientId client, ClientReply reply) { on_reply(client, std::move(reply)); },
                routes_.to_operator, &peers}),
      disk_(std::make_unique<RocksDisk>(
          store, [this](std::vector<DiskEvent> events) { post_disk_events(std::move(events)); })),
      env_{clock_, network_, *disk_, random_, telemetry_},
      shard_(options_.index, options_.node),
      peer_outboxes_(options_.node.shards),
      peer_shared_(std::move(peer_shared)) {
  frames_ = std::make_unique<FrameServer>(loop_, *this, options_.frames, metrics_);
  http_ = std::make_unique<HttpServer>(loop_, *this, admin, options_.http, metrics_);
  receiver_ = std::make_unique<PeerReceiver>(
      loop_, peer_shared_,
      PeerReceiver::Routes{
          options_.node.shards,
          [this](uint16_t shard, pb::PeerMessage& message) { on_peer_message(shard, message); },
          [this] { end_peer_batch(); }});
}

ShardLoop::~ShardLoop() { join(); }

absl::Status ShardLoop::start() {
  if (absl::Status status = shard_.start(env_); !status.ok()) return status;
  end_turn();
  const auto deadline = std::chrono::steady_clock::now() + kStartPatience;
  while (!shard_.idle()) {
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
      shard_.on_message(envelope.to, std::move(envelope.message), env_);
    open_turn();
  });
}

void ShardLoop::deliver_peers(std::vector<pb::PeerMessage> messages) {
  // A shard that falls behind loses what its peers will send again.
  if (peer_messages_waiting_ > kPeerMessagesWaitingMax) {
    peer_shared_->counters.dropped_arrived += messages.size();
    return;
  }
  peer_messages_waiting_ += messages.size();
  boost::asio::post(loop_, [this, messages = std::move(messages)] {
    peer_messages_waiting_ -= messages.size();
    for (const pb::PeerMessage& message : messages) shard_.on_peer_message(message, env_);
    open_turn();
  });
}

void ShardLoop::on_peer_message(uint16_t shard, pb::PeerMessage& message) {
  if (shard == options_.index) return shard_.on_peer_message(message, env_);
  peer_outboxes_[shard].push_back(std::move(message));
}

void ShardLoop::end_peer_batch() {
  for (size_t shard = 0; shard < peer_outboxes_.size(); ++shard) {
    if (!peer_outboxes_[shard].empty())
      routes_.peers_to_shard(uint16_t(shard), std::exchange(peer_outboxes_[shard], {}));
  }
  open_turn();
}

void ShardLoop::change_cluster(ClusterChange change) {
  shard_.change_cluster(std::move(change), env_);
  open_turn();
}

void ShardLoop::full_sync() {
  shard_.full_sync(env_);
  open_turn();
}

void ShardLoop::post_disk_events(std::vector<DiskEvent> events) {
  boost::asio::post(loop_, [this, events = std::move(events)]() mutable {
    for (DiskEvent& event : events) shard_.on_disk(std::move(event), env_);
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
  shard_.submit(std::move(request), env_);
  // A read that was answered from memory leaves nothing for the turn's end.
  if (shard_.turn_has_work() || network_.has_messages() || drained_) open_turn();
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
  shard_.end_turn(env_);
  network_.flush();
  if (drained_ && is_drained()) std::exchange(drained_, nullptr)();
}

void ShardLoop::schedule_tick() {
  ticker_.expires_after(std::chrono::milliseconds(kTickMs));
  ticker_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    shard_.tick(env_);
    open_turn();
    schedule_tick();
  });
}

bool ShardLoop::is_drained() const {
  return shard_.idle() && frames_->connections() == 0 && http_->connections() == 0;
}

}  // namespace vordb::io
