#include "io/http_routes_admin.h"

#include <utility>

#include "core/host_port.h"
#include "io/http_routes_data.h"
#include "io/json.h"

namespace vordb::io {
namespace {

using Kind = ClusterChange::Kind;

HttpRoute bad_request(const std::string& message) {
  return refused(http_error(400, "bad_request", message));
}

HttpRoute ask(AdminCall call) {
  HttpRoute made;
  made.admin = call;
  return made;
}

HttpRoute change_of(Kind kind, std::string node) {
  HttpRoute made = ask(AdminCall::kChange);
  made.change.kind = kind;
  made.change.node = std::move(node);
  return made;
}

// The text of a field, or nothing when it is absent or no text.
const std::string* text_of(JsonFields& fields, std::string_view name) {
  const JsonFields::Field* field = fields.find(name);
  return field && field->kind == JsonFields::Kind::kString ? &field->text : nullptr;
}

HttpRoute route_join(HttpRequest& request) {
  JsonFields fields({"seed_node"});
  if (const auto problem = fields.parse(request.body)) return bad_request(*problem);
  const std::string* seed = text_of(fields, "seed_node");
  if (!seed) return bad_request("seed_node must be a string");
  if (!parse_seed(*seed)) {
    return bad_request(
        "seed_node must be host:port or name@host[:port], an IPv6 address in brackets");
  }
  return change_of(Kind::kJoin, *seed);
}

// A change of one member: of another it must be named; this node leaves, or goes on alone, without
// a name.
HttpRoute route_change(Kind kind, HttpRequest& request) {
  JsonFields fields({"node_id", "accept_loss"});
  const bool of_this_node = kind == Kind::kLeave || kind == Kind::kForce;
  if (!of_this_node || !request.body.empty()) {
    if (const auto problem = fields.parse(request.body)) return bad_request(*problem);
  }
  const std::string* node = text_of(fields, "node_id");
  const bool optional = of_this_node && fields.find("node_id") == nullptr;
  if (!optional && (!node || node->empty())) return bad_request("node_id must name a member");
  HttpRoute made = change_of(kind, node ? *node : "");
  if (const JsonFields::Field* accept = fields.find("accept_loss")) {
    if (accept->kind != JsonFields::Kind::kFlag)
      return bad_request("accept_loss must be true or false");
    made.change.accept_loss = accept->integer != 0;
  }
  return made;
}

struct ChangeName {
  const char* name;
  Kind kind;
  bool moves;  // partitions, at once: there is something to plan
};
constexpr ChangeName kChangeNames[] = {
    {"join", Kind::kJoin, true},       {"leave", Kind::kLeave, true},
    {"down", Kind::kDown, false},      {"remove", Kind::kRemove, true},
    {"replace", Kind::kReplace, true}, {"force", Kind::kForce, false}};

// What a change would do: {"change": "join", "node_id": name, "zone": name}.
HttpRoute route_plan(HttpRequest& request) {
  JsonFields fields({"change", "node_id", "zone"});
  if (const auto problem = fields.parse(request.body)) return bad_request(*problem);
  const std::string* name = text_of(fields, "change");
  const std::string* node = text_of(fields, "node_id");
  const std::string* zone = text_of(fields, "zone");
  if (fields.find("zone") && !zone) return bad_request("zone must be a string");
  for (const ChangeName& each : kChangeNames) {
    if (!name || *name != each.name || !each.moves) continue;
    if (!node || node->empty()) return bad_request("node_id must name a node");
    HttpRoute made = ask(AdminCall::kPlan);
    made.plan = {each.kind, *node, zone ? *zone : ""};
    return made;
  }
  return bad_request("change must be join, leave, remove or replace");
}

struct AdminPath {
  const char* first;
  const char* second;  // null: a path of one segment
  const char* method;
  AdminCall call;
};
constexpr AdminPath kAdminPaths[] = {{"status", nullptr, "GET", AdminCall::kStatus},
                                     {"readyz", nullptr, "GET", AdminCall::kReadiness},
                                     {"metrics", nullptr, "GET", AdminCall::kMetrics},
                                     {"admin", "members", "GET", AdminCall::kMembers},
                                     {"admin", "ring", "GET", AdminCall::kRing},
                                     {"admin", "handoff", "GET", AdminCall::kHandoff},
                                     {"admin", "repair", "GET", AdminCall::kRepair},
                                     {"admin", "full-sync", "POST", AdminCall::kFullSync}};

}  // namespace

HttpRoute no_such_route() {
  return refused(http_error(404, "not_found", "there is no such route"));
}

HttpRoute wrong_method(const std::string& allow) {
  HttpResponse response = http_error(405, "method_not_allowed", "this route takes " + allow);
  response.allow = allow;
  return refused(std::move(response));
}

HttpRoute route_admin(HttpRequest& request) {
  const std::vector<std::string>& path = request.target.segments;
  if (path.size() == 1 && path[0] == "healthz") {
    if (request.method != "GET") return wrong_method("GET");
    HttpResponse alive;
    alive.body = R"({"status":"alive"})";
    return refused(std::move(alive));
  }
  for (const AdminPath& each : kAdminPaths) {
    if (path.size() != (each.second == nullptr ? 1u : 2u) || path[0] != each.first) continue;
    if (each.second != nullptr && path[1] != each.second) continue;
    return request.method == each.method ? ask(each.call) : wrong_method(each.method);
  }
  if (path.size() != 2 || path[0] != "admin") return no_such_route();
  if (path[1] == "plan")
    return request.method == "POST" ? route_plan(request) : wrong_method("POST");
  for (const ChangeName& each : kChangeNames) {
    if (path[1] != each.name) continue;
    if (request.method != "POST") return wrong_method("POST");
    return each.kind == Kind::kJoin ? route_join(request) : route_change(each.kind, request);
  }
  return no_such_route();
}

}  // namespace vordb::io
