// How vordb-cli --json shows bytes: text where they are UTF-8, else base64 under another name.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/utf8.h"
#include "server/cli.h"

namespace vordb::server {

using Json = nlohmann::ordered_json;

// Sets json[name], or json[name_base64] where the bytes are no UTF-8.
inline void set_bytes(Json& json, const std::string& name, const std::string& bytes) {
  if (is_utf8(bytes)) {
    json[name] = bytes;
  } else {
    json[name + "_base64"] = base64(bytes);
  }
}

inline void set_context(Json& json, const std::string& context) {
  if (!context.empty()) json["context"] = base64(context);
}

inline int print_json(Cli& cli, const Json& json) {
  cli.out << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  return kCliOk;
}

}  // namespace vordb::server
