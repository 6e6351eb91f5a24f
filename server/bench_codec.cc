#include "server/bench_codec.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <boost/algorithm/string/find.hpp>
#include <charconv>
#include <cstring>

#include "proto/client.pb.h"

namespace vordb::server {
namespace {

using google::protobuf::io::CodedInputStream;

constexpr std::string_view kHeadEnd = "\r\n\r\n";

// The default bucket's short path over HTTP.
const char* legacy_path(Operation operation) {
  switch (operation) {
    case Operation::kPut:
    case Operation::kGet:
      return "/kv/";
    case Operation::kSetAdd:
    case Operation::kSetMembers:
      return "/set/";
    default:
      return "/counter/";
  }
}

// The message of an operation's own fields, its bucket and key set.
template <typename Body>
Body* with_key(Body* body, const std::string& bucket, std::string_view key) {
  body->set_bucket(bucket);
  body->set_key(key.data(), key.size());
  return body;
}

ScannedReply scan_frame(std::string_view in) {
  uint32_t size = 0;
  if (in.size() < sizeof size) return {};
  std::memcpy(&size, in.data(), sizeof size);
  size = ntohl(size);
  if (in.size() - sizeof size < size) return {};
  ScannedReply reply{ScannedReply::Kind::kError, sizeof size + size};
  CodedInputStream stream(reinterpret_cast<const uint8_t*>(in.data() + sizeof size), int(size));
  uint32_t tag = stream.ReadTag();
  if (tag >> 3 == pb::Response::kRequestIdFieldNumber) {
    uint32_t id = 0;
    if (!stream.ReadVarint32(&id)) return reply;
    tag = stream.ReadTag();
  }
  const uint32_t field = tag >> 3;
  if (field == pb::Response::kNotFoundFieldNumber) {
    reply.kind = ScannedReply::Kind::kNotFound;
  } else if (field != 0 && field != pb::Response::kErrorFieldNumber) {
    reply.kind = ScannedReply::Kind::kOk;
  }
  return reply;
}

// Where a chunked body that begins at `at` ends, or 0. Bench data holds no line breaks, so the last
// chunk's line is found by looking for it.
size_t chunked_end(std::string_view in, size_t at) {
  constexpr std::string_view kLastChunk = "0\r\n\r\n";
  if (in.substr(at).starts_with(kLastChunk)) return at + kLastChunk.size();
  const size_t end = in.find("\r\n0\r\n\r\n", at);
  return end == std::string_view::npos ? 0 : end + 2 + kLastChunk.size();
}

// The value of a header in an HTTP head, or nothing found: empty.
std::string_view header(std::string_view head, std::string_view name) {
  const auto found = boost::algorithm::ifind_first(head, name);
  if (found.empty()) return {};
  std::string_view rest = head.substr(size_t(found.end() - head.begin()));
  rest = rest.substr(0, rest.find('\r'));
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest;
}

ScannedReply scan_http(std::string_view in) {
  const size_t head_end = in.find(kHeadEnd);
  if (head_end == std::string_view::npos) return {};
  const std::string_view head = in.substr(0, head_end + 2);
  const size_t body = head_end + kHeadEnd.size();
  size_t end = body;
  if (const std::string_view text = header(head, "\r\ncontent-length:"); !text.empty()) {
    size_t length = 0;
    std::from_chars(text.data(), text.data() + text.size(), length);
    end = body + length;
  } else if (!header(head, "\r\ntransfer-encoding:").empty()) {
    end = chunked_end(in, body);
  }
  if (end == 0 || in.size() < end) return {};
  const std::string_view status = head.substr(std::min<size_t>(9, head.size()), 3);
  if (status.starts_with('2')) return {ScannedReply::Kind::kOk, end};
  if (status == "404") return {ScannedReply::Kind::kNotFound, end};
  return {ScannedReply::Kind::kError, end};
}

}  // namespace

const char* to_string(Protocol protocol) { return protocol == Protocol::kTcp ? "tcp" : "http"; }

std::string bench_key(uint64_t number) { return fmt::format("bench:{:012}", number); }
std::string bench_element(uint64_t number) { return fmt::format("element:{:012}", number); }

RequestWriter::RequestWriter(Protocol protocol, std::string bucket)
    : protocol_(protocol), bucket_(std::move(bucket)), message_(std::make_unique<pb::Request>()) {}

RequestWriter::~RequestWriter() = default;

void RequestWriter::append(std::string& out, const BenchRequest& request) {
  protocol_ == Protocol::kTcp ? append_frame(out, request) : append_http(out, request);
}

void RequestWriter::append_frame(std::string& out, const BenchRequest& request) {
  message_->set_request_id(++next_id_);
  switch (request.operation) {
    case Operation::kPut:
      with_key(message_->mutable_put(), bucket_, request.key)
          ->set_value(request.value.data(), request.value.size());
      break;
    case Operation::kSetAdd: {
      pb::SetAddRequest* add = with_key(message_->mutable_set_add(), bucket_, request.key);
      add->clear_elements();
      for (uint32_t i = 0; i < request.elements; ++i) {
        add->add_elements(bench_element(request.first_element + i));
      }
      break;
    }
    case Operation::kSetMembers:
      with_key(message_->mutable_set_members(), bucket_, request.key);
      break;
    case Operation::kCounterIncrement:
      with_key(message_->mutable_counter_increment(), bucket_, request.key)->set_amount(1);
      break;
    case Operation::kCounterValue:
      with_key(message_->mutable_counter_value(), bucket_, request.key);
      break;
    default:
      with_key(message_->mutable_get(), bucket_, request.key);
      break;
  }
  const uint32_t size = htonl(uint32_t(message_->ByteSizeLong()));
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  message_->AppendToString(&out);
}

void RequestWriter::append_http(std::string& out, const BenchRequest& request) {
  const char* method = "GET";
  const char* suffix = "";
  body_.clear();
  if (request.operation == Operation::kPut) {
    method = "PUT";
    fmt::format_to(std::back_inserter(body_), "{{\"value\":\"{}\"}}", request.value);
  } else if (request.operation == Operation::kSetAdd) {
    method = "POST";
    suffix = "/add";
    body_ = "{\"elements\":[";
    for (uint32_t i = 0; i < request.elements; ++i) {
      fmt::format_to(std::back_inserter(body_), "{}\"{}\"", i == 0 ? "" : ",",
                     bench_element(request.first_element + i));
    }
    body_ += "]}";
  } else if (request.operation == Operation::kCounterIncrement) {
    method = "POST";
    suffix = "/increment";
    body_ = "{\"amount\":1}";
  }
  const std::string path =
      bucket_.empty() ? legacy_path(request.operation) : "/bucket/" + bucket_ + "/";
  fmt::format_to(std::back_inserter(out), "{} {}{}{} HTTP/1.1\r\nHost: vordb\r\n", method, path,
                 request.key, suffix);
  if (!body_.empty())
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", body_.size());
  out += "\r\n";
  out += body_;
}

ScannedReply scan_reply(Protocol protocol, std::string_view in) {
  return protocol == Protocol::kTcp ? scan_frame(in) : scan_http(in);
}

std::string reply_error(Protocol protocol, std::string_view reply) {
  if (protocol == Protocol::kHttp) return std::string(reply.substr(0, 300));
  pb::Response response;
  if (reply.size() < 4 || !response.ParseFromArray(reply.data() + 4, int(reply.size() - 4))) {
    return "an answer that is no message of the protocol";
  }
  return response.error().code() + ": " + response.error().message();
}

}  // namespace vordb::server
