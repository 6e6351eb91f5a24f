#include "io/http_connection.h"

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <limits>
#include <utility>

#include "absl/strings/escaping.h"
#include "io/asio.h"
#include "io/http_head.h"
#include "io/steady_time.h"

namespace vordb::io {

namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

// A pipelining client that does not read is not served further above this.
constexpr size_t kMaxUnsentBytes = 1u << 20;
// Output buffers above this are given back after use.
constexpr size_t kKeptOutBytes = 64u << 10;

}  // namespace

struct HttpConnection::Parser {
  explicit Parser(const HttpServerOptions& options) {
    request.header_limit(options.max_head_bytes);
    // Stops after the head, which is checked before the body is believed; the body's limit comes
    // with accepting it.
    request.eager(false);
    request.body_limit(std::numeric_limits<uint64_t>::max());
  }
  http::request_parser<http::string_body> request;
  bool head_accepted = false;
};

HttpConnection::HttpConnection(boost::asio::ip::tcp::socket socket,
                               std::shared_ptr<HttpShared> shared,
                               ConnectionTable<HttpConnection>::Place place)
    : socket_(std::move(socket)),
      shared_(std::move(shared)),
      place_(place),
      last_active_us_(steady_us()) {}

HttpConnection::~HttpConnection() = default;

void HttpConnection::start() { read(); }

// ---- input ----

void HttpConnection::read() {
  const bool full = out_.size() + writing_.size() > kMaxUnsentBytes;
  if (reading_ || closed_ || no_more_input_ || close_after_ || full || wait_ != Wait::kNothing)
    return;
  in_.prepare(0);
  reading_ = true;
  socket_.async_read_some(boost::asio::buffer(in_.room(), in_.room_bytes()),
                          [self = shared_from_this()](error_code error, size_t bytes) {
                            self->reading_ = false;
                            self->on_read(error, bytes);
                          });
}

