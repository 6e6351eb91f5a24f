#include "io/peer_frames.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message_lite.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/big_endian.h"

namespace vordb::io {
namespace {

constexpr uint32_t kMagic = 0x56444250;  // "VDBP"
constexpr size_t kVarintBytesMax = 5;

std::string header(NodeNumber to, uint32_t bytes, uint64_t hash) {
  std::string out;
  out.reserve(kPeerHeaderBytes);
  append_big_endian(out, kMagic);
  append_big_endian(out, bytes);
  append_big_endian(out, to);
  append_big_endian(out, hash);
  return out;
}

}  // namespace

void append_message(const google::protobuf::MessageLite& message, std::string* payload) {
  using google::protobuf::io::CodedOutputStream;
  const size_t bytes = message.ByteSizeLong();
  const size_t before = payload->size();
  payload->resize(before + CodedOutputStream::VarintSize32(uint32_t(bytes)) + bytes);
  auto* at = reinterpret_cast<uint8_t*>(payload->data() + before);
  at = CodedOutputStream::WriteVarint32ToArray(uint32_t(bytes), at);
  message.SerializeWithCachedSizesToArray(at);
}

std::string batch_header(NodeNumber to, const std::vector<std::string>& chunks) {
  XXH3_state_t hash;
  XXH3_64bits_reset_withSeed(&hash, to);
  size_t bytes = 0;
  for (const std::string& chunk : chunks) {
    XXH3_64bits_update(&hash, chunk.data(), chunk.size());
    bytes += chunk.size();
  }
  return header(to, uint32_t(bytes), XXH3_64bits_digest(&hash));
}

std::string single_batch(NodeNumber to, const google::protobuf::MessageLite& message) {
  std::string payload;
  append_message(message, &payload);
  const uint64_t hash = XXH3_64bits_withSeed(payload.data(), payload.size(), to);
  return header(to, uint32_t(payload.size()), hash) + payload;
}

std::string empty_batch() { return header(0, 0, XXH3_64bits_withSeed(nullptr, 0, 0)); }

PeerParse read_batch(std::string_view bytes, size_t max_payload_bytes, PeerBatch* batch,
                     size_t* wanted, const char** problem) {
  *wanted = 0;
  // Whoever speaks another protocol is told so by its first bytes.
  for (size_t i = 0; i < bytes.size() && i < sizeof kMagic; ++i) {
    if (uint8_t(bytes[i]) == uint8_t(kMagic >> (24 - 8 * i))) continue;
    *problem = "this is not the protocol between nodes";
    return PeerParse::kGarbage;
  }
  if (bytes.size() < kPeerHeaderBytes) return PeerParse::kMore;
  const uint32_t length = read_big_endian<uint32_t>(bytes.substr(4));
  if (length > max_payload_bytes) {
    *problem = "a batch is longer than allowed";
    return PeerParse::kGarbage;
  }
  *wanted = kPeerHeaderBytes + length;
  if (bytes.size() < *wanted) return PeerParse::kMore;
  batch->to = read_big_endian<uint32_t>(bytes.substr(8));
  batch->payload = bytes.substr(kPeerHeaderBytes, length);
  const uint64_t hash = XXH3_64bits_withSeed(batch->payload.data(), length, batch->to);
  if (hash == read_big_endian<uint64_t>(bytes.substr(12))) return PeerParse::kBatch;
  *problem = "a batch was damaged on its way";
  return PeerParse::kGarbage;
}

bool next_message(std::string_view* payload, std::string_view* message) {
  uint64_t length = 0;
  for (size_t i = 0; i < kVarintBytesMax && i < payload->size(); ++i) {
    length |= uint64_t(uint8_t((*payload)[i]) & 0x7f) << (7 * i);
    if (uint8_t((*payload)[i]) & 0x80) continue;
    payload->remove_prefix(i + 1);
    if (length > payload->size()) return false;
    *message = payload->substr(0, length);
    payload->remove_prefix(length);
    return true;
  }
  return false;
}

}  // namespace vordb::io
