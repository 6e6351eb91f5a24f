#include "io/http_head.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace vordb::io {
namespace {

namespace http = boost::beast::http;
using boost::beast::iequals;
using boost::beast::string_view;

std::optional<HeadProblem> check_length(string_view text) {
  const bool digits =
      !text.empty() && text.size() <= 19 &&
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return HeadProblem{400, "Content-Length must be one decimal number"};
  uint64_t length = 0;
  for (const char c : text) length = length * 10 + uint64_t(c - '0');
  if (length > uint64_t(std::numeric_limits<int64_t>::max())) {
    return HeadProblem{400, "Content-Length is out of range"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<HeadProblem> check_framing(const HttpHead& head) {
  const auto lengths = head.count(http::field::content_length);
  const auto codings = head.count(http::field::transfer_encoding);
  if (lengths > 1) return HeadProblem{400, "Content-Length is given more than once"};
  if (codings > 1) return HeadProblem{400, "Transfer-Encoding is given more than once"};
  if (lengths == 1 && codings == 1)
    return HeadProblem{400, "Content-Length and Transfer-Encoding exclude each other"};
  if (lengths == 1) return check_length(head[http::field::content_length]);
  if (codings == 0) return std::nullopt;
  if (head.version() < 11) return HeadProblem{400, "HTTP/1.0 has no Transfer-Encoding"};
  if (!iequals(head[http::field::transfer_encoding], "chunked")) {
    return HeadProblem{400, "the only Transfer-Encoding is chunked"};
  }
  return std::nullopt;
}

std::optional<HeadProblem> read_single(const HttpHead& head, const char* name,
                                       std::optional<std::string>* value) {
  const auto count = head.count(name);
  if (count > 1) return HeadProblem{400, std::string(name) + " is given more than once"};
  if (count == 1) *value = std::string(head[name]);
  return std::nullopt;
}

bool expects_continue(const HttpHead& head) {
  return head.version() >= 11 && iequals(head[http::field::expect], "100-continue");
}

}  // namespace vordb::io