void HttpConnection::on_read(error_code error, size_t bytes) {
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

// Whatever has happened: parse and answer what can be, write what is ready, then read on or end.
void HttpConnection::go_on() {
  if (parsing_ || closed_) return;  // the caller below us goes on
  const std::shared_ptr<HttpConnection> alive = shared_from_this();
  parsing_ = true;
  parse_some();
  parsing_ = false;
  flush();
  read();
  // A client that has shut its side in the middle of a request gets no answer to it.
  const bool ended = close_after_ || no_more_input_;
  if (!ended || closed_ || wait_ != Wait::kNothing || write_active_ || !out_.empty() || reading_)
    return;
  if (close_after_ && !no_more_input_) shared_->closer.close(std::move(socket_));
  close();
}

void HttpConnection::parse_some() {
  while (!closed_ && !close_after_ && wait_ == Wait::kNothing &&
         out_.size() + writing_.size() <= kMaxUnsentBytes) {
    if (parser_ == nullptr) {
      // Empty lines between requests are allowed (RFC 9112, 2.2).
      const std::string_view bytes = in_.unused();
      in_.use(std::min(bytes.find_first_not_of("\r\n"), bytes.size()));
      if (in_.unused().empty()) return;
      parser_ = std::make_unique<Parser>(shared_->options);
      start_us_ = last_active_us_;
    }
    const std::string_view bytes = in_.unused();
    if (bytes.empty()) return;
    error_code error;
    const size_t used =
        parser_->request.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    in_.use(used);
    if (!error && parser_->request.is_header_done() && !parser_->head_accepted && !accept_head())
      return;
    if (error == http::error::need_more) {
      if (in_.unused().size() >= shared_->options.max_head_bytes) {
        return refuse(431, "too_large",
                      "the request's head, a chunk's head or the trailers are too long");
      }
      return;
    }
    if (error) return on_parse_error(error);
    if (parser_->request.is_done()) handle_request();
  }
}

bool HttpConnection::accept_head() {
  Parser& parser = *parser_;
  const HttpHead& head = parser.request.get();
  std::optional<HeadProblem> problem = check_framing(head);
  std::optional<std::string> context, key;
  if (!problem) problem = read_single(head, "X-Vordb-Context", &context);
  if (!problem) problem = read_single(head, "Idempotency-Key", &key);
  context_.clear();
  if (!problem && context &&
      (context->size() > 4096 || !absl::WebSafeBase64Unescape(*context, &context_))) {
    problem = HeadProblem{400, "X-Vordb-Context must be the one of an earlier answer"};
  }
  if (!problem && key && (key->empty() || key->size() > 64)) {
    problem = HeadProblem{400, "Idempotency-Key must have 1..64 bytes"};
  }
  if (problem) {
    refuse(problem->status, "bad_request", problem->message);
    return false;
  }
  const uint64_t max_body_bytes = shared_->options.max_body_bytes;
  if (parser.request.content_length().value_or(0) > max_body_bytes) {
    on_parse_error(http::error::body_limit);
    return false;
  }
  parser.request.body_limit(max_body_bytes);
  idempotency_key_ = key ? std::move(*key) : std::string();
  // Now, and not when the body has come: trailers must not change it.
  keep_alive_ = head.version() >= 11 && parser.request.keep_alive();
  head_only_ = head.method() == http::verb::head;
  parser.head_accepted = true;
  parser.request.eager(true);
  if (!parser.request.is_done() && expects_continue(head) && in_.unused().empty()) {
    out_ += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  return true;
}

void HttpConnection::on_parse_error(error_code error) {
  if (error == http::error::header_limit)
    return refuse(431, "too_large", "the request's head is too long");
  if (error == http::error::body_limit) {
    return refuse(
        413, "too_large",
        "the body is longer than " + std::to_string(shared_->options.max_body_bytes) + " bytes");
  }
  if (error == http::error::bad_version)
    return refuse(505, "bad_request", "only versions 1.0 and 1.1 are known");
  refuse(400, "bad_request", "the request is no valid HTTP");
}

// ---- the request in hand ----

void HttpConnection::handle_request() {
  auto message = parser_->request.release();
  parser_.reset();
  ++number_;
  counted_ = false;
  HttpRequest request;
  request.method = head_only_ ? "GET" : std::string(message.method_string());
  request.body = std::move(message.body());
  request.context = std::move(context_);
  request.idempotency_key = std::move(idempotency_key_);
  std::optional<HttpTarget> target =
      parse_target({message.target().data(), message.target().size()});
  if (!target) return respond(http_error(400, "bad_request", "the request's path is malformed"));
  request.target = std::move(*target);

  HttpRoute routed = route(std::move(request), shared_->codec);
  echo_ = std::move(routed.echo);
  counted_ = routed.counted;
  if (routed.answer) {
    if (counted_) {
      shared_->metrics.count(echo_.operation, Protocol::kHttp, RequestStatus::kError,
                             steady_us() - start_us_);
    }
    return respond(*routed.answer);
  }
  if (routed.admin) return ask_node(std::move(routed));
  wait_ = Wait::kBackend;
  routed.data->client = to_client_id({Protocol::kHttp, place_.slot, place_.generation, number_});
  shared_->backend.submit(std::move(*routed.data));
}

bool HttpConnection::complete(uint32_t number, ClientReply reply) {
  if (wait_ != Wait::kBackend || number != number_) return false;
  wait_ = Wait::kNothing;
  if (counted_) {
    shared_->metrics.count(counted_operation(echo_.operation, echo_.by_bucket_type, reply),
                           Protocol::kHttp, status_of(reply), steady_us() - start_us_);
  }
  if (closed_) {
    release_if_unused();
    return true;
  }
  last_active_us_ = steady_us();
  respond(to_http(echo_, std::move(reply)));
  go_on();
  return true;
}

// The node may answer from any thread; the answer is brought to ours.
template <typename T>
std::function<void(T)> HttpConnection::answer_as(std::function<HttpResponse(const T&)> make) {
  return [weak = weak_from_this(), shared = shared_, number = number_,
          make = std::move(make)](T result) {
    boost::asio::dispatch(shared->loop, [weak, number, response = make(result)] {
      if (const std::shared_ptr<HttpConnection> self = weak.lock())
        self->on_node_answer(number, response);
    });
  };
}

void HttpConnection::ask_node(HttpRoute asked) {
  wait_ = Wait::kNode;
  NodeAdmin& admin = shared_->admin;
  const auto plain = [](const auto& result) { return to_http(result); };
  const auto outcome = [](const char* action) {
    return [action](const AdminOutcome& result) { return to_http(result, action); };
  };
  switch (*asked.admin) {
    case AdminCall::kStatus:
      return admin.status(answer_as<NodeStatus>(plain));
    case AdminCall::kReadiness:
      return admin.status(answer_as<NodeStatus>(readiness));
    case AdminCall::kMembers:
      return admin.members(answer_as<std::vector<MemberInfo>>(plain));
    case AdminCall::kRing:
      return admin.ring(answer_as<RingInfo>(plain));
    case AdminCall::kHandoff:
      return admin.handoff(answer_as<HandoffInfo>(plain));
    case AdminCall::kRepair:
      return admin.repair(answer_as<RepairInfo>(plain));
    case AdminCall::kPlan:
      return admin.plan(std::move(asked.plan), answer_as<PlanInfo>(plain));
    case AdminCall::kChange:
      return admin.change(std::move(asked.change), answer_as<AdminOutcome>(outcome("")));
    case AdminCall::kFullSync:
      return admin.full_sync(answer_as<AdminOutcome>(outcome("full_sync_triggered")));
    case AdminCall::kMetrics:
      break;
  }
  if (!shared_->options.metrics_enabled) {
    return on_node_answer(number_, http_error(404, "not_found", "metrics are switched off"));
  }
  admin.metrics(answer_as<std::string>([](const std::string& text) {
    HttpResponse response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = text;
    return response;
  }));
}

void HttpConnection::on_node_answer(uint32_t number, const HttpResponse& response) {
  if (wait_ != Wait::kNode || number != number_) return;
  wait_ = Wait::kNothing;
  if (closed_ || shared_->stopped) return release_if_unused();
  last_active_us_ = steady_us();
  respond(response);
  go_on();
}

// ---- output ----

void HttpConnection::respond(const HttpResponse& response) {
  append_response(response, head_only_, keep_alive_, &out_);
  if (!keep_alive_) close_after_ = true;
}

// The end of a connection whose next bytes cannot be told apart from the request refused.
void HttpConnection::refuse(int status, const std::string& word, const std::string& message) {
  keep_alive_ = false;
  head_only_ = false;
  parser_.reset();
  respond(http_error(status, word, message));
}

void HttpConnection::flush() {
  if (write_active_ || out_.empty() || closed_) return;
  out_.swap(writing_);
  write_active_ = true;
  boost::asio::async_write(socket_, boost::asio::buffer(writing_),
                           [self = shared_from_this()](error_code error, size_t) {
                             self->write_active_ = false;
                             self->on_written(error);
                           });
}

void HttpConnection::on_written(error_code error) {
  writing_.clear();
  if (writing_.capacity() > kKeptOutBytes) std::string().swap(writing_);
  if (closed_ || shared_->stopped) return release_if_unused();
  if (error) return close();
  last_active_us_ = steady_us();
  go_on();
}

// ---- end ----

void HttpConnection::finish() {
  keep_alive_ = false;
  close_after_ = true;
  error_code ignored;
  // Ends a read under way as if the client had shut its side.
  if (reading_) socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_receive, ignored);
  go_on();
}

void HttpConnection::close() {
  if (!closed_) {
    closed_ = true;
    error_code ignored;
    socket_.close(ignored);
    shared_->metrics.connection_closed(Protocol::kHttp);
    if (wait_ == Wait::kNode) wait_ = Wait::kNothing;
  }
  release_if_unused();
}

void HttpConnection::check_time(uint64_t now_us) {
  if (closed_ || (wait_ != Wait::kNothing && !write_active_)) return;
  const auto over = [now_us](uint64_t since_us, uint64_t limit_ms) {
    return limit_ms != 0 && now_us > since_us + limit_ms * 1000;
  };
  const HttpServerOptions& options = shared_->options;
  if (parser_ != nullptr && !write_active_ && over(start_us_, options.request_timeout_ms)) {
    refuse(408, "timeout", "the request took too long to arrive");
    flush();
    // Its read under way ends with the connection, after the answer was written.
    no_more_input_ = true;
    error_code ignored;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_receive, ignored);
    return;
  }
  if ((parser_ == nullptr || write_active_) && over(last_active_us_, options.idle_timeout_ms))
    close();
}

void HttpConnection::release_if_unused() {
  if (released_ || !closed_ || reading_ || write_active_ || wait_ == Wait::kBackend) return;
  released_ = true;
  shared_->table.release(place_);
}

}  // namespace vordb::io
