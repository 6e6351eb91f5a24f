#include "io/frame_connection.h"

#include <algorithm>
#include <utility>

#include "core/big_endian.h"
#include "io/asio.h"
#include "io/steady_time.h"

namespace vordb::io {

using boost::system::error_code;

namespace {

// Answers in flight of one connection are estimated to stay below this.
constexpr uint64_t kAnswerBytesInFlight = 8u << 20;
constexpr uint64_t kFirstAnswerBytes = 512u << 10;
// Requests that wait for their answers, in bytes, before a connection is read from again.
constexpr uint64_t kRequestBytesInFlight = 16u << 20;
// Finished answers that one connection may hold; reads beyond it are refused.
constexpr uint64_t kAnswerBytesHeld = 32u << 20;
// What counts as large once memory is short; smaller requests are served whatever others do.
constexpr uint64_t kLargeBytes = 64u << 10;
// Output buffers above this are given back after use.
constexpr size_t kKeptOutBytes = 256u << 10;

bool changes_data(Operation operation) {
  switch (operation) {
    case Operation::kGet:
    case Operation::kSetMembers:
    case Operation::kSetContains:
    case Operation::kCounterValue:
    case Operation::kListKeys:
    case Operation::kListBuckets:
    case Operation::kGetBucket:
    case Operation::kPing:
      return false;
    default:
      return true;
  }
}

uint64_t bytes_of(const ClientReply& reply) {
  uint64_t bytes = reply.value.size();
  for (const std::string& item : reply.items) bytes += item.size() + 4;
  return bytes;
}

ClientError short_of_memory(std::string message, std::string hint) {
  return {.code = ErrorCode::kUnavailable,
          .outcome = Outcome::kRejected,
          .message = std::move(message),
          .hint = std::move(hint)};
}

}  // namespace

FrameConnection::FrameConnection(boost::asio::ip::tcp::socket socket,
                                 std::shared_ptr<FrameShared> shared,
                                 ConnectionTable<FrameConnection>::Place place)
    : socket_(std::move(socket)),
      shared_(std::move(shared)),
      place_(place),
      usual_answer_bytes_(kFirstAnswerBytes),
      last_active_us_(steady_us()) {}

FrameConnection::~FrameConnection() = default;

void FrameConnection::start() { read(); }

// ---- input ----

void FrameConnection::read() {
  if (reading_ || closed_ || no_more_input_ || paused()) return;
  size_t wanted = 0;
  if (in_.unused().size() >= kFrameHeaderBytes) {
    wanted = kFrameHeaderBytes + read_big_endian<uint32_t>(in_.unused());
  }
  in_.prepare(wanted);
  const uint64_t over_small = in_.capacity() - std::min(in_.capacity(), FrameBuffer::kSmallBytes);
  hold(int64_t(over_small) - int64_t(buffer_held_));
  buffer_held_ = over_small;
  if (buffer_held_ > 0 && shared_->held_bytes > shared_->options.max_held_bytes) {
    return refuse_and_close(ErrorCode::kUnavailable,
                            "too much memory is in use for incomplete frames", "try again later");
  }
  reading_ = true;
  socket_.async_read_some(boost::asio::buffer(in_.room(), in_.room_bytes()),
                          [self = shared_from_this()](error_code error, size_t bytes) {
                            self->reading_ = false;
                            self->on_read(error, bytes);
                          });
}

void FrameConnection::on_read(error_code error, size_t bytes) {
  if (closed_ || shared_->stopped) return release_if_unused();
  if (error && error != boost::asio::error::eof) return close();
  if (error) {
    no_more_input_ = true;
  } else {
    in_.received(bytes);
    last_active_us_ = steady_us();
  }
  go_on();
}

bool FrameConnection::has_frame() const {
  const std::string_view bytes = in_.unused();
  if (finishing_ || bytes.size() < kFrameHeaderBytes) return false;
  const uint32_t length = read_big_endian<uint32_t>(bytes);
  return length > shared_->options.max_frame_bytes || bytes.size() - kFrameHeaderBytes >= length;
}

void FrameConnection::handle_frames() {
  handling_ = true;
  while (!closed_ && !gently_ && !paused() && has_frame()) {
    const std::string_view bytes = in_.unused();
    const uint32_t length = read_big_endian<uint32_t>(bytes);
    if (length > shared_->options.max_frame_bytes) {
      refuse_and_close(ErrorCode::kTooLarge, "a frame is longer than allowed",
                       "at most " + std::to_string(shared_->options.max_frame_bytes) + " bytes");
      break;
    }
    in_.use(kFrameHeaderBytes + length);
    handle_frame(bytes.substr(kFrameHeaderBytes, length));
  }
  handling_ = false;
}

void FrameConnection::handle_frame(std::string_view frame) {
  ClientRequest request;
  uint32_t request_id = 0;
  if (auto error = shared_->codec.decode(frame, &request_id, &request)) {
    const bool known =
        error->code != ErrorCode::kUndecodable && request.operation != Operation::kPing;
    return refuse(request_id, std::move(*error), uint32_t(frame.size()), request.operation, known);
  }
  if (frame.size() > kLargeBytes && shared_->held_bytes > shared_->options.max_held_bytes) {
    return refuse(request_id,
                  short_of_memory("too much is in flight for a large request", "try again later"),
                  uint32_t(frame.size()), request.operation, true);
  }
  const uint32_t number = ring_.push();
  WaitingRequest& waiting = ring_.at(number);
  waiting.request_id = request_id;
  waiting.operation = request.operation;
  waiting.by_bucket_type = request.by_bucket_type;
  waiting.bytes = uint32_t(frame.size());
  waiting.start_us = last_active_us_;
  waiting.key.assign(changes_data(request.operation) ? std::string_view()
                                                     : std::string_view(request.key));
  requests_bytes_ += waiting.bytes;
  hold(waiting.bytes);
  request.client = to_client_id({Protocol::kTcp, place_.slot, place_.generation, number});
  request.connection = connection_of(request.client);
  shared_->backend.submit(std::move(request));
}

void FrameConnection::refuse(uint32_t request_id, ClientError error, uint32_t bytes,
                             Operation operation, bool counted) {
  const uint32_t number = ring_.push();
  WaitingRequest& waiting = ring_.at(number);
  waiting.request_id = request_id;
  waiting.operation = operation;
  waiting.by_bucket_type = false;
  waiting.counted = counted;
  waiting.bytes = bytes;
  waiting.start_us = last_active_us_;
  waiting.key.clear();
  requests_bytes_ += bytes;
  hold(bytes);
  complete(number, ClientReply::failed(std::move(error)));
}

void FrameConnection::refuse_and_close(ErrorCode code, std::string message, std::string hint) {
  gently_ = true;
  no_more_input_ = true;
  refuse(0,
         {.code = code,
          .outcome = Outcome::kRejected,
          .message = std::move(message),
          .hint = std::move(hint)},
         0, Operation::kPing, false);
}

// ---- output ----

bool FrameConnection::too_much_for_now(const ClientReply& reply) const {
  const uint64_t held = out_.size() + writing_.size() + answer_bytes_;
  if (held < kAnswerBytesHeld && shared_->held_bytes < shared_->options.max_held_bytes)
    return false;
  return bytes_of(reply) > kLargeBytes;
}

void FrameConnection::take_answer(WaitingRequest* waiting, ClientReply reply, std::string* out) {
  if (waiting->counted) {
    shared_->metrics.count(counted_operation(waiting->operation, waiting->by_bucket_type, reply),
                           Protocol::kTcp, status_of(reply), steady_us() - waiting->start_us);
  }
  requests_bytes_ -= waiting->bytes;
  hold(-int64_t(waiting->bytes));
  waiting->answered = true;
  if (closed_) return;
  if (!changes_data(waiting->operation) && too_much_for_now(reply)) {
    reply = ClientReply::failed(short_of_memory("too many large answers are in flight",
                                                "read answers before asking for more"));
  }
  const size_t before = out->size();
  shared_->codec.encode(waiting->request_id, waiting->key, std::move(reply), out);
  const uint64_t bytes = out->size() - before;
  usual_answer_bytes_ = std::max(bytes, usual_answer_bytes_ - usual_answer_bytes_ / 8);
  hold(int64_t(bytes));
}

bool FrameConnection::complete(uint32_t number, ClientReply reply) {
  if (!ring_.waits(number)) return false;
  WaitingRequest& waiting = ring_.at(number);
  if (number == ring_.head()) {
    take_answer(&waiting, std::move(reply), &out_);
    waiting.frame.clear();
    drain_ring();
  } else {
    take_answer(&waiting, std::move(reply), &waiting.frame);
    answer_bytes_ += waiting.frame.size();
  }
  if (closed_) {
    release_if_unused();
  } else if (!handling_) {
    mark_dirty();
  }
  return true;
}

void FrameConnection::drain_ring() {
  while (!ring_.empty() && ring_.at(ring_.head()).answered) {
    const std::string& frame = ring_.at(ring_.head()).frame;
    answer_bytes_ -= frame.size();
    out_ += frame;
    ring_.pop();
  }
}

bool FrameConnection::paused() const {
  const FrameServerOptions& options = shared_->options;
  const uint64_t window = std::clamp<uint64_t>(
      kAnswerBytesInFlight / std::max<uint64_t>(usual_answer_bytes_, 1), 1, options.max_unanswered);
  return ring_.size() >= window || out_.size() + writing_.size() > options.max_unsent_bytes ||
         requests_bytes_ > kRequestBytesInFlight;
}

void FrameConnection::mark_dirty() {
  if (dirty_) return;
  dirty_ = true;
  shared_->dirty.push_back(shared_from_this());
  if (shared_->flush_posted) return;
  shared_->flush_posted = true;
  boost::asio::post(shared_->loop, [shared = shared_] {
    shared->flush_posted = false;
    std::vector<std::shared_ptr<FrameConnection>> ready;
    ready.swap(shared->dirty);
    for (const auto& connection : ready) connection->resume();
  });
}

void FrameConnection::resume() {
  dirty_ = false;
  if (!closed_ && !shared_->stopped) go_on();
}

// Whatever has happened: handle what can be handled, write what is ready, then read on or end.
void FrameConnection::go_on() {
  const std::shared_ptr<FrameConnection> alive = shared_from_this();
  handle_frames();
  flush();
  if (closed_) return;
  read();
  // read() itself may have refused and left an answer to write.
  flush();
  const bool all_sent = ring_.empty() && out_.empty() && !write_active_;
  if (!no_more_input_ || !all_sent || (!gently_ && has_frame()) || reading_) return;
  if (gently_) shared_->closer.close(std::move(socket_));
  close();
}

void FrameConnection::flush() {
  if (write_active_ || out_.empty() || closed_) return;
  out_.swap(writing_);
  write_active_ = true;
  boost::asio::async_write(socket_, boost::asio::buffer(writing_),
                           [self = shared_from_this()](error_code error, size_t) {
                             self->write_active_ = false;
                             self->on_written(error);
                           });
}

void FrameConnection::on_written(error_code error) {
  if (closed_ || shared_->stopped) return release_if_unused();
  hold(-int64_t(writing_.size()));
  writing_.clear();
  if (writing_.capacity() > kKeptOutBytes) std::string().swap(writing_);
  if (error) return close();
  last_active_us_ = steady_us();
  go_on();
}

// ---- end ----

void FrameConnection::finish() {
  finishing_ = true;
  no_more_input_ = true;
  error_code ignored;
  // Ends a read under way as if the client had shut its side.
  if (reading_) socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_receive, ignored);
  mark_dirty();
}

void FrameConnection::close() {
  if (!closed_) {
    closed_ = true;
    error_code ignored;
    socket_.close(ignored);
    shared_->metrics.connection_closed(Protocol::kTcp);
    // The answers of what is still under way are counted when they come, and go nowhere.
    hold(int64_t(requests_bytes_) - int64_t(held_bytes_));
  }
  release_if_unused();
}

void FrameConnection::hold(int64_t bytes) {
  held_bytes_ += uint64_t(bytes);
  shared_->held_bytes += uint64_t(bytes);
}

void FrameConnection::check_idle(uint64_t now_us) {
  const uint64_t limit_us = shared_->options.idle_timeout_ms * 1000;
  const bool waits_for_us = !ring_.empty() && !write_active_;
  if (limit_us != 0 && !closed_ && !waits_for_us && now_us > last_active_us_ + limit_us) close();
}

void FrameConnection::release_if_unused() {
  if (released_ || !closed_ || reading_ || write_active_ || !ring_.empty()) return;
  released_ = true;
  shared_->table.release(place_);
}

}  // namespace vordb::io
