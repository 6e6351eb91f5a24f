#include "io/peer_link.h"

#include <spdlog/spdlog.h>

#include <random>
#include <utility>

#include "core/host_port.h"
#include "io/peer_frames.h"
#include "io/steady_time.h"

namespace vordb::io {

using boost::asio::ip::tcp;

namespace {

// What one write takes off the queue.
constexpr size_t kWriteBytes = 1u << 20;
constexpr size_t kWriteChunks = 64;
// Answers of a peer are handshakes and signs of life.
constexpr size_t kAnswerBytesMax = 64u << 10;

// Between a half and the whole, so that nodes that lost one peer do not come back in step.
uint64_t jittered(uint64_t ms) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return ms / 2 + random() % (ms / 2 + 1);
}

}  // namespace

PeerLink::PeerLink(boost::asio::io_context& loop, std::string address,
                   std::shared_ptr<PeerShared> shared)
    : loop_(loop),
      address_(std::move(address)),
      shared_(std::move(shared)),
      resolver_(loop),
      socket_(loop),
      timer_(loop),
      retry_ms_(shared_->options.retry_ms) {}

PeerLink::~PeerLink() = default;

bool PeerLink::has_room(size_t bytes) const {
  const PeerOptions& options = shared_->options;
  const uint64_t limit = connected() ? options.queue_bytes : options.unconnected_bytes;
  return queued_bytes_.load(std::memory_order_relaxed) + bytes <= limit;
}

void PeerLink::send(NodeNumber to, std::string payload, uint32_t messages) {
  queued_bytes_ += payload.size();
  boost::asio::dispatch(loop_, [self = shared_from_this(),
                                chunk = Chunk{to, messages, std::move(payload)}]() mutable {
    self->enqueue(std::move(chunk));
  });
}

void PeerLink::enqueue(Chunk chunk) {
  queue_.push_back(std::move(chunk));
  if (state_ == State::kStopped) return drop_queue();
  if (state_ == State::kIdle) connect();
  if (state_ == State::kOpen) write();
}

void PeerLink::meet(Greeted done) {
  boost::asio::dispatch(loop_, [self = shared_from_this(), done = std::move(done)]() mutable {
    if (self->state_ == State::kOpen) return done(&self->peer_, "");
    if (self->state_ == State::kStopped) return done(nullptr, "stopping");
    self->greeted_.push_back(std::move(done));
    // A pause after a failure is for what nobody waits for.
    if (self->state_ == State::kIdle || self->state_ == State::kPausing) self->connect();
  });
}

void PeerLink::tell_greeted(const pb::PeerHello* peer, const std::string& why) {
  for (const Greeted& done : std::exchange(greeted_, {})) done(peer, why);
}

void PeerLink::stop() {
  state_ = State::kStopped;
  ++attempt_;
  resolver_.cancel();
  close_socket();
  drop_queue();
}

// ---- connecting

void PeerLink::connect() {
  state_ = State::kConnecting;
  Error cancelled;
  timer_.cancel(cancelled);
  const std::optional<HostPort> address = parse_address(address_);
  if (!address) return fail("this is no address");
  const uint64_t attempt = ++attempt_;
  timer_.expires_after(std::chrono::milliseconds(shared_->options.connect_timeout_ms));
  timer_.async_wait([self = shared_from_this(), attempt](Error error) {
    if (!error && attempt == self->attempt_) self->fail("no answer in time");
  });
  const auto connected = [self = shared_from_this(), attempt](Error error, const tcp::endpoint&) {
    if (attempt != self->attempt_) return;
    if (error) return self->fail(error.message());
    self->greet();
  };
  Error error;
  const auto ip = boost::asio::ip::make_address(address->host, error);
  const std::string port = std::to_string(address->port);
  if (!error) {
    const Endpoints endpoint =
        Endpoints::create(tcp::endpoint(ip, address->port), address->host, port);
    return boost::asio::async_connect(socket_, endpoint, connected);
  }
  resolver_.async_resolve(
      address->host, port,
      [self = shared_from_this(), attempt, connected](Error failed, Endpoints found) {
        if (attempt != self->attempt_) return;
        if (failed) return self->fail(failed.message());
        boost::asio::async_connect(self->socket_, found, connected);
      });
}

void PeerLink::greet() {
  state_ = State::kGreeting;
  Error ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  pb::PeerHello hello;
  shared_->say_hello(&hello);
  header_ = single_batch(0, hello);
  in_.release();
  boost::asio::async_write(socket_, boost::asio::buffer(header_),
                           [self = shared_from_this(), attempt = attempt_](Error error, size_t) {
                             if (attempt != self->attempt_) return;
                             if (error) return self->fail(error.message());
                             self->read();
                           });
}

// ---- what the peer says

void PeerLink::read() {
  in_.prepare(0);
  socket_.async_read_some(
      boost::asio::buffer(in_.room(), in_.room_bytes()),
      [self = shared_from_this(), attempt = attempt_](Error error, size_t bytes) {
        if (attempt != self->attempt_) return;
        if (error) return self->fail("the connection broke: " + error.message());
        self->on_read(bytes);
      });
}

void PeerLink::on_read(size_t bytes) {
  in_.received(bytes);
  const uint64_t attempt = attempt_;
  for (;;) {
    PeerBatch batch;
    size_t wanted = 0;
    const char* problem = "";
    const PeerParse parsed = read_batch(in_.unused(), kAnswerBytesMax, &batch, &wanted, &problem);
    if (parsed == PeerParse::kMore) break;
    if (parsed == PeerParse::kGarbage || !take(batch.payload)) {
      ++shared_->counters.garbage;
      return fail(*problem ? problem : "its answer is not understood");
    }
    if (attempt != attempt_) return;
    in_.use(wanted);
  }
  read();
}

