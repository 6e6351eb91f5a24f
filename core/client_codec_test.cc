#include "core/client_codec.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "core/big_endian.h"
#include "proto/client.pb.h"

namespace vordb {
namespace {

struct Decoded {
  std::optional<ClientError> error;
  uint32_t request_id = 0;
  ClientRequest request;
};

Decoded decode(const std::string& bytes) {
  ClientCodec codec;
  Decoded decoded;
  decoded.request_id = 77;
  decoded.error = codec.decode(bytes, &decoded.request_id, &decoded.request);
  return decoded;
}

Decoded decode(const pb::Request& message) { return decode(message.SerializeAsString()); }

pb::Response encode(ClientCodec& codec, ClientReply reply, const std::string& key = "the-key") {
  std::string out = "before";
  codec.encode(9, key, std::move(reply), &out);
  REQUIRE(out.substr(0, 6) == "before");
  const std::string frame = out.substr(6);
  REQUIRE(read_big_endian<uint32_t>(frame) == frame.size() - kFrameHeaderBytes);
  pb::Response response;
  REQUIRE(response.ParseFromString(frame.substr(kFrameHeaderBytes)));
  CHECK(response.request_id() == 9);
  return response;
}

pb::Response encode(ClientReply reply) {
  ClientCodec codec;
  return encode(codec, std::move(reply));
}

}  // namespace

TEST_CASE("client codec: a put with everything in it") {
  pb::Request message;
  message.set_request_id(std::numeric_limits<uint32_t>::max());
  auto* put = message.mutable_put();
  put->set_bucket("b");
  put->set_key(std::string("k\0y", 3));
  put->set_value("\xff\x00\xfe");
  put->set_context("ctx");
  put->set_request_token("tok");
  put->set_w(2);
  const Decoded decoded = decode(message);
  REQUIRE(!decoded.error);
  CHECK(decoded.request_id == std::numeric_limits<uint32_t>::max());
  CHECK(decoded.request.operation == Operation::kPut);
  CHECK(!decoded.request.by_bucket_type);
  CHECK(decoded.request.bucket == "b");
  CHECK(decoded.request.key == std::string("k\0y", 3));
  CHECK(decoded.request.value == put->value());
  CHECK(decoded.request.context == "ctx");
  CHECK(decoded.request.request_token == "tok");
  CHECK(decoded.request.w == 2);
}

TEST_CASE("client codec: a get is answered by the bucket's type, a typed read is not") {
  pb::Request message;
  message.mutable_get()->set_key("k");
  message.mutable_get()->set_limit(7);
  message.mutable_get()->set_after("a");
  CHECK(decode(message).request.by_bucket_type);
  CHECK(decode(message).request.limit == 7);
  CHECK(decode(message).request.after == "a");
  message.mutable_set_members()->set_key("k");
  CHECK(decode(message).request.operation == Operation::kSetMembers);
  CHECK(!decode(message).request.by_bucket_type);
}

TEST_CASE("client codec: one element, several, and not both") {
  pb::Request message;
  message.mutable_set_add()->set_key("k");
  CHECK(decode(message).request.elements == std::vector<std::string>{""});
  message.mutable_set_add()->set_element("x");
  CHECK(decode(message).request.elements == std::vector<std::string>{"x"});
  message.mutable_set_add()->add_elements("y");
  CHECK(decode(message).error->message ==
        "SetAddRequest.element: must be empty where elements are given");
  message.mutable_set_add()->clear_element();
  message.mutable_set_add()->add_elements("z");
  CHECK(decode(message).request.elements == std::vector<std::string>{"y", "z"});
}

TEST_CASE("client codec: amounts") {
  pb::Request message;
  message.mutable_counter_increment()->set_key("k");
  CHECK(decode(message).request.amount == 1);
  message.mutable_counter_increment()->set_amount(std::numeric_limits<int64_t>::max());
  CHECK(decode(message).request.amount == uint64_t(std::numeric_limits<int64_t>::max()));
  message.mutable_counter_increment()->set_amount(-1);
  const Decoded refused = decode(message);
  REQUIRE(refused.error);
  CHECK(std::string(tcp_code(refused.error->code)) == "BAD_REQUEST");
  CHECK(refused.request.operation == Operation::kCounterIncrement);
}

TEST_CASE("client codec: bucket presets and quorums") {
  pb::Request message;
  auto* config = message.mutable_create_bucket()->mutable_config();
  config->set_name("b");
  CHECK(decode(message).request.config.write_quorum == 0);
  config->set_consistency("consistent");
  CHECK(decode(message).request.config.write_quorum == 2);
  CHECK(decode(message).request.config.read_quorum == 2);
  config->set_consistency("paranoid");
  config->set_replication_n(2);
  CHECK(decode(message).error->message ==
        "BucketConfig.write_quorum: must be at most replication_n");
  config->set_replication_n(3);
  CHECK(!decode(message).error);
  config->set_read_quorum(1);
  CHECK(decode(message).error);
  config->set_read_quorum(3);
  CHECK(!decode(message).error);
  config->set_consistency("often");
  CHECK(decode(message).error);
  config->clear_consistency();
  config->set_type("hash");
  CHECK(decode(message).error->message == "BucketConfig.type: must be lww, orswot or pn_counter");
  config->set_type("pn_counter");
  CHECK(decode(message).request.config.type == BucketType::kPnCounter);
  message.mutable_create_bucket()->clear_config();
  CHECK(decode(message).error);
}

TEST_CASE("client codec: an empty body and an unknown one are refused with the request's id") {
  const Decoded empty = decode(std::string());
  REQUIRE(empty.error);
  CHECK(empty.request_id == 0);
  CHECK(std::string(tcp_code(empty.error->code)) == "BAD_REQUEST");
  pb::Request message;
  message.set_request_id(5);
  message.GetReflection()->MutableUnknownFields(&message)->AddLengthDelimited(999,
                                                                              "body of the future");
  const Decoded unknown = decode(message);
  REQUIRE(unknown.error);
  CHECK(unknown.request_id == 5);
  CHECK(std::string(tcp_code(unknown.error->code)) == "BAD_REQUEST");
}

TEST_CASE("client codec: unknown fields are skipped, the last scalar and the last body win") {
  pb::Request first, second;
  first.set_request_id(1);
  first.mutable_get()->set_key("a");
  second.set_request_id(2);
  second.mutable_put()->set_key("b");
  second.GetReflection()->MutableUnknownFields(&second)->AddVarint(3000, 1);
  const Decoded decoded = decode(first.SerializeAsString() + second.SerializeAsString());
  REQUIRE(!decoded.error);
  CHECK(decoded.request_id == 2);
  CHECK(decoded.request.operation == Operation::kPut);
  CHECK(decoded.request.key == "b");
}

TEST_CASE("client codec: every truncation of a request is refused or is another whole request") {
  pb::Request message;
  message.set_request_id(300);
  message.mutable_put()->set_key("key");
  message.mutable_put()->set_value("value");
  const std::string bytes = message.SerializeAsString();
  int undecodable = 0;
  for (size_t length = 0; length < bytes.size(); ++length) {
    const Decoded decoded = decode(bytes.substr(0, length));
    REQUIRE(decoded.error);
    if (decoded.error->code == ErrorCode::kUndecodable) {
      ++undecodable;
      CHECK(decoded.request_id == 0);
    }
  }
  CHECK(undecodable >= 10);
}

TEST_CASE("client codec: bytes that are no request are undecodable") {
  for (const std::string& bytes : {std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
                                   std::string("GET / HTTP/1.1\r\n"), std::string(100, '\0'),
                                   std::string("\x52\x7f\x01"), std::string("\x0b\x0b\x0b")}) {
    const Decoded decoded = decode(bytes);
    REQUIRE(decoded.error);
    CHECK(std::string(tcp_code(decoded.error->code)) == "INVALID_REQUEST");
    CHECK(decoded.error->outcome == Outcome::kRejected);
  }
}

TEST_CASE("client codec: every flipped bit of a request gives an answer") {
  pb::Request message;
  message.set_request_id(300);
  message.mutable_set_add()->set_key("key");
  message.mutable_set_add()->add_elements("element");
  const std::string bytes = message.SerializeAsString();
  ClientCodec codec;
  int refused = 0;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = char(flipped[bit / 8] ^ (1 << bit % 8));
    ClientRequest request;
    uint32_t request_id = 0;
    const auto error = codec.decode(flipped, &request_id, &request);
    refused += error.has_value();
    if (error) CHECK(error->message.find("element\"") == std::string::npos);
  }
  CHECK(refused > 0);
}

