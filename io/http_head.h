// What must hold of a request's head before its body is believed. The HTTP library accepts heads
// whose body different readers would delimit differently; behind a proxy that lets one client's
// body become another's request. Here a head either has one plain meaning or is refused and its
// connection closed.
#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <optional>
#include <string>

namespace vordb::io {

struct HeadProblem {
  int status = 400;
  std::string message;
};

using HttpHead = boost::beast::http::header<true, boost::beast::http::fields>;

// Checks what delimits the body: at most one Content-Length, digits only; at most one
// Transfer-Encoding, exactly "chunked" and not in HTTP/1.0; not both.
std::optional<HeadProblem> check_framing(const HttpHead& head);

// The one value of a header of ours; nothing returned when it is absent or was read, a problem when
// it is given twice.
std::optional<HeadProblem> read_single(const HttpHead& head, const char* name,
                                       std::optional<std::string>* value);

// The client waits for "100 Continue" before it sends the body.
bool expects_continue(const HttpHead& head);

}  // namespace vordb::io
