#include "io/http_target.h"

namespace vordb::io {
namespace {

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

bool decode(std::string_view text, bool plus_is_space, std::string* out) {
  out->reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return false;
      out->push_back(char(high * 16 + low));
      i += 2;
    } else {
      out->push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
    }
  }
  return true;
}

bool parse_query(std::string_view query, HttpTarget* out) {
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    std::string name, value;
    if (!decode(pair.substr(0, equals), true, &name)) return false;
    if (equals != std::string_view::npos && !decode(pair.substr(equals + 1), true, &value))
      return false;
    out->parameters.emplace_back(std::move(name), std::move(value));
  }
  return true;
}

}  // namespace

const std::string* HttpTarget::parameter(std::string_view name) const {
  for (auto each = parameters.rbegin(); each != parameters.rend(); ++each) {
    if (each->first == name) return &each->second;
  }
  return nullptr;
}

std::optional<HttpTarget> parse_target(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (target.substr(0, kScheme.size()) == kScheme) {
    const size_t path = target.find('/', kScheme.size());
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  if (target.empty() || target[0] != '/') return std::nullopt;
  HttpTarget parsed;
  const size_t question = target.find('?');
  if (question != std::string_view::npos && !parse_query(target.substr(question + 1), &parsed)) {
    return std::nullopt;
  }
  std::string_view path =
      target.substr(1, question == std::string_view::npos ? question : question - 1);
  for (;;) {
    const size_t slash = path.find('/');
    std::string segment;
    if (!decode(path.substr(0, slash), false, &segment)) return std::nullopt;
    parsed.segments.push_back(std::move(segment));
    if (slash == std::string_view::npos) return parsed;
    path = path.substr(slash + 1);
  }
}

}  // namespace vordb::io
