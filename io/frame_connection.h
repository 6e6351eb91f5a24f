// One connection of the frame protocol: bytes in, requests to the backend, answers out in order
// (io/frame_server.h says what it promises). It lives while a handler of its socket is under way or
// a request of it waits for its answer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "core/client_codec.h"
#include "io/connection_table.h"
#include "io/frame_buffer.h"
#include "io/frame_server.h"
#include "io/gentle_closer.h"
#include "io/reply_ring.h"

namespace vordb::io {

class FrameConnection;

// What the connections of one server share.
struct FrameShared {
  FrameShared(boost::asio::io_context& io, Backend& to, FrameServerOptions with,
              ShardMetrics& counts)
      : loop(io),
        backend(to),
        options(with),
        metrics(counts),
        codec(with.max_frame_bytes),
        closer(closing_max(with.max_connections)) {
    codec.observe([this](std::string_view constraint) { backend.violated(constraint); });
  }

  boost::asio::io_context& loop;
  Backend& backend;
  FrameServerOptions options;
  ShardMetrics& metrics;
  ClientCodec codec;
  GentleCloser closer;
  ConnectionTable<FrameConnection> table;
  uint64_t held_bytes = 0;  // by all connections, towards options.max_held_bytes
  // Connections with answers to write at the end of this turn: one write for all that a turn
  // brings.
  std::vector<std::shared_ptr<FrameConnection>> dirty;
  bool flush_posted = false;
  bool stopped = false;  // the server is gone: handlers that still run do nothing
};

class FrameConnection : public std::enable_shared_from_this<FrameConnection> {
 public:
  FrameConnection(boost::asio::ip::tcp::socket socket, std::shared_ptr<FrameShared> shared,
                  ConnectionTable<FrameConnection>::Place place);
  ~FrameConnection();

  void start();

  // The answer to request `number`. False if it does not wait.
  bool complete(uint32_t number, ClientReply reply);

  // Writes what is ready, goes on with what it had stopped for.
  void resume();

  // Answers what was asked, then closes.
  void finish();
  void close();

  // Closes if nothing has moved for the idle timeout.
  void check_idle(uint64_t now_us);

 private:
  void read();
  void on_read(boost::system::error_code error, size_t bytes);
  void handle_frames();
  bool has_frame() const;
  void handle_frame(std::string_view frame);
  void refuse(uint32_t request_id, ClientError error, uint32_t bytes, Operation operation,
              bool counted);
  void refuse_and_close(ErrorCode code, std::string message, std::string hint);
  void take_answer(WaitingRequest* waiting, ClientReply reply, std::string* out);
  bool too_much_for_now(const ClientReply& reply) const;
  void drain_ring();
  bool paused() const;
  void mark_dirty();
  void flush();
  void on_written(boost::system::error_code error);
  void go_on();
  void hold(int64_t bytes);
  void release_if_unused();

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<FrameShared> shared_;
  ConnectionTable<FrameConnection>::Place place_;
  FrameBuffer in_;
  ReplyRing ring_;
  std::string out_;      // answers to write
  std::string writing_;  // answers being written
  uint64_t held_bytes_ = 0;
  uint64_t requests_bytes_ = 0;  // of unanswered requests
  uint64_t answer_bytes_ = 0;    // answers that wait in the ring for older ones
  // A slowly decaying maximum of the size of answers. It starts large: a client shows that its
  // answers are small before it gets many in flight.
  uint64_t usual_answer_bytes_;
  uint64_t last_active_us_;
  uint64_t buffer_held_ = 0;
  bool reading_ = false;
  bool write_active_ = false;
  bool handling_ = false;  // frames: answers are written when the loop over them ends
  bool dirty_ = false;
  bool no_more_input_ = false;  // the client has shut its side, or we take no more
  bool finishing_ = false;      // the server stops: nothing more is taken from what was read
  bool gently_ = false;         // close only after the client has read the last answer
  bool closed_ = false;
  bool released_ = false;
};

}  // namespace vordb::io