TEST_CASE("client codec: answers of every kind") {
  ClientReply reply;
  reply.timestamp_ms = 123456789012345;
  reply.context = "ctx";
  CHECK(encode(reply).ok().timestamp() == 123456789012345);
  CHECK(encode(reply).ok().context() == "ctx");

  reply.kind = ClientReply::Kind::kValue;
  CHECK(encode(reply).has_value());
  CHECK(encode(reply).value().value() == "");
  reply.value = "\xff\x01";
  CHECK(encode(reply).value().key() == "the-key");
  CHECK(encode(reply).value().value() == "\xff\x01");

  reply.kind = ClientReply::Kind::kNotFound;
  CHECK(encode(reply).not_found().key() == "the-key");

  reply.kind = ClientReply::Kind::kMembers;
  reply.items = {"a", "b"};
  reply.next = "b";
  CHECK(encode(reply).set_members().members_size() == 2);
  CHECK(encode(reply).set_members().next() == "b");
  reply.next = "";
  CHECK(encode(reply).set_members().has_next());
  reply.next.reset();
  CHECK_FALSE(encode(reply).set_members().has_next());

  reply.kind = ClientReply::Kind::kContains;
  reply.contains = true;
  CHECK(encode(reply).set_contains().contains());

  reply.kind = ClientReply::Kind::kCounter;
  reply.counter = -5;
  reply.saturated = true;
  CHECK(encode(reply).counter_value().value() == -5);
  CHECK(encode(reply).counter_value().saturated());

  reply.kind = ClientReply::Kind::kBuckets;
  CHECK(encode(reply).has_buckets());
  reply.buckets = {{"b", BucketType::kOrswot, 60, 3, 2, 1}};
  CHECK(encode(reply).buckets().buckets(0).type() == "orswot");
  CHECK(encode(reply).buckets().buckets(0).write_quorum() == 2);

  reply.kind = ClientReply::Kind::kKeys;
  reply.next = "b";
  CHECK(encode(reply).keys().keys(1) == "b");
  CHECK(encode(reply).keys().next() == "b");
  reply.items.clear();
  reply.next.reset();
  CHECK(encode(reply).has_keys());
}

