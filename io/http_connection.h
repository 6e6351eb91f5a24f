// One HTTP connection: one request at a time is read, routed and answered; what the client has sent
// beyond it waits in the buffer, so effects and answers keep the order of the requests. Answers
// that come at once are written together.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "core/client_codec.h"
#include "io/connection_table.h"
#include "io/frame_buffer.h"
#include "io/gentle_closer.h"
#include "io/http_routes.h"
#include "io/http_server.h"

namespace vordb::io {

class HttpConnection;

// What the connections of one server share.
struct HttpShared {
  HttpShared(boost::asio::io_context& io, Backend& to, NodeAdmin& node, HttpServerOptions with,
             ShardMetrics& counts)
      : loop(io),
        backend(to),
        admin(node),
        options(with),
        metrics(counts),
        closer(closing_max(with.max_connections)) {
    codec.observe([this](std::string_view constraint) { backend.violated(constraint); });
  }

  boost::asio::io_context& loop;
  Backend& backend;
  NodeAdmin& admin;
  HttpServerOptions options;
  ShardMetrics& metrics;
  ClientCodec codec;
  GentleCloser closer;
  ConnectionTable<HttpConnection> table;
  bool stopped = false;  // the server is gone: handlers that still run do nothing
};

// Appends the bytes of an answer. `head_only`: the body is left out, its length is told.
void append_response(const HttpResponse& response, bool head_only, bool keep_alive,
                     std::string* out);

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(boost::asio::ip::tcp::socket socket, std::shared_ptr<HttpShared> shared,
                 ConnectionTable<HttpConnection>::Place place);
  ~HttpConnection();

  void start();

  // The backend's answer to request `number`. False if it does not wait.
  bool complete(uint32_t number, ClientReply reply);

  // Answers the current request, then closes.
  void finish();
  void close();

  // Ends what is idle, stuck or too slow.
  void check_time(uint64_t now_us);

 private:
  struct Parser;
  enum class Wait : uint8_t { kNothing, kBackend, kNode };

  void read();
  void on_read(boost::system::error_code error, size_t bytes);
  void go_on();
  void parse_some();
  bool accept_head();
  void on_parse_error(boost::system::error_code error);
  void handle_request();
  void ask_node(HttpRoute asked);
  void on_node_answer(uint32_t number, const HttpResponse& response);
  void respond(const HttpResponse& response);
  void refuse(int status, const std::string& word, const std::string& message);
  void flush();
  void on_written(boost::system::error_code error);
  void release_if_unused();

  template <typename T>
  std::function<void(T)> answer_as(std::function<HttpResponse(const T&)> make);

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<HttpShared> shared_;
  ConnectionTable<HttpConnection>::Place place_;
  FrameBuffer in_;
  std::unique_ptr<Parser> parser_;  // null between requests
  std::string out_;
  std::string writing_;

  // The request in hand.
  uint32_t number_ = 0;
  Wait wait_ = Wait::kNothing;
  HttpEcho echo_;
  bool counted_ = false;
  bool head_only_ = false;
  bool keep_alive_ = true;
  uint64_t start_us_ = 0;  // its first byte
  std::string context_;
  std::string idempotency_key_;

  uint64_t last_active_us_;
  bool reading_ = false;
  bool write_active_ = false;
  bool parsing_ = false;
  bool no_more_input_ = false;  // the client has shut its side
  bool close_after_ = false;    // once all is written
  bool closed_ = false;
  bool released_ = false;
};

}  // namespace vordb::io
