// The bytes of an answer (append_response of io/http_connection.h).
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/serializer.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "io/asio.h"
#include "io/http_connection.h"

namespace vordb::io {

namespace http = boost::beast::http;

void append_response(const HttpResponse& response, bool head_only, bool keep_alive,
                     std::string* out) {
  http::response<http::empty_body> head(http::int_to_status(unsigned(response.status)), 11);
  head.set(http::field::content_type, response.content_type);
  head.set(http::field::content_length, std::to_string(response.body.size()));
  if (!response.context.empty())
    head.set("X-Vordb-Context", absl::WebSafeBase64Escape(response.context));
  if (!response.allow.empty()) head.set(http::field::allow, response.allow);
  if (!keep_alive) head.set(http::field::connection, "close");
  http::response_serializer<http::empty_body> serializer(head);
  boost::system::error_code error;
  while (!serializer.is_done() && !error) {
    serializer.next(error, [&](boost::system::error_code&, const auto& buffers) {
      size_t bytes = 0;
      for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
        out->append(static_cast<const char*>(buffer.data()), buffer.size());
        bytes += buffer.size();
      }
      serializer.consume(bytes);
    });
  }
  if (!head_only) *out += response.body;
}

}  // namespace vordb::io