TEST_CASE("client codec: errors carry code, outcome and what would help") {
  const pb::Response response = encode(ClientReply::failed({.code = ErrorCode::kTypeMismatch,
                                                            .outcome = Outcome::kRejected,
                                                            .message = "wrong type",
                                                            .hint = "use add",
                                                            .expected = "orswot"}));
  CHECK(response.error().code() == "BAD_REQUEST");
  CHECK(response.error().message() == "wrong type (the bucket's type is orswot)");
  CHECK(response.error().outcome() == pb::REJECTED);
  CHECK(response.error().hint() == "use add");
  for (int code = 0; code <= int(ErrorCode::kUndecodable); ++code) {
    const pb::Response each = encode(ClientReply::failed(
        {.code = ErrorCode(code), .outcome = Outcome::kUnknown, .message = {}, .hint = {}}));
    CHECK(!each.error().code().empty());
    CHECK(!each.error().message().empty());
    CHECK(each.error().outcome() == pb::UNKNOWN);
  }
}

TEST_CASE("client codec: an answer over the limit becomes an error that names limit") {
  ClientCodec codec(1000);
  ClientReply reply;
  reply.kind = ClientReply::Kind::kMembers;
  reply.items = {std::string(900, 'x')};
  CHECK(encode(codec, reply).set_members().members_size() == 1);
  reply.items.push_back(std::string(100, 'y'));
  CHECK(encode(codec, reply).error().code() == "TOO_LARGE");
  CHECK(encode(codec, reply).error().hint().find("limit") != std::string::npos);
}

}  // namespace vordb
