// What each HTTP request asks: a data operation for the backend, a question to the node, or an
// answer at once (for what is wrong with it). Pure: no sockets here.
#pragma once

#include <optional>

#include "core/client_codec.h"
#include "core/messages.h"
#include "io/http_message.h"
#include "io/http_reply.h"
#include "io/node_admin.h"

namespace vordb::io {

enum class AdminCall : uint8_t {
  kStatus,
  kReadiness,
  kMetrics,
  kMembers,
  kRing,
  kHandoff,
  kRepair,
  kFullSync,
  kPlan,
  kChange
};

struct HttpRoute {
  // Exactly one of the three is set.
  std::optional<HttpResponse> answer;
  std::optional<ClientRequest> data;  // but for its client
  std::optional<AdminCall> admin;

  ClusterChange change;  // of a kChange
  PlanQuestion plan;     // of a kPlan
  HttpEcho echo;         // of data
  bool counted =
      false;  // in the request metrics: echo.operation is what was asked, also of a refused request
};

// Never throws. Takes the body and key from the request.
HttpRoute route(HttpRequest request, ClientCodec& codec);

}  // namespace vordb::io
