#include "core/client_convert.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/client_codec.h"
#include "proto/client.pb.h"

namespace vordb {
namespace {

// mutable_x() of an unset arena string would allocate one, so unset ones are left alone.
#define VORDB_TAKE(field, member) \
  if (!body->field().empty()) request->member = std::move(*body->mutable_##field())

template <typename Body>
void take_key(Body* body, ClientRequest* request) {
  VORDB_TAKE(bucket, bucket);
  VORDB_TAKE(key, key);
  VORDB_TAKE(context, context);
}

template <typename Body>
void take_mutation(Body* body, ClientRequest* request) {
  take_key(body, request);
  VORDB_TAKE(request_token, request_token);
  request->w = body->w();
}

template <typename Body>
void take_read(Body* body, ClientRequest* request) {
  take_key(body, request);
  request->r = body->r();
}

template <typename Body>
void take_page(Body* body, ClientRequest* request) {
  take_read(body, request);
  request->limit = body->limit();
  if (body->has_after()) request->after = std::move(*body->mutable_after());
}

template <typename Body>
absl::Status take_elements(const char* name, Body* body, ClientRequest* request) {
  take_mutation(body, request);
  if (body->elements().empty()) {
    request->elements.push_back(std::move(*body->mutable_element()));
    return absl::OkStatus();
  }
  if (!body->element().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ".element: must be empty where elements are given"));
  }
  request->elements.reserve(size_t(body->elements_size()));
  for (std::string& element : *body->mutable_elements())
    request->elements.push_back(std::move(element));
  return absl::OkStatus();
}

template <typename Body>
void take_amount(Body* body, ClientRequest* request) {
  take_mutation(body, request);
  request->amount = body->amount() == 0 ? 1 : uint64_t(body->amount());
}

absl::Status apply_preset(std::string_view name, BucketConfig* config) {
  if (name.empty()) return absl::OkStatus();
  const Consistency* preset = find_consistency(name);
  if (!preset) {
    return absl::InvalidArgumentError(
        absl::StrCat("BucketConfig.consistency: ", must_be_one_of(consistency_names())));
  }
  if ((config->write_quorum != 0 && config->write_quorum != preset->write_quorum) ||
      (config->read_quorum != 0 && config->read_quorum != preset->read_quorum)) {
    return absl::InvalidArgumentError(
        "BucketConfig.consistency: must agree with write_quorum and read_quorum");
  }
  config->write_quorum = preset->write_quorum;
  config->read_quorum = preset->read_quorum;
  return absl::OkStatus();
}

}  // namespace

absl::Status from_pb(const pb::BucketConfig& message, BucketConfig* config) {
  config->name = message.name();
  const BucketTypeRow* type =
      message.type().empty() ? &row_of(BucketType::kLww) : find_bucket_type(message.type());
  if (!type) {
    return absl::InvalidArgumentError(
        absl::StrCat("BucketConfig.type: ", must_be_one_of(bucket_type_names())));
  }
  config->type = type->type;
  config->ttl_seconds = message.has_ttl_seconds() ? uint64_t(message.ttl_seconds()) : kDefaultTtl;
  config->replication_n = uint8_t(message.replication_n());
  config->write_quorum = uint8_t(message.write_quorum());
  config->read_quorum = uint8_t(message.read_quorum());
  if (absl::Status status = apply_preset(message.consistency(), config); !status.ok())
    return status;
  // Where n is left open, the node checks against its default.
  if (config->replication_n != 0 && config->write_quorum > config->replication_n) {
    return absl::InvalidArgumentError("BucketConfig.write_quorum: must be at most replication_n");
  }
  if (config->replication_n != 0 && config->read_quorum > config->replication_n) {
    return absl::InvalidArgumentError("BucketConfig.read_quorum: must be at most replication_n");
  }
  return absl::OkStatus();
}

void to_pb(const BucketConfig& config, pb::BucketConfig* message) {
  message->set_name(config.name);
  message->set_type(to_string(config.type));
  message->set_ttl_seconds(int64_t(config.ttl_seconds));
  message->set_replication_n(config.replication_n);
  message->set_write_quorum(config.write_quorum);
  message->set_read_quorum(config.read_quorum);
}

Operation operation_of(const pb::Request& message) {
  switch (message.body_case()) {
    case pb::Request::kPut:
      return Operation::kPut;
    case pb::Request::kGet:
      return Operation::kGet;
    case pb::Request::kDelete:
      return Operation::kDelete;
    case pb::Request::kSetAdd:
      return Operation::kSetAdd;
    case pb::Request::kSetRemove:
      return Operation::kSetRemove;
    case pb::Request::kSetMembers:
      return Operation::kSetMembers;
    case pb::Request::kSetContains:
      return Operation::kSetContains;
    case pb::Request::kCounterIncrement:
      return Operation::kCounterIncrement;
    case pb::Request::kCounterDecrement:
      return Operation::kCounterDecrement;
    case pb::Request::kCounterValue:
      return Operation::kCounterValue;
    case pb::Request::kCreateBucket:
      return Operation::kCreateBucket;
    case pb::Request::kListBuckets:
      return Operation::kListBuckets;
    case pb::Request::kGetBucket:
      return Operation::kGetBucket;
    case pb::Request::kDeleteBucket:
      return Operation::kDeleteBucket;
    case pb::Request::kListKeys:
      return Operation::kListKeys;
    case pb::Request::kPing:
    case pb::Request::BODY_NOT_SET:
      break;
  }
  return Operation::kPing;
}

