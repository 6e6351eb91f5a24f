#include "io/http_routes.h"

#include <utility>

#include "io/http_routes_admin.h"
#include "io/http_routes_data.h"

namespace vordb::io {
namespace {

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
  if (verb == nullptr) return no_such_route();
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
  if (path.size() != 2) return no_such_route();
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
  if (target.bucket.empty()) return no_such_route();
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
  if (path.size() != 3) return no_such_route();
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
  if (path.size() != 2 || path[1].empty()) return no_such_route();
  if (request.method != "GET" && request.method != "DELETE") return wrong_method("GET, DELETE");
  target.operation = request.method == "GET" ? Operation::kGetBucket : Operation::kDeleteBucket;
  target.bucket = path[1];
  return route_data(std::move(target), request, codec);
}

}  // namespace

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
