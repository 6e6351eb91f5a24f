#include "io/http_reply.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "core/utf8.h"

namespace vordb::io {
namespace {

using Json = nlohmann::ordered_json;

std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

HttpResponse answer(int status, const Json& json) {
  HttpResponse response;
  response.status = status;
  response.body = to_text(json);
  return response;
}

bool is_read(Operation operation) {
  switch (operation) {
    case Operation::kGet:
    case Operation::kSetMembers:
    case Operation::kSetContains:
    case Operation::kCounterValue:
    case Operation::kListKeys:
    case Operation::kListBuckets:
    case Operation::kGetBucket:
    case Operation::kPing:
      return true;
    default:
      return false;
  }
}

int status_of(ErrorCode code, Operation operation) {
  switch (code) {
    case ErrorCode::kBadRequest:
    case ErrorCode::kTypeMismatch:
    case ErrorCode::kOverflow:
    case ErrorCode::kTooLarge:
    case ErrorCode::kTokenReused:
    case ErrorCode::kUndecodable:
      return 400;
    case ErrorCode::kBucketNotFound:
      return is_read(operation) || operation == Operation::kDeleteBucket ? 404 : 400;
    case ErrorCode::kBucketExists:
      return 409;
    case ErrorCode::kForbidden:
      return 403;
    case ErrorCode::kNotEmpty:
    case ErrorCode::kConflict:
      return 409;
    case ErrorCode::kUnavailable:
    case ErrorCode::kDiskFull:
    case ErrorCode::kCorrupt:
    case ErrorCode::kPurging:
    case ErrorCode::kNotReady:
    case ErrorCode::kLeft:
      return 503;
  }
  return 500;
}

HttpResponse error_answer(const HttpEcho& asked, const ClientError& error) {
  Json json = {{"error", http_word(error.code)}};
  if (error.code == ErrorCode::kTypeMismatch) {
    json["expected"] = error.expected.empty() ? error.hint : error.expected;
    json["got"] = to_string(asked.operation);
  }
  if (!error.message.empty()) json["message"] = error.message;
  json["outcome"] = error.outcome == Outcome::kUnknown ? "unknown" : "rejected";
  if (!error.hint.empty()) json["hint"] = error.hint;
  int status = status_of(error.code, asked.operation);
  // A client may take a 4xx for "has no effect"; what is unknown is never one.
  if (error.outcome == Outcome::kUnknown && status < 500) status = 503;
  return answer(status, json);
}

Json bucket_json(const BucketConfig& bucket) {
  return {{"name", bucket.name},
          {"type", to_string(bucket.type)},
          {"ttl_seconds", bucket.ttl_seconds},
          {"replication_n", bucket.replication_n},
          {"write_quorum", bucket.write_quorum},
          {"read_quorum", bucket.read_quorum}};
}

HttpResponse done(const HttpEcho& asked, const ClientReply& reply) {
  switch (asked.operation) {
    case Operation::kPut:
      return answer(200, {{"ok", true}, {"key", asked.key}, {"timestamp", reply.timestamp_ms}});
    case Operation::kDelete:
      return answer(200,
                    {{"deleted", true}, {"key", asked.key}, {"timestamp", reply.timestamp_ms}});
    case Operation::kCreateBucket:
      return answer(201, {{"ok", true}, {"bucket", asked.bucket}});
    case Operation::kDeleteBucket:
      return answer(200, {{"ok", true}, {"deleted", asked.bucket}});
    default:
      return answer(200, {{"ok", true}, {"key", asked.key}});
  }
}

HttpResponse value_answer(const HttpEcho& asked, const ClientReply& reply) {
  Json json = {{"key", asked.key}, {"value", reply.value}};
  if (!is_utf8(reply.value)) json["value_base64"] = absl::Base64Escape(reply.value);
  return answer(200, json);
}

HttpResponse members_answer(const HttpEcho& asked, ClientReply reply) {
  Json json = {{"key", asked.key}, {"members", Json::array()}};
  for (std::string& member : reply.items) json["members"].push_back(std::move(member));
  if (reply.next) json["next"] = *reply.next;
  return answer(200, json);
}

HttpResponse counter_answer(const HttpEcho& asked, const ClientReply& reply) {
  Json json = {{"key", asked.key}, {"value", reply.counter}};
  if (reply.saturated) json["saturated"] = true;
  return answer(200, json);
}

HttpResponse buckets_answer(const HttpEcho& asked, const ClientReply& reply) {
  if (asked.operation == Operation::kGetBucket && reply.buckets.size() == 1) {
    return answer(200, bucket_json(reply.buckets.front()));
  }
  Json list = Json::array();
  for (const BucketConfig& bucket : reply.buckets) list.push_back(bucket_json(bucket));
  return answer(200, list);
}

// The place where the next page of keys begins is bytes, so it travels encoded.
HttpResponse keys_answer(const HttpEcho& asked, ClientReply reply) {
  Json json = {{"bucket", asked.bucket}, {"keys", Json::array()}};
  for (std::string& key : reply.items) json["keys"].push_back(std::move(key));
  if (reply.next) json["next"] = absl::WebSafeBase64Escape(*reply.next);
  return answer(200, json);
}

HttpResponse body_of(const HttpEcho& asked, ClientReply reply) {
  switch (reply.kind) {
    case ClientReply::Kind::kOk:
      return done(asked, reply);
    case ClientReply::Kind::kValue:
      return value_answer(asked, reply);
    case ClientReply::Kind::kNotFound:
      return answer(404, {{"error", "not_found"}, {"key", asked.key}});
    case ClientReply::Kind::kMembers:
      return members_answer(asked, std::move(reply));
    case ClientReply::Kind::kContains:
      return answer(200, {{"key", asked.key}, {"contains", reply.contains}});
    case ClientReply::Kind::kCounter:
      return counter_answer(asked, reply);
    case ClientReply::Kind::kBuckets:
      return buckets_answer(asked, reply);
    case ClientReply::Kind::kKeys:
      return keys_answer(asked, std::move(reply));
    case ClientReply::Kind::kError:
      break;
  }
  return error_answer(asked, reply.error);
}

}  // namespace

HttpResponse http_error(int status, const std::string& word, const std::string& message) {
  return answer(status, {{"error", word}, {"message", message}, {"outcome", "rejected"}});
}

HttpResponse to_http(const HttpEcho& asked, ClientReply reply) {
  std::string context = std::move(reply.context);
  HttpResponse response = body_of(asked, std::move(reply));
  response.context = std::move(context);
  return response;
}

}  // namespace vordb::io
