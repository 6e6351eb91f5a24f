#include "io/http_reply.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace vordb::io {
namespace {

HttpEcho asked(Operation operation) { return {operation, false, "k\"\x01", "b"}; }

HttpResponse reply_with(ErrorCode code, Operation operation, Outcome outcome = Outcome::kRejected) {
  return to_http(
      asked(operation),
      ClientReply::failed(
          {.code = code, .outcome = outcome, .message = "m", .hint = "h", .expected = "lww"}));
}

nlohmann::json body_of(const HttpResponse& response) {
  return nlohmann::json::parse(response.body);
}

}  // namespace

TEST_CASE("http reply: the bodies of success") {
  ClientReply reply;
  reply.timestamp_ms = 123;
  CHECK(to_http({Operation::kPut, false, "k", ""}, reply).body ==
        R"({"ok":true,"key":"k","timestamp":123})");
  CHECK(to_http({Operation::kDelete, false, "k", ""}, reply).body ==
        R"({"deleted":true,"key":"k","timestamp":123})");
  CHECK(to_http({Operation::kSetAdd, false, "k", ""}, reply).body == R"({"ok":true,"key":"k"})");
  CHECK(to_http({Operation::kCreateBucket, false, "", "b"}, reply).body ==
        R"({"ok":true,"bucket":"b"})");
  CHECK(to_http({Operation::kCreateBucket, false, "", "b"}, reply).status == 201);
  CHECK(to_http({Operation::kDeleteBucket, false, "", "b"}, reply).body ==
        R"({"ok":true,"deleted":"b"})");
  reply.kind = ClientReply::Kind::kCounter;
  reply.counter = INT64_MIN;
  CHECK(to_http({Operation::kGet, true, "k", "b"}, reply).body ==
        R"({"key":"k","value":-9223372036854775808})");
  reply.kind = ClientReply::Kind::kMembers;
  CHECK(to_http({Operation::kGet, true, "k", "b"}, reply).body == R"({"key":"k","members":[]})");
  reply.items = {"a", "b"};
  reply.next = "b";
  CHECK(to_http({Operation::kGet, true, "k", "b"}, reply).body ==
        R"({"key":"k","members":["a","b"],"next":"b"})");
  reply.next = "";
  CHECK(to_http({Operation::kGet, true, "k", "b"}, reply).body ==
        R"({"key":"k","members":["a","b"],"next":""})");
  reply.kind = ClientReply::Kind::kKeys;
  reply.next = "\xff";
  CHECK(to_http({Operation::kListKeys, false, "", "b"}, reply).body ==
        R"({"bucket":"b","keys":["a","b"],"next":"_w"})");
  reply.kind = ClientReply::Kind::kNotFound;
  CHECK(to_http({Operation::kGet, true, "k", "b"}, reply).body ==
        R"({"error":"not_found","key":"k"})");
  CHECK(to_http({Operation::kGet, true, "k", "b"}, reply).status == 404);
}

TEST_CASE("http reply: keys and values of any bytes make valid JSON") {
  ClientReply reply;
  reply.kind = ClientReply::Kind::kValue;
  reply.value = std::string("a\0\"\\\n\xf4\x8f\xbf\xbf", 9);
  CHECK(body_of(to_http(asked(Operation::kGet), reply))["value"] == reply.value);
  CHECK(body_of(to_http(asked(Operation::kGet), reply))["key"] == "k\"\x01");
  CHECK(!body_of(to_http(asked(Operation::kGet), reply)).contains("value_base64"));
  reply.value = "ok\xff\x00";
  const auto body = body_of(to_http(asked(Operation::kGet), reply));
  CHECK(body["value"] == "ok\xef\xbf\xbd");
  CHECK(body["value_base64"] == "b2v/");
}

