#include "core/client_codec.h"

#include <google/protobuf/arena.h>

#include <utility>
#include <vector>

#include "core/big_endian.h"
#include "core/client_convert.h"
#include "core/dispatch/constraints.h"
#include "proto/client.pb.h"

namespace vordb {
namespace {

// Large enough for a small request or answer: then the arena asks nobody for memory.
constexpr size_t kArenaBytes = 8192;

google::protobuf::ArenaOptions in_block(char* block) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = kArenaBytes;
  return options;
}

ClientError bad_request(std::string message) {
  return {.code = ErrorCode::kBadRequest,
          .outcome = Outcome::kRejected,
          .message = std::move(message),
          .hint = {}};
}

}  // namespace

struct ClientCodec::Impl {
  explicit Impl(uint32_t max_bytes)
      : max_frame_bytes(max_bytes),
        block(kArenaBytes),
        arena(in_block(block.data())),
        constraints({pb::Request::descriptor()}) {}

  template <typename MessageType>
  MessageType* fresh() {
    arena.Reset();
    return google::protobuf::Arena::CreateMessage<MessageType>(&arena);
  }

  uint32_t max_frame_bytes;
  std::vector<char> block;
  google::protobuf::Arena arena;
  Constraints constraints;
  Observer observer;
};

ClientCodec::ClientCodec(uint32_t max_frame_bytes)
    : impl_(std::make_unique<Impl>(max_frame_bytes)) {}
ClientCodec::~ClientCodec() = default;

void ClientCodec::observe(Observer observer) { impl_->observer = std::move(observer); }

std::optional<ClientError> ClientCodec::decode(std::string_view bytes, uint32_t* request_id,
                                               ClientRequest* request) {
  pb::Request* message = begin();
  *request_id = 0;
  if (!message->ParseFromArray(bytes.data(), int(bytes.size()))) {
    return ClientError{.code = ErrorCode::kUndecodable,
                       .outcome = Outcome::kRejected,
                       .message = "the frame holds no Request",
                       .hint = "see proto/client.proto"};
  }
  *request_id = message->request_id();
  return convert(message, request);
}

pb::Request* ClientCodec::begin() { return impl_->fresh<pb::Request>(); }

std::optional<ClientError> ClientCodec::convert(pb::Request* message, ClientRequest* request) {
  request->operation = operation_of(*message);
  if (message->body_case() == pb::Request::BODY_NOT_SET) {
    ClientError error = bad_request("the request asks for nothing that is known here");
    error.hint = "set one member of Request.body";
    return error;
  }
  if (absl::Status status = impl_->constraints.check(*message); !status.ok()) {
    if (impl_->observer) impl_->observer({status.message().data(), status.message().size()});
    return bad_request(std::string(status.message()));
  }
  if (absl::Status status = from_pb(message, request); !status.ok()) {
    return bad_request(std::string(status.message()));
  }
  return std::nullopt;
}

void ClientCodec::encode(uint32_t request_id, std::string_view key, ClientReply reply,
                         std::string* out) {
  pb::Response* message = impl_->fresh<pb::Response>();
  message->set_request_id(request_id);
  to_pb(key, std::move(reply), message);
  size_t bytes = message->ByteSizeLong();
  if (bytes > impl_->max_frame_bytes) {
    message = impl_->fresh<pb::Response>();
    message->set_request_id(request_id);
    to_pb(key,
          ClientReply::failed({.code = ErrorCode::kTooLarge,
                               .outcome = Outcome::kRejected,
                               .message = "the answer is larger than a frame may be",
                               .hint = "ask for pages: set limit"}),
          message);
    bytes = message->ByteSizeLong();
  }
  const size_t start = out->size();
  out->resize(start + kFrameHeaderBytes + bytes);
  char* at = out->data() + start;
  for (int shift = 24; shift >= 0; shift -= 8) *at++ = char(uint32_t(bytes) >> shift);
  message->SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(at));
}

std::string ClientCodec::redact(const pb::Request& message) const {
  return impl_->constraints.redact(message);
}

}  // namespace vordb
