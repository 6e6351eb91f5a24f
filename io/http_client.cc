#include "io/http_client.h"

#include <utility>  // before Asio: Boost 1.74 forgets it under C++20

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>

#include "core/host_port.h"

namespace vordb::io {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr uint64_t kBodyBytesMax = 128ull << 20;

absl::Status to_status(const std::string& where, const beast::error_code& error, bool sent) {
  const bool late = error == beast::error::timeout;
  const std::string why = where + ": " + (late ? "no answer in time" : error.message());
  if (!sent) return absl::UnavailableError(why);
  return late ? absl::DeadlineExceededError(why) : absl::AbortedError(why);
}

// The steps of one call; each starts the next until one fails or the answer is whole.
struct Call {
  asio::io_context loop{1};
  beast::tcp_stream stream{loop};
  beast::flat_buffer buffer;
  http::request<http::string_body> request;
  http::response_parser<http::string_body> parser;
  beast::error_code error;
  bool sent = false;  // some of it, perhaps

  void start(const asio::ip::tcp::resolver::results_type& addresses) {
    parser.body_limit(kBodyBytesMax);
    stream.async_connect(addresses, [this](beast::error_code failed, const auto&) {
      if (!(error = failed)) write();
    });
  }
  void write() {
    sent = true;
    http::async_write(stream, request, [this](beast::error_code failed, size_t) {
      if (!(error = failed)) read();
    });
  }
  void read() {
    http::async_read(stream, buffer, parser,
                     [this](beast::error_code failed, size_t) { error = failed; });
  }
};

}  // namespace

absl::StatusOr<HttpAnswer> http_call(const std::string& host, uint16_t port,
                                     const std::string& method, const std::string& target,
                                     const std::string& body, int timeout_ms) {
  const std::string where = format_address(without_brackets(host), port);
  Call call;
  beast::error_code error;
  asio::ip::tcp::resolver resolver(call.loop);
  const auto addresses =
      resolver.resolve(std::string(without_brackets(host)), std::to_string(port), error);
  if (error) return absl::InvalidArgumentError(host + ": " + error.message());

  call.request = {http::string_to_verb(method), target, 11};
  call.request.set(http::field::host, where);
  call.request.set(http::field::connection, "close");
  if (!body.empty()) {
    call.request.set(http::field::content_type, "application/json");
    call.request.body() = body;
  }
  call.request.prepare_payload();
  call.stream.expires_after(std::chrono::milliseconds(timeout_ms));
  call.start(addresses);
  call.loop.run();
  if (call.error) return to_status(where, call.error, call.sent);
  return HttpAnswer{int(call.parser.get().result_int()), std::move(call.parser.get().body())};
}

}  // namespace vordb::io
