// One connection from this node to one peer; messages go in this direction only.
//
// Promises: nobody waits for it. What it is given goes out in order, as much as there is in one
// write; what does not fit its queue, or was queued when the connection broke, is dropped and
// counted. It connects when there is something to send, tries again with growing, jittered pauses,
// and ends a connection whose other side gives no sign of life.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/asio.h"
#include "io/frame_buffer.h"
#include "io/peer_shared.h"
#include "proto/peer.pb.h"

namespace vordb::io {

class PeerLink : public std::enable_shared_from_this<PeerLink> {
 public:
  // `address` is host:port. `loop` outlives the link.
  PeerLink(boost::asio::io_context& loop, std::string address, std::shared_ptr<PeerShared> shared);
  ~PeerLink();

  // From any thread.
  bool has_room(size_t bytes) const;
  // `payload` holds `messages` messages (io/peer_frames.h), for this member or, if 0, for whoever
  // is there.
  void send(NodeNumber to, std::string payload, uint32_t messages);
  bool connected() const { return connected_.load(std::memory_order_relaxed); }
  uint64_t queued_bytes() const { return queued_bytes_.load(std::memory_order_relaxed); }
  // Who found no room for a message says so.
  void count_shed() { shed_.fetch_add(1, std::memory_order_relaxed); }
  uint64_t shed() const { return shed_.load(std::memory_order_relaxed); }
  // Connects if need be; `done` is called once, on the loop's thread, with what the peer says of
  // itself, or with null and why it cannot be reached or will not listen.
  using Greeted = std::function<void(const pb::PeerHello* peer, const std::string& why)>;
  void meet(Greeted done);

  // On the loop's thread, or when it does not run: for good.
  void stop();

 private:
  enum class State : uint8_t { kIdle, kConnecting, kGreeting, kOpen, kPausing, kStopped };
  struct Chunk {
    NodeNumber to = 0;
    uint32_t messages = 0;
    std::string payload;
  };
  using Error = boost::system::error_code;
  using Endpoints = boost::asio::ip::tcp::resolver::results_type;

  void enqueue(Chunk chunk);
  void connect();
  void greet();
  void read();
  void on_read(size_t bytes);
  bool take(std::string_view payload);
  void write();
  void on_written(Error error);
  void fail(const std::string& why);
  void tell_greeted(const pb::PeerHello* peer, const std::string& why);
  void close_socket();
  void drop_queue();
  void watch();
  void check_time();

  boost::asio::io_context& loop_;
  const std::string address_;
  const std::shared_ptr<PeerShared> shared_;

  std::atomic<uint64_t> queued_bytes_{0};
  std::atomic<uint64_t> shed_{0};
  std::atomic<bool> connected_{false};

  // Of the loop's thread.
  State state_ = State::kIdle;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  uint64_t attempt_ = 0;  // handlers of earlier attempts find another number
  uint64_t retry_ms_ = 0;
  pb::PeerHello peer_;
  std::vector<Greeted> greeted_;
  std::string last_failure_;
  std::deque<Chunk> queue_;
  std::vector<std::string> writing_;
  std::string header_;
  std::string ping_;
  uint64_t writing_bytes_ = 0;
  uint32_t writing_messages_ = 0;
  bool write_active_ = false;
  bool ping_due_ = false;
  FrameBuffer in_;
  uint64_t heard_us_ = 0;
  uint64_t used_us_ = 0;
};

}  // namespace vordb::io