TEST_CASE("http reply: each error has its status and word") {
  struct Row {
    ErrorCode code;
    Operation operation;
    int status;
    const char* word;
  };
  for (const Row& row : std::initializer_list<Row>{
           {ErrorCode::kBadRequest, Operation::kPut, 400, "bad_request"},
           {ErrorCode::kBucketNotFound, Operation::kGet, 404, "bucket_not_found"},
           {ErrorCode::kBucketNotFound, Operation::kListKeys, 404, "bucket_not_found"},
           {ErrorCode::kBucketNotFound, Operation::kDeleteBucket, 404, "bucket_not_found"},
           {ErrorCode::kBucketNotFound, Operation::kPut, 400, "bucket_not_found"},
           {ErrorCode::kBucketNotFound, Operation::kSetAdd, 400, "bucket_not_found"},
           {ErrorCode::kBucketExists, Operation::kCreateBucket, 409, "bucket_already_exists"},
           {ErrorCode::kOverflow, Operation::kCounterIncrement, 400, "overflow"},
           {ErrorCode::kTokenReused, Operation::kPut, 400, "token_reused"},
           {ErrorCode::kTooLarge, Operation::kSetMembers, 400, "too_large"},
           {ErrorCode::kForbidden, Operation::kDeleteBucket, 403, "forbidden"},
           {ErrorCode::kUnavailable, Operation::kGet, 503, "unavailable"},
           {ErrorCode::kDiskFull, Operation::kPut, 503, "disk_full"},
           {ErrorCode::kCorrupt, Operation::kGet, 503, "corrupt"},
           {ErrorCode::kPurging, Operation::kSetAdd, 503, "purging"},
           {ErrorCode::kNotReady, Operation::kGet, 503, "not_ready"},
           {ErrorCode::kLeft, Operation::kPut, 503, "left"},
           {ErrorCode::kConflict, Operation::kPut, 409, "conflict"}}) {
    CAPTURE(row.word);
    const HttpResponse response = reply_with(row.code, row.operation);
    CHECK(response.status == row.status);
    CHECK(body_of(response)["error"] == row.word);
    CHECK(body_of(response)["outcome"] == "rejected");
    CHECK(body_of(response)["hint"] == "h");
  }
}

TEST_CASE("http reply: a type mismatch names both sides, what is unknown is never a 4xx") {
  const auto body = body_of(reply_with(ErrorCode::kTypeMismatch, Operation::kSetAdd));
  CHECK(body["error"] == "type_mismatch");
  CHECK(body["expected"] == "lww");
  CHECK(body["got"] == "set_add");
  CHECK(reply_with(ErrorCode::kBadRequest, Operation::kPut, Outcome::kUnknown).status == 503);
  CHECK(body_of(reply_with(ErrorCode::kUnavailable, Operation::kPut,
                           Outcome::kUnknown))["outcome"] == "unknown");
}

TEST_CASE("http reply: buckets and the node") {
  ClientReply reply;
  reply.kind = ClientReply::Kind::kBuckets;
  reply.buckets = {{"b", BucketType::kPnCounter, 60, 3, 2, 1}};
  const std::string bucket = R"({"name":"b","type":"pn_counter","ttl_seconds":60,)"
                             R"("replication_n":3,"write_quorum":2,"read_quorum":1})";
  CHECK(to_http(asked(Operation::kGetBucket), reply).body == bucket);
  CHECK(to_http(asked(Operation::kListBuckets), reply).body == "[" + bucket + "]");
  CHECK(readiness({.serving = false}).status == 503);
  CHECK(readiness({.serving = true}).status == 200);
  const HttpResponse refused =
      to_http(AdminOutcome{ClientError{ErrorCode::kNotEmpty, Outcome::kRejected, "", ""}}, "");
  CHECK(refused.status == 409);
  CHECK(refused.body == R"({"error":"not_empty","outcome":"rejected"})");
  CHECK(to_http(AdminOutcome{}, "full_sync_triggered").body ==
        R"({"ok":true,"action":"full_sync_triggered"})");
}

}  // namespace vordb::io
