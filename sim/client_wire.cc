#include "sim/client_wire.h"

#include <iterator>
#include <utility>

#include "proto/client.pb.h"

namespace vordb::sim {

namespace {

template <typename Body>
void name_key(const Catalogue& catalogue, const Call& call, Body& body) {
  const BucketPlan& plan = catalogue.bucket(call.bucket);
  // An empty name is the default bucket of the operation's type; a delete's is the registers'.
  if (!plan.is_default || call.operation == Operation::kDelete) body.set_bucket(plan.config.name);
  body.set_key(Catalogue::key_name(call.key));
  body.set_context(call.context);
}

template <typename Body>
void name_mutation(const Catalogue& catalogue, const Call& call, Body& body) {
  name_key(catalogue, call, body);
  body.set_request_token(call.request_token);
  body.set_w(call.w);
}

template <typename Body>
void name_elements(const Call& call, Body& body) {
  if (call.elements.size() == 1) {
    body.set_element(Catalogue::element_name(call.elements[0]));
    return;
  }
  for (const uint32_t element : call.elements) body.add_elements(Catalogue::element_name(element));
}

void describe_bucket(const Catalogue& catalogue, const Call& call, pb::BucketConfig& config) {
  const BucketConfig& plan = catalogue.bucket(call.bucket).config;
  config.set_name(plan.name);
  config.set_type(to_string(plan.type));
  config.set_ttl_seconds(int64_t(plan.ttl_seconds));
  config.set_replication_n(plan.replication_n);
  config.set_write_quorum(plan.write_quorum);
  config.set_read_quorum(plan.read_quorum);
}

void encode_read(const Catalogue& catalogue, const Call& call, pb::Request& request) {
  switch (call.operation) {
    case Operation::kGet:
      name_key(catalogue, call, *request.mutable_get());
      request.mutable_get()->set_r(call.r);
      break;
    case Operation::kSetMembers: {
      auto& body = *request.mutable_set_members();
      name_key(catalogue, call, body);
      body.set_r(call.r);
      body.set_limit(call.limit);
      if (call.after) body.set_after(*call.after);
      break;
    }
    case Operation::kSetContains:
      name_key(catalogue, call, *request.mutable_set_contains());
      request.mutable_set_contains()->set_element(Catalogue::element_name(call.elements[0]));
      break;
    case Operation::kCounterValue:
      name_key(catalogue, call, *request.mutable_counter_value());
      request.mutable_counter_value()->set_r(call.r);
      break;
    case Operation::kListKeys: {
      auto& body = *request.mutable_list_keys();
      body.set_bucket(catalogue.bucket(call.bucket).config.name);
      body.set_limit(call.limit);
      if (call.after) body.set_after(*call.after);
      break;
    }
    case Operation::kListBuckets:
      request.mutable_list_buckets();
      break;
    case Operation::kGetBucket:
      request.mutable_get_bucket()->set_name(catalogue.bucket(call.bucket).config.name);
      break;
    default:
      request.mutable_ping();
      break;
  }
}

void encode_mutation(const Catalogue& catalogue, const Call& call, pb::Request& request) {
  switch (call.operation) {
    case Operation::kPut:
      name_mutation(catalogue, call, *request.mutable_put());
      request.mutable_put()->set_value(catalogue.value_of(call.bucket, call.key, call.id));
      break;
    case Operation::kDelete:
      name_mutation(catalogue, call, *request.mutable_delete_());
      break;
    case Operation::kSetAdd:
      name_mutation(catalogue, call, *request.mutable_set_add());
      name_elements(call, *request.mutable_set_add());
      break;
    case Operation::kSetRemove:
      name_mutation(catalogue, call, *request.mutable_set_remove());
      name_elements(call, *request.mutable_set_remove());
      break;
    case Operation::kCounterIncrement:
      name_mutation(catalogue, call, *request.mutable_counter_increment());
      request.mutable_counter_increment()->set_amount(int64_t(call.amount));
      break;
    case Operation::kCounterDecrement:
      name_mutation(catalogue, call, *request.mutable_counter_decrement());
      request.mutable_counter_decrement()->set_amount(int64_t(call.amount));
      break;
    case Operation::kCreateBucket:
      describe_bucket(catalogue, call, *request.mutable_create_bucket()->mutable_config());
      break;
    default:
      request.mutable_delete_bucket()->set_name(catalogue.bucket(call.bucket).config.name);
      break;
  }
}

ErrorCode code_of(std::string_view code) {
  if (code == "NOT_FOUND") return ErrorCode::kBucketNotFound;
  if (code == "ALREADY_EXISTS") return ErrorCode::kBucketExists;
  if (code == "TOO_LARGE") return ErrorCode::kTooLarge;
  if (code == "UNAVAILABLE") return ErrorCode::kUnavailable;
  if (code == "DISK_FULL") return ErrorCode::kDiskFull;
  if (code == "CORRUPT") return ErrorCode::kCorrupt;
  if (code == "FORBIDDEN") return ErrorCode::kForbidden;
  return ErrorCode::kBadRequest;
}

BucketConfig config_of(const pb::BucketConfig& shown) {
  BucketConfig config;
  config.name = shown.name();
  if (const BucketTypeRow* row = find_bucket_type(shown.type())) config.type = row->type;
  config.ttl_seconds = uint64_t(shown.ttl_seconds());
  config.replication_n = uint8_t(shown.replication_n());
  config.write_quorum = uint8_t(shown.write_quorum());
  config.read_quorum = uint8_t(shown.read_quorum());
  return config;
}

template <typename Names>
std::vector<std::string> copy_of(const Names& names) {
  return std::vector<std::string>(names.begin(), names.end());
}

void decode_read(const pb::Response& response, ClientReply& reply) {
  switch (response.body_case()) {
    case pb::Response::kSetMembers:
      reply.kind = ClientReply::Kind::kMembers;
      reply.items = copy_of(response.set_members().members());
      if (response.set_members().has_next()) reply.next = response.set_members().next();
      reply.context = response.set_members().context();
      break;
    case pb::Response::kSetContains:
      reply.kind = ClientReply::Kind::kContains;
      reply.contains = response.set_contains().contains();
      reply.context = response.set_contains().context();
      break;
    case pb::Response::kCounterValue:
      reply.kind = ClientReply::Kind::kCounter;
      reply.counter = response.counter_value().value();
      reply.saturated = response.counter_value().saturated();
      reply.context = response.counter_value().context();
      break;
    case pb::Response::kBuckets:
      reply.kind = ClientReply::Kind::kBuckets;
      for (const auto& shown : response.buckets().buckets())
        reply.buckets.push_back(config_of(shown));
      break;
    case pb::Response::kKeys:
      reply.kind = ClientReply::Kind::kKeys;
      reply.items = copy_of(response.keys().keys());
      if (response.keys().has_next()) reply.next = response.keys().next();
      break;
    default:
      break;
  }
}

}  // namespace

std::string encode_call(const Catalogue& catalogue, const Call& call, uint32_t request_id) {
  pb::Request request;
  request.set_request_id(request_id);
  if (call.is_mutation()) {
    encode_mutation(catalogue, call, request);
  } else {
    encode_read(catalogue, call, request);
  }
  return request.SerializeAsString();
}

std::optional<Answer> decode_answer(std::string_view bytes) {
  pb::Response response;
  if (!response.ParseFromArray(bytes.data(), int(bytes.size()))) return std::nullopt;
  Answer answer;
  answer.request_id = response.request_id();
  ClientReply& reply = answer.reply;
  switch (response.body_case()) {
    case pb::Response::kOk:
      reply.kind = ClientReply::Kind::kOk;
      reply.timestamp_ms = uint64_t(response.ok().timestamp());
      reply.context = response.ok().context();
      break;
    case pb::Response::kValue:
      reply.kind = ClientReply::Kind::kValue;
      reply.value = response.value().value();
      reply.context = response.value().context();
      break;
    case pb::Response::kNotFound:
      reply.kind = ClientReply::Kind::kNotFound;
      reply.context = response.not_found().context();
      break;
    case pb::Response::kError:
      reply.kind = ClientReply::Kind::kError;
      reply.error.code = code_of(response.error().code());
      reply.error.outcome =
          response.error().outcome() == pb::REJECTED ? Outcome::kRejected : Outcome::kUnknown;
      reply.error.message = response.error().message();
      break;
    case pb::Response::BODY_NOT_SET:
      return std::nullopt;
    default:
      decode_read(response, reply);
  }
  return answer;
}

}  // namespace vordb::sim
