// The answers of the node as HTTP sees them: status codes and JSON. Everything it makes is valid
// UTF-8.
#pragma once

#include <string>
#include <vector>

#include "core/client_api.h"
#include "io/http_message.h"
#include "io/node_admin.h"

namespace vordb::io {

// What an answer repeats of its request.
struct HttpEcho {
  Operation operation = Operation::kPing;
  bool by_bucket_type = false;
  std::string key;
  std::string bucket;
};

HttpResponse to_http(const HttpEcho& asked, ClientReply reply);
HttpResponse to_http(const NodeStatus& status);
HttpResponse to_http(const std::vector<MemberInfo>& members);
HttpResponse to_http(const RingInfo& ring);
HttpResponse to_http(const HandoffInfo& handoff);
HttpResponse to_http(const RepairInfo& repair);
HttpResponse to_http(const PlanInfo& plan);
// `action`, if any, is shown in the answer to a command that went well.
HttpResponse to_http(const AdminOutcome& outcome, const std::string& action);
HttpResponse readiness(const NodeStatus& status);

}  // namespace vordb::io
