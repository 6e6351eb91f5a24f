#include "io/http_routes.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace vordb::io {
namespace {

HttpRoute ask(const std::string& method, const std::string& target, const std::string& body = "",
              const std::string& token = "") {
  static ClientCodec codec;
  HttpRequest request;
  request.method = method;
  request.target = *parse_target(target);
  request.body = body;
  request.context = "ctx";
  request.idempotency_key = token;
  return route(std::move(request), codec);
}

ClientRequest data(const HttpRoute& routed) {
  REQUIRE(routed.data);
  return *routed.data;
}

// The status of what is answered without asking anyone.
int refusal(const std::string& method, const std::string& target, const std::string& body = "") {
  const HttpRoute routed = ask(method, target, body);
  return routed.answer ? routed.answer->status : 0;
}

}  // namespace

TEST_CASE("http routes: data operations") {
  struct Row {
    const char* method;
    const char* target;
    const char* body;
    Operation operation;
    const char* bucket;
    bool by_type;
  };
  for (const Row& row : std::vector<Row>{
           {"PUT", "/kv/k", R"({"value":"v"})", Operation::kPut, "", false},
           {"GET", "/kv/k", "", Operation::kGet, "", false},
           {"DELETE", "/kv/k", "", Operation::kDelete, "__default_lww__", false},
           {"GET", "/set/k", "", Operation::kSetMembers, "", false},
           {"DELETE", "/set/k", "", Operation::kDelete, "__default_set__", false},
           {"POST", "/set/k/add", R"({"element":"e"})", Operation::kSetAdd, "", false},
           {"POST", "/set/k/remove", R"({"elements":["e"]})", Operation::kSetRemove, "", false},
           {"GET", "/set/k/contains?element=e", "", Operation::kSetContains, "", false},
           {"GET", "/counter/k", "", Operation::kCounterValue, "", false},
           {"DELETE", "/counter/k", "", Operation::kDelete, "__default_counter__", false},
           {"POST", "/counter/k/increment", "", Operation::kCounterIncrement, "", false},
           {"POST", "/counter/k/decrement", "{}", Operation::kCounterDecrement, "", false},
           {"GET", "/bucket/b/k", "", Operation::kGet, "b", true},
           {"PUT", "/bucket/b/k", R"({"value":""})", Operation::kPut, "b", false},
           {"DELETE", "/bucket/b/k", "", Operation::kDelete, "b", false},
           {"POST", "/bucket/b/k/add", R"({"element":""})", Operation::kSetAdd, "b", false},
           {"POST", "/bucket/b/k/decrement", "", Operation::kCounterDecrement, "b", false},
           {"GET", "/bucket/b/k/contains?element=", "", Operation::kSetContains, "b", false}}) {
    CAPTURE(row.target);
    const HttpRoute routed = ask(row.method, row.target, row.body);
    const ClientRequest request = data(routed);
    CHECK(request.operation == row.operation);
    CHECK(request.bucket == row.bucket);
    CHECK(request.key == "k");
    CHECK(request.by_bucket_type == row.by_type);
    CHECK(request.context == "ctx");
    CHECK(routed.counted);
  }
}

TEST_CASE("http routes: what a request carries") {
  CHECK(data(ask("PUT", "/kv/a%2Fb?w=2&unknown=x", R"({"value":"\u0000","x":{}})", "tok")).key ==
        "a/b");
  CHECK(data(ask("PUT", "/kv/k?w=2", R"({"value":"v"})", "tok")).w == 2);
  CHECK(data(ask("PUT", "/kv/k", R"({"value":"\u0000"})", "tok")).value == std::string(1, '\0'));
  CHECK(data(ask("PUT", "/kv/k", R"({"value":"v"})", "tok")).request_token == "tok");
  CHECK(data(ask("GET", "/set/k?limit=3&after=a%20b&r=3")).limit == 3);
  CHECK(data(ask("GET", "/set/k?limit=3&after=a%20b&r=3")).after == "a b");
  CHECK(data(ask("GET", "/set/k?limit=3&after=")).after == "");
  CHECK_FALSE(data(ask("GET", "/set/k?limit=3")).after.has_value());
  CHECK(data(ask("GET", "/set/k?limit=3&after=a%20b&r=3")).r == 3);
  CHECK(data(ask("POST", "/set/k/add", R"({"elements":["x","y"]})")).elements ==
        std::vector<std::string>{"x", "y"});
  CHECK(data(ask("POST", "/counter/k/increment", R"({"amount":9223372036854775807})")).amount ==
        9223372036854775807u);
  CHECK(data(ask("POST", "/counter/k/increment")).amount == 1);
  CHECK(data(ask("GET", "/bucket/b?limit=5&after=_w")).after == "\xff");
  CHECK(data(ask("GET", "/bucket/b?limit=5")).operation == Operation::kListKeys);
}

