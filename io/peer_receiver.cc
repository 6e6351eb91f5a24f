#include "io/peer_receiver.h"

#include <spdlog/spdlog.h>

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/peer_codec.h"
#include "core/peer_wire.h"
#include "io/asio.h"
#include "io/frame_buffer.h"
#include "io/peer_frames.h"
#include "io/steady_time.h"
#include "proto/peer.pb.h"

namespace vordb::io {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr size_t kHelloBytesMax = 64u << 10;
// What a batch holds beyond its largest message.
constexpr size_t kBatchBytesBeyond = 2u << 20;
constexpr uint64_t kSweepMs = 1000;

// The shard that a message is for; nothing when it names none of this node's.
std::optional<uint16_t> shard_of(const pb::PeerMessage& message, uint16_t shards) {
  switch (peer_target(message)) {
    case ActorKind::kMembership:
      return uint16_t{0};
    case ActorKind::kVnode:
      return uint16_t(message.partition() % shards);
    case ActorKind::kCoordinator:
      break;
  }
  if (message.shard() >= shards) return std::nullopt;
  return uint16_t(message.shard());
}

}  // namespace

struct PeerReceiver::Impl {
  class Connection;

  Impl(boost::asio::io_context& io, std::shared_ptr<PeerShared> with, Routes to)
      : loop(io), shared(std::move(with)), routes(std::move(to)), sweep(io) {}

  void sweep_later(std::shared_ptr<Impl> self);

  boost::asio::io_context& loop;
  std::shared_ptr<PeerShared> shared;
  Routes routes;
  boost::asio::steady_timer sweep;
  std::set<std::shared_ptr<Connection>> connections;
  bool stopped = false;
};

