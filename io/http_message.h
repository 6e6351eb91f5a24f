// One HTTP request as the routes see it, and one answer as they give it. Free of the HTTP library.
#pragma once

#include <string>

#include "io/http_target.h"

namespace vordb::io {

struct HttpRequest {
  std::string method;  // HEAD comes as GET
  HttpTarget target;
  std::string body;
  std::string context;  // decoded X-Vordb-Context
  std::string idempotency_key;
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::string context;  // to be encoded into X-Vordb-Context
  std::string allow;    // of a 405: the methods there are
};

// {"error": word, "message": ..., "outcome": "rejected"}
HttpResponse http_error(int status, const std::string& word, const std::string& message);

}  // namespace vordb::io