TEST_CASE("http routes: ill-formed data requests are refused") {
  for (const char* body : {"", "{", "[]", "null", "{}", R"({"value":1})", R"({"value":null})",
                           R"({"value":["a"]})", R"({"Value":"v"})", "{\"value\":\"\xff\"}"}) {
    CAPTURE(body);
    CHECK(refusal("PUT", "/kv/k", body) == 400);
  }
  for (const char* amount :
       {"0", "-1", "1.5", "1.0", "\"1\"", "true", "null", "9223372036854775808", "[1]"}) {
    CAPTURE(amount);
    CHECK(refusal("POST", "/counter/k/increment", std::string("{\"amount\":") + amount + "}") ==
          400);
  }
  for (const char* body :
       {"", "{}", R"({"element":1})", R"({"elements":[]})", R"({"elements":["a",1]})",
        R"({"elements":"a"})", R"({"element":"a","elements":["b"]})"}) {
    CAPTURE(body);
    CHECK(refusal("POST", "/set/k/add", body) == 400);
  }
  for (const char* query : {"w=0", "w=256", "w=-1", "w=x", "w=", "w=1.5", "w=+1", "r=0", "limit=0",
                            "limit=4294967296"}) {
    CAPTURE(query);
    CHECK(refusal("GET", std::string("/kv/k?") + query) == 400);
  }
  CHECK(refusal("GET", "/kv/%ff") == 400);
  CHECK(refusal("GET", "/kv/") == 400);
  CHECK(refusal("GET", "/set/k/contains") == 400);
  CHECK(refusal("GET", "/bucket/b?after=!!") == 400);
  CHECK(refusal("POST", "/set/k/add", "{\"elements\":[" + std::string(2000, ' ') + "]}") == 400);
}

TEST_CASE("http routes: a bucket whose name cannot be is missing") {
  const std::string name(65, 'b');
  CHECK(refusal("GET", "/buckets/" + name) == 404);
  CHECK(refusal("GET", "/bucket/" + name + "/k") == 404);
  CHECK(refusal("PUT", "/bucket/" + name + "/k", R"({"value":"v"})") == 400);
  CHECK(ask("GET", "/buckets/" + name).answer->body.find("\"bucket_not_found\"") !=
        std::string::npos);
}

TEST_CASE("http routes: creating buckets") {
  const HttpRoute routed =
      ask("POST", "/buckets", R"({"name":"a/b","type":"orswot","ttl_seconds":60,
                               "replication_n":5,"consistency":"session"})");
  const BucketConfig config = data(routed).config;
  CHECK(config.name == "a/b");
  CHECK(routed.echo.bucket == "a/b");
  CHECK(config.type == BucketType::kOrswot);
  CHECK(config.ttl_seconds == 60);
  CHECK(config.replication_n == 5);
  CHECK(config.write_quorum == 2);
  CHECK(config.read_quorum == 1);
  CHECK(data(ask("POST", "/buckets", R"({"name":"b"})")).config.type == BucketType::kLww);
  for (const char* fields : {R"("type":"lww")",
                             R"("name":"")",
                             R"("name":5)",
                             R"("name":null)",
                             R"("name":"b","type":"map")",
                             R"("name":"b","type":"")",
                             R"("name":"b","type":1)",
                             R"("name":"b","ttl_seconds":-1)",
                             R"("name":"b","ttl_seconds":1.5)",
                             R"("name":"b","ttl_seconds":"60")",
                             R"("name":"b","ttl_seconds":1e30)",
                             R"("name":"b","ttl_seconds":9223372036854775807)",
                             R"("name":"b","replication_n":-1)",
                             R"("name":"b","replication_n":10)",
                             R"("name":"b","replication_n":2,"write_quorum":3)",
                             R"("name":"b","replication_n":2,"read_quorum":3)",
                             R"("name":"b","consistency":"most")",
                             R"("name":"b","consistency":"")",
                             R"("name":"b","consistency":2)",
                             R"("name":"b","write_quorum":"2")"}) {
    CAPTURE(fields);
    CHECK(refusal("POST", "/buckets", std::string("{") + fields + "}") == 400);
  }
  CHECK(refusal("POST", "/buckets", "{\"name\":\"" + std::string(65, 'b') + "\"}") == 400);
}