// False: not understood. May end the attempt.
bool PeerLink::take(std::string_view payload) {
  heard_us_ = steady_us();
  if (state_ == State::kOpen) return payload.empty();
  std::string_view message;
  pb::PeerWelcome welcome;
  if (!next_message(&payload, &message) ||
      !welcome.ParseFromArray(message.data(), int(message.size())))
    return false;
  if (welcome.version() == 0) {
    ++shared_->counters.connections_refused;
    retry_ms_ = shared_->options.retry_ms_max;
    fail("it refused us: " + welcome.refusal().substr(0, 200));
    return true;
  }
  if (welcome.version() < kPeerVersionMin || welcome.version() > kPeerVersionMax) return false;
  state_ = State::kOpen;
  connected_ = true;
  retry_ms_ = shared_->options.retry_ms;
  last_failure_.clear();
  used_us_ = heard_us_;
  ++shared_->counters.connections_made;
  peer_ = std::move(*welcome.mutable_answerer());
  shared_->logger->info("connected to peer {} at {}", peer_name(peer_), address_);
  watch();
  write();
  tell_greeted(&peer_, "");
  return true;
}

// ---- sending

void PeerLink::write() {
  if (write_active_ || (queue_.empty() && !ping_due_)) return;
  std::vector<boost::asio::const_buffer> buffers;
  writing_.clear();
  writing_bytes_ = writing_messages_ = 0;
  if (!queue_.empty()) {
    const NodeNumber to = queue_.front().to;
    while (!queue_.empty() && queue_.front().to == to && writing_.size() < kWriteChunks &&
           (writing_.empty() || writing_bytes_ + queue_.front().payload.size() <= kWriteBytes)) {
      writing_bytes_ += queue_.front().payload.size();
      writing_messages_ += queue_.front().messages;
      writing_.push_back(std::move(queue_.front().payload));
      queue_.pop_front();
    }
    header_ = batch_header(to, writing_);
    buffers.push_back(boost::asio::buffer(header_));
    for (const std::string& chunk : writing_) buffers.push_back(boost::asio::buffer(chunk));
    used_us_ = steady_us();
  }
  if (std::exchange(ping_due_, false)) {
    ping_ = empty_batch();
    buffers.push_back(boost::asio::buffer(ping_));
  }
  write_active_ = true;
  boost::asio::async_write(
      socket_, buffers, [self = shared_from_this(), attempt = attempt_](Error error, size_t sent) {
        self->shared_->counters.bytes_sent += sent;
        if (attempt == self->attempt_) self->on_written(error);
      });
}

void PeerLink::on_written(Error error) {
  write_active_ = false;
  queued_bytes_ -= writing_bytes_;
  if (error) {
    shared_->counters.dropped_unreachable += writing_messages_;
    writing_bytes_ = writing_messages_ = 0;
    return fail("the connection broke: " + error.message());
  }
  shared_->counters.messages_sent += writing_messages_;
  ++shared_->counters.batches_sent;
  writing_bytes_ = writing_messages_ = 0;
  write();
}

// ---- time

void PeerLink::watch() {
  timer_.expires_after(std::chrono::milliseconds(shared_->options.ping_interval_ms));
  timer_.async_wait([self = shared_from_this(), attempt = attempt_](Error error) {
    if (!error && attempt == self->attempt_) self->check_time();
  });
}

void PeerLink::check_time() {
  const uint64_t now_us = steady_us();
  const PeerOptions& options = shared_->options;
  if (now_us > heard_us_ + options.silence_ms * 1000) return fail("it gives no sign of life");
  if (queue_.empty() && !write_active_ && now_us > used_us_ + options.unused_ms * 1000) {
    close_socket();
    state_ = State::kIdle;
    return;
  }
  ping_due_ = true;
  write();
  watch();
}

// ---- the end of a connection

// What was queued is not kept: its senders have asked others or will send again.
void PeerLink::fail(const std::string& why) {
  if (connected()) ++shared_->counters.connections_lost;
  if (why != last_failure_) {
    shared_->logger->warn("peer at {}: {}", address_, why);
    last_failure_ = why;
  }
  close_socket();
  drop_queue();
  state_ = State::kPausing;
  const uint64_t pause_ms = jittered(retry_ms_);
  retry_ms_ = std::min(retry_ms_ * 2, shared_->options.retry_ms_max);
  timer_.expires_after(std::chrono::milliseconds(pause_ms));
  timer_.async_wait([self = shared_from_this(), attempt = attempt_](Error error) {
    if (error || attempt != self->attempt_) return;
    self->state_ = State::kIdle;
    if (!self->queue_.empty()) self->connect();
  });
  tell_greeted(nullptr, why);
}

void PeerLink::close_socket() {
  ++attempt_;
  Error ignored;
  timer_.cancel(ignored);
  socket_.close(ignored);
  connected_ = false;
  ping_due_ = false;
  if (std::exchange(write_active_, false)) {
    queued_bytes_ -= writing_bytes_;
    shared_->counters.dropped_unreachable += writing_messages_;
    writing_bytes_ = writing_messages_ = 0;
  }
}

void PeerLink::drop_queue() {
  for (const Chunk& chunk : queue_) {
    queued_bytes_ -= chunk.payload.size();
    shared_->counters.dropped_unreachable += chunk.messages;
  }
  queue_.clear();
}

}  // namespace vordb::io
