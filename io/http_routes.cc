#include "io/http_routes.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "io/http_routes_data.h"
#include "io/json.h"

namespace vordb::io {
namespace {

constexpr uint16_t kDefaultClusterPort = 7001;

HttpRoute not_found() { return refused(http_error(404, "not_found", "there is no such route")); }

HttpRoute wrong_method(const std::string& allow) {
  HttpResponse response = http_error(405, "method_not_allowed", "this route takes " + allow);
  response.allow = allow;
  return refused(std::move(response));
}

HttpRoute ask(AdminCall call) {
  HttpRoute made;
  made.admin = call;
  return made;
}

// A verb after the key, and the operation that it asks for.
struct Verb {
  const char* name;
  const char* method;
  Operation operation;
};
constexpr Verb kSetVerbs[] = {{"add", "POST", Operation::kSetAdd},
                              {"remove", "POST", Operation::kSetRemove},
                              {"contains", "GET", Operation::kSetContains}};
constexpr Verb kCounterVerbs[] = {{"increment", "POST", Operation::kCounterIncrement},
                                  {"decrement", "POST", Operation::kCounterDecrement}};

template <size_t kCount>
const Verb* find_verb(const Verb (&verbs)[kCount], const std::string& name) {
  for (const Verb& verb : verbs) {
    if (verb.name == name) return &verb;
  }
  return nullptr;
}

HttpRoute route_verb(const Verb* verb, DataTarget target, HttpRequest& request,
                     ClientCodec& codec) {
  if (verb == nullptr) return not_found();
  if (request.method != verb->method) return wrong_method(verb->method);
  target.operation = verb->operation;
  return route_data(std::move(target), request, codec);
}

// /kv/:key, /set/:key, /counter/:key and what is below them.
HttpRoute route_legacy(HttpRequest& request, ClientCodec& codec) {
  const std::vector<std::string>& path = request.target.segments;
  DataTarget target;
  target.key = path[1];
  const bool is_kv = path[0] == "kv";
  const bool is_set = path[0] == "set";
  if (path.size() == 3 && !is_kv) {
    const Verb* verb = is_set ? find_verb(kSetVerbs, path[2]) : find_verb(kCounterVerbs, path[2]);
    return route_verb(verb, std::move(target), request, codec);
  }
  if (path.size() != 2) return not_found();
  if (request.method == "GET") {
    target.operation = is_kv    ? Operation::kGet
                       : is_set ? Operation::kSetMembers
                                : Operation::kCounterValue;
  } else if (request.method == "DELETE") {
    target.operation = Operation::kDelete;
    target.bucket = is_kv ? "__default_lww__" : is_set ? "__default_set__" : "__default_counter__";
  } else if (request.method == "PUT" && is_kv) {
    target.operation = Operation::kPut;
  } else {
    return wrong_method(is_kv ? "GET, PUT, DELETE" : "GET, DELETE");
  }
  return route_data(std::move(target), request, codec);
}

// /bucket/:bucket and what is below it.
HttpRoute route_bucket(HttpRequest& request, ClientCodec& codec) {
  const std::vector<std::string>& path = request.target.segments;
  DataTarget target;
  target.bucket = path[1];
  if (target.bucket.empty()) return not_found();
  if (path.size() == 2) {
    if (request.method != "GET") return wrong_method("GET");
    target.operation = Operation::kListKeys;
    return route_data(std::move(target), request, codec);
  }
  target.key = path[2];
  if (path.size() == 4) {
    const Verb* verb = find_verb(kSetVerbs, path[3]);
    if (verb == nullptr) verb = find_verb(kCounterVerbs, path[3]);
    return route_verb(verb, std::move(target), request, codec);
  }
  if (path.size() != 3) return not_found();
  if (request.method == "GET") {
    target.operation = Operation::kGet;
    target.by_bucket_type = true;
  } else if (request.method == "PUT") {
    target.operation = Operation::kPut;
  } else if (request.method == "DELETE") {
    target.operation = Operation::kDelete;
  } else {
    return wrong_method("GET, PUT, DELETE");
  }
  return route_data(std::move(target), request, codec);
}

// /buckets and /buckets/:name.
HttpRoute route_buckets(HttpRequest& request, ClientCodec& codec) {
  const std::vector<std::string>& path = request.target.segments;
  DataTarget target;
  if (path.size() == 1) {
    if (request.method == "POST") return route_create_bucket(request, codec);
    if (request.method != "GET") return wrong_method("GET, POST");
    target.operation = Operation::kListBuckets;
    return route_data(std::move(target), request, codec);
  }
  if (path.size() != 2 || path[1].empty()) return not_found();
  if (request.method != "GET" && request.method != "DELETE") return wrong_method("GET, DELETE");
  target.operation = request.method == "GET" ? Operation::kGetBucket : Operation::kDeleteBucket;
  target.bucket = path[1];
  return route_data(std::move(target), request, codec);
}

HttpRoute route_join(HttpRequest& request) {
  JsonFields fields({"seed_node"});
  auto problem = fields.parse(request.body);
  if (problem) return refused(http_error(400, "bad_request", *problem));
  const JsonFields::Field* seed = fields.find("seed_node");
  if (seed == nullptr || seed->kind != JsonFields::Kind::kString) {
    return refused(http_error(400, "bad_request", "seed_node must be a string"));
  }
  std::optional<SeedNode> parsed = parse_seed_node(seed->text);
  if (!parsed) {
    return refused(
        http_error(400, "bad_request", "seed_node must be host:port or name@host[:port]"));
  }
  HttpRoute made = ask(AdminCall::kJoin);
  made.seed = std::move(*parsed);
  return made;
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
                                     {"admin", "join", "POST", AdminCall::kJoin},
                                     {"admin", "leave", "POST", AdminCall::kLeave},
                                     {"admin", "full-sync", "POST", AdminCall::kFullSync}};

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
    if (request.method != each.method) return wrong_method(each.method);
    return each.call == AdminCall::kJoin ? route_join(request) : ask(each.call);
  }
  return not_found();
}

bool is_host(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

}  // namespace

std::optional<SeedNode> parse_seed_node(std::string_view text) {
  SeedNode seed;
  const size_t at = text.find('@');
  const bool named = at != std::string_view::npos;
  if (named) {
    seed.expected_node_id = std::string(text.substr(0, at));
    if (seed.expected_node_id.empty()) return std::nullopt;
    text = text.substr(at + 1);
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    if (!named) return std::nullopt;
    seed.port = kDefaultClusterPort;
  } else {
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), seed.port);
    if (error != std::errc() || end != port.data() + port.size() || seed.port == 0)
      return std::nullopt;
    text = text.substr(0, colon);
  }
  if (!is_host(text)) return std::nullopt;
  seed.host = std::string(text);
  return seed;
}

HttpRoute route(HttpRequest request, ClientCodec& codec) {
  const std::vector<std::string>& path = request.target.segments;
  const std::string& first = path[0];
  if ((first == "kv" || first == "set" || first == "counter") && path.size() >= 2) {
    return route_legacy(request, codec);
  }
  if (first == "bucket" && path.size() >= 2) return route_bucket(request, codec);
  if (first == "buckets") return route_buckets(request, codec);
  return route_admin(request);
}

}  // namespace vordb::io