class PeerReceiver::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, std::shared_ptr<Impl> receiver)
      : socket_(std::move(socket)), receiver_(std::move(receiver)), heard_us_(steady_us()) {}

  void read() {
    in_.prepare(wanted_);
    socket_.async_read_some(boost::asio::buffer(in_.room(), in_.room_bytes()),
                            [self = this->shared_from_this()](error_code error, size_t bytes) {
                              if (self->closed_) return;
                              if (error) return self->close();
                              self->in_.received(bytes);
                              self->receiver_->shared->counters.bytes_received += bytes;
                              self->heard_us_ = steady_us();
                              self->take_batches();
                              if (!self->closed_) self->read();
                            });
  }

  void close() {
    if (closed_) return;
    closed_ = true;
    error_code ignored;
    socket_.close(ignored);
    receiver_->connections.erase(this->shared_from_this());
  }

  void check_time(uint64_t now_us) {
    const uint64_t limit_ms = receiver_->shared->options.silence_ms;
    if (now_us > heard_us_ + limit_ms * 1000) close();
  }

 private:
  void take_batches() {
    const PeerOptions& options = receiver_->shared->options;
    bool delivered = false;
    while (!closed_) {
      PeerBatch batch;
      const char* problem = "";
      const size_t limit =
          greeted_ ? options.max_message_bytes + kBatchBytesBeyond : kHelloBytesMax;
      size_t bytes = 0;
      const PeerParse parsed = read_batch(in_.unused(), limit, &batch, &bytes, &problem);
      wanted_ = bytes;
      if (parsed == PeerParse::kMore) break;
      if (parsed == PeerParse::kGarbage) {
        refuse_bytes(problem);
        break;
      }
      if (!greeted_) {
        greet(batch.payload);
      } else if (batch.payload.empty()) {
        answer(empty_batch());
      } else {
        deliver(batch);
        delivered = true;
      }
      in_.use(bytes);
      wanted_ = 0;
    }
    if (delivered) receiver_->routes.end_of_batch();
  }

  void refuse_bytes(const std::string& problem) {
    ++receiver_->shared->counters.garbage;
    error_code ignored;
    receiver_->shared->logger->warn("a connection from {} was closed: {}",
                                    socket_.remote_endpoint(ignored).address().to_string(ignored),
                                    problem);
    close();
  }

  void greet(std::string_view payload) {
    std::string_view message;
    pb::PeerHello hello;
    if (!next_message(&payload, &message) ||
        !hello.ParseFromArray(message.data(), int(message.size())))
      return refuse_bytes("its greeting is not understood");
    PeerShared& shared = *receiver_->shared;
    pb::PeerWelcome welcome;
    shared.say_hello(welcome.mutable_answerer());
    welcome.set_version(common_version(hello));
    greeted_ = true;
    if (welcome.version() == 0) {
      welcome.set_refusal("versions " + std::to_string(kPeerVersionMin) + " to " +
                          std::to_string(kPeerVersionMax) + " are spoken here");
      ++shared.counters.connections_refused;
      shared.logger->warn("peer {} was refused: it speaks versions {} to {}, this node {} to {}",
                          peer_name(hello), hello.version_min(), hello.version_max(),
                          kPeerVersionMin, kPeerVersionMax);
      answer(single_batch(0, welcome));
      closing_ = true;
      return;
    }
    const uint64_t own = shared.identity().cluster;
    if (hello.cluster() != own && hello.cluster() != 0 && own != 0) {
      // It may want to join: membership decides, and data is refused message by message.
      shared.logger->info("peer {} belongs to another cluster; only membership listens to it",
                          peer_name(hello));
    }
    answer(single_batch(0, welcome));
  }

  void deliver(const PeerBatch& batch) {
    PeerShared& shared = *receiver_->shared;
    const NodeNumber own = shared.own_node();
    // A member that this node was, or that had this address, before.
    const bool mistaken = batch.to != 0 && own != 0 && batch.to != own;
    std::string_view rest = batch.payload;
    std::string_view bytes;
    while (!rest.empty()) {
      if (!next_message(&rest, &bytes)) return refuse_bytes("a batch holds what is no message");
      ++shared.counters.messages_received;
      const absl::Status read = read_peer_message(bytes, shared.options.features, &message_);
      if (!read.ok()) return refuse_bytes(std::string(read.message()));
      const bool known = message_.body_case() != pb::PeerMessage::BODY_NOT_SET;
      const bool membership = message_.body_case() == pb::PeerMessage::kClusterMessage;
      const std::optional<uint16_t> shard = known && (membership || !mistaken)
                                                ? shard_of(message_, receiver_->routes.shards)
                                                : std::nullopt;
      if (shard) {
        receiver_->routes.to_shard(*shard, message_);
      } else {
        ++shared.counters.dropped_arrived;
      }
    }
  }

  void answer(std::string bytes) {
    out_ += bytes;
    if (!write_active_) write();
  }

  void write() {
    writing_ = std::exchange(out_, {});
    write_active_ = true;
    boost::asio::async_write(socket_, boost::asio::buffer(writing_),
                             [self = this->shared_from_this()](error_code error, size_t) {
                               self->write_active_ = false;
                               if (self->closed_) return;
                               if (error) return self->close();
                               if (!self->out_.empty()) return self->write();
                               if (self->closing_) self->end_gently();
                             });
  }

  // The refusal must arrive: the other side closes once it has read it, or is closed for silence.
  void end_gently() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  }

  tcp::socket socket_;
  std::shared_ptr<Impl> receiver_;
  FrameBuffer in_;
  size_t wanted_ = 0;
  pb::PeerMessage message_;
  std::string out_;
  std::string writing_;
  uint64_t heard_us_;
  bool greeted_ = false;
  bool write_active_ = false;
  bool closing_ = false;
  bool closed_ = false;
};

void PeerReceiver::Impl::sweep_later(std::shared_ptr<Impl> self) {
  sweep.expires_after(std::chrono::milliseconds(kSweepMs));
  sweep.async_wait([self](error_code error) {
    if (error || self->stopped) return;
    const uint64_t now_us = steady_us();
    const auto all = self->connections;
    for (const auto& connection : all) connection->check_time(now_us);
    self->sweep_later(self);
  });
}

PeerReceiver::PeerReceiver(boost::asio::io_context& loop, std::shared_ptr<PeerShared> shared,
                           Routes routes)
    : impl_(std::make_shared<Impl>(loop, std::move(shared), std::move(routes))) {
  impl_->sweep_later(impl_);
}

PeerReceiver::~PeerReceiver() {
  impl_->stopped = true;
  const auto all = impl_->connections;
  for (const auto& connection : all) connection->close();
  error_code ignored;
  impl_->sweep.cancel(ignored);
}

void PeerReceiver::adopt(tcp::socket socket) {
  if (impl_->stopped || impl_->connections.size() >= impl_->shared->options.max_connections) {
    error_code ignored;
    socket.close(ignored);
    return;
  }
  auto connection = std::make_shared<Impl::Connection>(std::move(socket), impl_);
  impl_->connections.insert(connection);
  connection->read();
}

size_t PeerReceiver::connections() const { return impl_->connections.size(); }

}  // namespace vordb::io
