#include "io/http_routes_data.h"

#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "io/json.h"
#include "proto/client.pb.h"

namespace vordb::io {
namespace {

// What keeps a request from becoming a message; empty: nothing.
using Problem = std::string;

constexpr size_t kMaxBucketNameBytes = 64;
constexpr size_t kMaxTokenBytes = 64;

// A whole number of [1, max] in decimal digits.
bool parse_number(const std::string& text, uint32_t max, uint32_t* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size() && *out >= 1 && *out <= max;
}

// The query parameters that are known, checked whether or not this operation uses them.
struct Parameters {
  uint32_t w = 0;
  uint32_t r = 0;
  uint32_t limit = 0;
  std::optional<std::string> after;

  Problem read(const HttpTarget& target) {
    const std::string* text = target.parameter("w");
    if (text != nullptr && !parse_number(*text, 255, &w))
      return "w must be a number of replicas, at least 1";
    text = target.parameter("r");
    if (text != nullptr && !parse_number(*text, 255, &r))
      return "r must be a number of replicas, at least 1";
    text = target.parameter("limit");
    if (text != nullptr && !parse_number(*text, std::numeric_limits<uint32_t>::max(), &limit)) {
      return "limit must be a whole number, at least 1";
    }
    text = target.parameter("after");
    if (text != nullptr) after = *text;
    return {};
  }
};

template <typename Body>
void set_key(DataTarget& target, HttpRequest& request, Body* body) {
  body->set_bucket(target.bucket);
  body->set_key(target.key);
  if (!request.context.empty()) body->set_context(std::move(request.context));
}

template <typename Body>
void set_mutation(DataTarget& target, HttpRequest& request, const Parameters& parameters,
                  Body* body) {
  set_key(target, request, body);
  if (!request.idempotency_key.empty()) body->set_request_token(std::move(request.idempotency_key));
  body->set_w(parameters.w);
}

template <typename Body>
void set_read(DataTarget& target, HttpRequest& request, const Parameters& parameters, Body* body) {
  set_key(target, request, body);
  body->set_r(parameters.r);
}

template <typename Body>
void set_page(DataTarget& target, HttpRequest& request, const Parameters& parameters, Body* body) {
  set_read(target, request, parameters, body);
  body->set_limit(parameters.limit);
  if (parameters.after) body->set_after(*parameters.after);
}

Problem read_value(const HttpRequest& request, std::string* out) {
  JsonFields fields({"value"});
  if (auto problem = fields.parse(request.body)) return *problem;
  JsonFields::Field* value = fields.find("value");
  if (value == nullptr || value->kind != JsonFields::Kind::kString) return "value must be a string";
  *out = std::move(value->text);
  return {};
}

template <typename Body>
Problem read_elements(const HttpRequest& request, Body* body) {
  JsonFields fields({"element", "elements"});
  if (auto problem = fields.parse(request.body)) return *problem;
  JsonFields::Field* one = fields.find("element");
  JsonFields::Field* many = fields.find("elements");
  if ((one == nullptr) == (many == nullptr)) return "element or elements must be given, not both";
  if (one != nullptr) {
    if (one->kind != JsonFields::Kind::kString) return "element must be a string";
    body->set_element(std::move(one->text));
    return {};
  }
  if (many->kind != JsonFields::Kind::kStrings || many->strings.empty()) {
    return "elements must be a list of strings, at least one";
  }
  for (std::string& element : many->strings) body->add_elements(std::move(element));
  return {};
}

template <typename Body>
Problem read_amount(const HttpRequest& request, Body* body) {
  body->set_amount(1);
  if (request.body.empty()) return {};
  JsonFields fields({"amount"});
  if (auto problem = fields.parse(request.body)) return *problem;
  JsonFields::Field* amount = fields.find("amount");
  if (amount == nullptr) return {};
  if (amount->kind != JsonFields::Kind::kInteger || amount->integer < 1) {
    return "amount must be an integer of 1..9223372036854775807";
  }
  body->set_amount(amount->integer);
  return {};
}

Problem set_contains(DataTarget& target, HttpRequest& request, const Parameters& parameters,
                     pb::SetContainsRequest* body) {
  set_read(target, request, parameters, body);
  const std::string* element = request.target.parameter("element");
  if (element == nullptr) return "the parameter element must be given";
  body->set_element(*element);
  return {};
}

Problem set_list_keys(DataTarget& target, const Parameters& parameters, pb::ListKeysRequest* body) {
  body->set_bucket(target.bucket);
  body->set_limit(parameters.limit);
  if (!parameters.after) return {};
  if (!absl::WebSafeBase64Unescape(*parameters.after, body->mutable_after()))
    return "after must be the next of an earlier page";
  return {};
}

// Puts into the message what the operation takes from target, parameters, headers and body.
Problem fill(DataTarget& target, HttpRequest& request, const Parameters& parameters,
             pb::Request* message) {
  switch (target.operation) {
    case Operation::kPut:
      set_mutation(target, request, parameters, message->mutable_put());
      return read_value(request, message->mutable_put()->mutable_value());
    case Operation::kGet:
      set_page(target, request, parameters, message->mutable_get());
      return {};
    case Operation::kDelete:
      set_mutation(target, request, parameters, message->mutable_delete_());
      return {};
    case Operation::kSetAdd:
      set_mutation(target, request, parameters, message->mutable_set_add());
      return read_elements(request, message->mutable_set_add());
    case Operation::kSetRemove:
      set_mutation(target, request, parameters, message->mutable_set_remove());
      return read_elements(request, message->mutable_set_remove());
    case Operation::kSetMembers:
      set_page(target, request, parameters, message->mutable_set_members());
      return {};
    case Operation::kSetContains:
      return set_contains(target, request, parameters, message->mutable_set_contains());
    case Operation::kCounterIncrement:
      set_mutation(target, request, parameters, message->mutable_counter_increment());
      return read_amount(request, message->mutable_counter_increment());
    case Operation::kCounterDecrement:
      set_mutation(target, request, parameters, message->mutable_counter_decrement());
      return read_amount(request, message->mutable_counter_decrement());
    case Operation::kCounterValue:
      set_read(target, request, parameters, message->mutable_counter_value());
      return {};
    case Operation::kListKeys:
      return set_list_keys(target, parameters, message->mutable_list_keys());
    case Operation::kListBuckets:
      message->mutable_list_buckets();
      return {};
    case Operation::kGetBucket:
      message->mutable_get_bucket()->set_name(target.bucket);
      return {};
    case Operation::kDeleteBucket:
      message->mutable_delete_bucket()->set_name(target.bucket);
      return {};
    case Operation::kCreateBucket:
    case Operation::kPing:
      break;
  }
  return "no such operation";
}

// The end of every data route: the schema's constraints, then the backend's request or the refusal.
HttpRoute converted(HttpEcho echo, Problem problem, pb::Request* message, ClientCodec& codec) {
  HttpRoute made;
  made.counted = true;
  made.echo = std::move(echo);
  if (!problem.empty()) {
    made.answer = http_error(400, http_word(ErrorCode::kBadRequest), problem);
    return made;
  }
  ClientRequest request;
  if (auto error = codec.convert(message, &request)) {
    made.answer = to_http(made.echo, ClientReply::failed(std::move(*error)));
    return made;
  }
  request.by_bucket_type = made.echo.by_bucket_type;
  made.data = std::move(request);
  return made;
}

// Moves a whole number into its field. Absent: left at zero.
template <typename Setter>
Problem set_integer(JsonFields& fields, const char* name, Setter set) {
  JsonFields::Field* field = fields.find(name);
  if (field == nullptr) return {};
  if (field->kind != JsonFields::Kind::kInteger)
    return std::string(name) + " must be an integer in range";
  set(field->integer);
  return {};
}

template <typename Setter>
Problem set_text(JsonFields& fields, const char* name, Setter set) {
  JsonFields::Field* field = fields.find(name);
  if (field == nullptr) return {};
  if (field->kind != JsonFields::Kind::kString) return std::string(name) + " must be a string";
  set(std::move(field->text));
  return {};
}

Problem read_bucket(const HttpRequest& request, pb::BucketConfig* config) {
  JsonFields fields({"name", "type", "ttl_seconds", "replication_n", "consistency", "write_quorum",
                     "read_quorum"});
  if (auto problem = fields.parse(request.body)) return *problem;
  if (fields.find("name") == nullptr) return "name must be given";
  Problem problem =
      set_text(fields, "name", [&](std::string text) { config->set_name(std::move(text)); });
  if (problem.empty()) {
    problem = set_text(fields, "type", [&](std::string text) {
      // Unset means lww; an empty string is no type.
      config->set_type(text.empty() ? std::string("?") : std::move(text));
    });
  }
  if (problem.empty()) {
    problem = set_text(fields, "consistency", [&](std::string text) {
      config->set_consistency(text.empty() ? std::string("?") : std::move(text));
    });
  }
  if (problem.empty())
    problem = set_integer(fields, "ttl_seconds", [&](int64_t n) { config->set_ttl_seconds(n); });
  if (problem.empty())
    problem =
        set_integer(fields, "replication_n", [&](int64_t n) { config->set_replication_n(n); });
  if (problem.empty())
    problem = set_integer(fields, "write_quorum", [&](int64_t n) { config->set_write_quorum(n); });
  if (problem.empty())
    problem = set_integer(fields, "read_quorum", [&](int64_t n) { config->set_read_quorum(n); });
  return problem;
}

}  // namespace

HttpRoute refused(HttpResponse answer) {
  HttpRoute made;
  made.answer = std::move(answer);
  return made;
}

HttpRoute route_data(DataTarget target, HttpRequest& request, ClientCodec& codec) {
  HttpEcho echo{target.operation, target.by_bucket_type, target.key, target.bucket};
  if (target.bucket.size() > kMaxBucketNameBytes) {
    // No bucket can have such a name.
    HttpRoute made =
        refused(to_http(echo, ClientReply::failed({.code = ErrorCode::kBucketNotFound,
                                                   .outcome = Outcome::kRejected,
                                                   .message = "no bucket has so long a name",
                                                   .hint = {}})));
    made.counted = true;
    made.echo = std::move(echo);
    return made;
  }
  pb::Request* message = codec.begin();
  Parameters parameters;
  Problem problem = parameters.read(request.target);
  if (problem.empty() && request.idempotency_key.size() > kMaxTokenBytes) {
    problem = "Idempotency-Key must have 1..64 bytes";
  }
  if (problem.empty()) problem = fill(target, request, parameters, message);
  return converted(std::move(echo), std::move(problem), message, codec);
}

HttpRoute route_create_bucket(HttpRequest& request, ClientCodec& codec) {
  pb::Request* message = codec.begin();
  pb::BucketConfig* config = message->mutable_create_bucket()->mutable_config();
  Problem problem = read_bucket(request, config);
  HttpEcho echo{Operation::kCreateBucket, false, {}, config->name()};
  return converted(std::move(echo), std::move(problem), message, codec);
}

}  // namespace vordb::io