TEST_CASE("http routes: unknown routes and wrong methods") {
  for (const char* target :
       {"/", "/kv", "/kv/k/x", "/kv/k/add", "/set/k/increment", "/counter/k/add", "/bucket",
        "/bucket//k", "/bucket/b/k/x", "/bucket/b/k/add/x", "/buckets/", "/buckets/b/x",
        "/status/x", "/admin", "/admin/x", "/nothing", "//kv/k"}) {
    CAPTURE(target);
    CHECK(refusal("GET", target) == 404);
  }
  CHECK(ask("GET", "/nothing").answer->body.find("\"not_found\"") != std::string::npos);
  CHECK(refusal("POST", "/kv/k") == 405);
  CHECK(refusal("PUT", "/set/k") == 405);
  CHECK(refusal("GET", "/set/k/add") == 405);
  CHECK(refusal("DELETE", "/buckets") == 405);
  CHECK(refusal("POST", "/status") == 405);
  CHECK(refusal("GET", "/admin/join") == 405);
  CHECK(refusal("OPTIONS", "/kv/k") == 405);
  CHECK(ask("PUT", "/set/k").answer->allow == "GET, DELETE");
}

TEST_CASE("http routes: administration") {
  CHECK(ask("GET", "/status").admin == AdminCall::kStatus);
  CHECK(ask("GET", "/readyz").admin == AdminCall::kReadiness);
  CHECK(ask("GET", "/admin/members").admin == AdminCall::kMembers);
  CHECK(ask("POST", "/admin/full-sync", "{}").admin == AdminCall::kFullSync);
  CHECK(refusal("GET", "/healthz") == 200);
  CHECK_FALSE(ask("POST", "/admin/join", R"({"seed_node":"[::1]:7001"})").answer);
  const HttpRoute join = ask("POST", "/admin/join", R"({"seed_node":"n@h:5"})");
  CHECK(join.admin == AdminCall::kChange);
  CHECK(join.change.kind == ClusterChange::Kind::kJoin);
  CHECK(join.change.node == "n@h:5");
  for (const char* body :
       {"", "{}", "[]", R"({"seed_node":""})", R"({"seed_node":5})", R"({"seed_node":null})",
        R"({"seed_node":"nonsense"})", R"({"seed_node":"::1:7001"})"}) {
    CAPTURE(body);
    CHECK(refusal("POST", "/admin/join", body) == 400);
  }
}

TEST_CASE("http routes: changes of members") {
  const HttpRoute remove =
      ask("POST", "/admin/remove", R"({"node_id":"node2","accept_loss":true})");
  CHECK(remove.admin == AdminCall::kChange);
  CHECK(remove.change.kind == ClusterChange::Kind::kRemove);
  CHECK(remove.change.node == "node2");
  CHECK(remove.change.accept_loss);
  CHECK(!ask("POST", "/admin/remove", R"({"node_id":"n"})").change.accept_loss);
  CHECK(ask("POST", "/admin/down", R"({"node_id":"n"})").change.kind == ClusterChange::Kind::kDown);
  CHECK(ask("POST", "/admin/leave").change.node == "");
  CHECK(ask("POST", "/admin/leave", "{}").change.kind == ClusterChange::Kind::kLeave);
  CHECK(ask("POST", "/admin/leave", R"({"node_id":"n"})").change.node == "n");
  const HttpRoute plan =
      ask("POST", "/admin/plan", R"({"change":"leave","node_id":"n","zone":"z"})");
  CHECK(plan.admin == AdminCall::kPlan);
  CHECK(plan.plan.change == ClusterChange::Kind::kLeave);
  CHECK(plan.plan.node_id == "n");
  CHECK(plan.plan.zone == "z");
  for (const char* body : {"", "{}", R"({"node_id":""})", R"({"node_id":5})",
                           R"({"node_id":"n","accept_loss":"yes"})"}) {
    CAPTURE(body);
    CHECK(refusal("POST", "/admin/remove", body) == 400);
  }
  for (const char* body :
       {"", "{}", R"({"change":"join"})", R"({"change":"x","node_id":"n"})",
        R"({"change":"down","node_id":"n"})", R"({"change":"join","node_id":"n","zone":1})"}) {
    CAPTURE(body);
    CHECK(refusal("POST", "/admin/plan", body) == 400);
  }
  CHECK(refusal("POST", "/admin/leave", R"({"node_id":5})") == 400);
  CHECK(refusal("GET", "/admin/remove") == 405);
  CHECK(refusal("POST", "/admin/handoff") == 405);
}

}  // namespace vordb::io