absl::Status from_pb(pb::Request* message, ClientRequest* request) {
  request->operation = operation_of(*message);
  switch (message->body_case()) {
    case pb::Request::kPut: {
      auto* body = message->mutable_put();
      take_mutation(body, request);
      VORDB_TAKE(value, value);
      break;
    }
    case pb::Request::kGet:
      request->by_bucket_type = true;
      take_page(message->mutable_get(), request);
      break;
    case pb::Request::kDelete:
      take_mutation(message->mutable_delete_(), request);
      break;
    case pb::Request::kSetAdd:
      return take_elements("SetAddRequest", message->mutable_set_add(), request);
    case pb::Request::kSetRemove:
      return take_elements("SetRemoveRequest", message->mutable_set_remove(), request);
    case pb::Request::kSetMembers:
      take_page(message->mutable_set_members(), request);
      break;
    case pb::Request::kSetContains: {
      auto* body = message->mutable_set_contains();
      take_read(body, request);
      request->elements.push_back(std::move(*body->mutable_element()));
      break;
    }
    case pb::Request::kCounterIncrement:
      take_amount(message->mutable_counter_increment(), request);
      break;
    case pb::Request::kCounterDecrement:
      take_amount(message->mutable_counter_decrement(), request);
      break;
    case pb::Request::kCounterValue:
      take_read(message->mutable_counter_value(), request);
      break;
    case pb::Request::kCreateBucket:
      if (!message->create_bucket().has_config()) {
        return absl::InvalidArgumentError("CreateBucketRequest.config: must be set");
      }
      return from_pb(message->create_bucket().config(), &request->config);
    case pb::Request::kGetBucket:
      request->bucket = message->get_bucket().name();
      break;
    case pb::Request::kDeleteBucket:
      request->bucket = message->delete_bucket().name();
      break;
    case pb::Request::kListKeys: {
      auto* body = message->mutable_list_keys();
      VORDB_TAKE(bucket, bucket);
      if (body->has_after()) request->after = std::move(*body->mutable_after());
      request->limit = body->limit();
      break;
    }
    case pb::Request::kListBuckets:
    case pb::Request::kPing:
    case pb::Request::BODY_NOT_SET:
      break;
  }
  return absl::OkStatus();
}

#undef VORDB_TAKE

namespace {

pb::Outcome to_pb(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return pb::OUTCOME_UNSPECIFIED;
    case Outcome::kRejected:
      return pb::REJECTED;
    case Outcome::kUnknown:
      return pb::UNKNOWN;
  }
  return pb::UNKNOWN;
}

void to_pb(ClientError error, pb::ErrorResponse* message) {
  message->set_code(tcp_code(error.code));
  message->set_outcome(to_pb(error.outcome));
  if (error.message.empty()) error.message = http_word(error.code);
  if (!error.expected.empty())
    absl::StrAppend(&error.message, " (the bucket's type is ", error.expected, ")");
  message->set_message(std::move(error.message));
  message->set_hint(std::move(error.hint));
}

template <typename Body>
void put_key(std::string_view key, ClientReply* reply, Body* body) {
  body->set_key(key.data(), key.size());
  if (!reply->context.empty()) body->set_context(std::move(reply->context));
}

}  // namespace

void to_pb(std::string_view key, ClientReply reply, pb::Response* message) {
  switch (reply.kind) {
    case ClientReply::Kind::kOk:
      message->mutable_ok()->set_timestamp(int64_t(reply.timestamp_ms));
      if (!reply.context.empty()) message->mutable_ok()->set_context(std::move(reply.context));
      break;
    case ClientReply::Kind::kValue:
      put_key(key, &reply, message->mutable_value());
      message->mutable_value()->set_value(std::move(reply.value));
      break;
    case ClientReply::Kind::kNotFound:
      put_key(key, &reply, message->mutable_not_found());
      break;
    case ClientReply::Kind::kMembers: {
      auto* body = message->mutable_set_members();
      put_key(key, &reply, body);
      body->mutable_members()->Reserve(int(reply.items.size()));
      for (std::string& item : reply.items) body->add_members(std::move(item));
      if (reply.next) body->set_next(*std::move(reply.next));
      break;
    }
    case ClientReply::Kind::kContains:
      message->mutable_set_contains()->set_contains(reply.contains);
      if (!reply.context.empty())
        message->mutable_set_contains()->set_context(std::move(reply.context));
      break;
    case ClientReply::Kind::kCounter:
      put_key(key, &reply, message->mutable_counter_value());
      message->mutable_counter_value()->set_value(reply.counter);
      message->mutable_counter_value()->set_saturated(reply.saturated);
      break;
    case ClientReply::Kind::kBuckets:
      for (const BucketConfig& bucket : reply.buckets)
        to_pb(bucket, message->mutable_buckets()->add_buckets());
      message->mutable_buckets();
      break;
    case ClientReply::Kind::kKeys: {
      pb::KeysResponse* body = message->mutable_keys();
      for (std::string& item : reply.items) body->add_keys(std::move(item));
      if (reply.next) body->set_next(*std::move(reply.next));
      break;
    }
    case ClientReply::Kind::kError:
      to_pb(std::move(reply.error), message->mutable_error());
      break;
  }
}

}  // namespace vordb
