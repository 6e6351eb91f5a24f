// What a request line points at: "/bucket/a%2Fb/k?w=2" is the segments "bucket", "a/b", "k" and the
// parameter w. Segments are split at raw slashes and decoded after, so that a key may hold any
// byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vordb::io {

struct HttpTarget {
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> parameters;

  // Null when absent; of a name used twice, the last.
  const std::string* parameter(std::string_view name) const;
};

// Nothing when it is no path (or absolute URL), or an escape is not two hex digits. In parameters
// `+` is a space, in segments a plus.
std::optional<HttpTarget> parse_target(std::string_view target);

}  // namespace vordb::io
