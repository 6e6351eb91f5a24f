#include "io/peer_frames.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "proto/peer.pb.h"

namespace vordb::io {
namespace {

pb::PeerMessage message(uint32_t partition, size_t bytes) {
  pb::PeerMessage made;
  made.set_partition(partition);
  made.mutable_cluster_message()->mutable_join()->set_node_id(std::string(bytes, 'n'));
  return made;
}

std::string batch_of(NodeNumber to, const std::vector<std::string>& chunks) {
  std::string bytes = batch_header(to, chunks);
  for (const std::string& chunk : chunks) bytes += chunk;
  return bytes;
}

PeerParse parse(std::string_view bytes, PeerBatch* batch, size_t max = 1u << 20) {
  size_t wanted = 0;
  const char* problem = nullptr;
  const PeerParse parsed = read_batch(bytes, max, batch, &wanted, &problem);
  if (parsed == PeerParse::kBatch) CHECK(wanted == kPeerHeaderBytes + batch->payload.size());
  if (parsed == PeerParse::kGarbage) CHECK(problem != nullptr);
  return parsed;
}

TEST_CASE("peer frames: chunks become one batch, whose messages come out as they went in") {
  std::vector<std::string> chunks(3);
  for (uint32_t i = 0; i < 30; ++i) append_message(message(i, i * 20), &chunks[i / 10]);
  const std::string bytes = batch_of(7, chunks) + "next";
  PeerBatch batch;
  REQUIRE(parse(bytes, &batch) == PeerParse::kBatch);
  CHECK(batch.to == 7);
  std::string_view rest = batch.payload, one;
  for (uint32_t i = 0; i < 30; ++i) {
    REQUIRE(next_message(&rest, &one));
    CHECK(one == message(i, i * 20).SerializeAsString());
  }
  CHECK(rest.empty());
  CHECK_FALSE(next_message(&rest, &one));
}

TEST_CASE("peer frames: every part of a batch asks for more, and never too early for garbage") {
  const std::string bytes = single_batch(3, message(1, 300));
  PeerBatch batch;
  for (size_t length = 0; length < bytes.size(); ++length)
    REQUIRE(parse(std::string_view(bytes).substr(0, length), &batch) == PeerParse::kMore);
  CHECK(parse(bytes, &batch) == PeerParse::kBatch);
  CHECK(parse(empty_batch(), &batch) == PeerParse::kBatch);
  CHECK(batch.payload.empty());
}

TEST_CASE("peer frames: any flipped bit is found") {
  const std::string bytes = single_batch(3, message(1, 40));
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = char(damaged[bit / 8] ^ (1 << bit % 8));
    PeerBatch batch;
    // A length that has grown asks for more, for ever; never is it taken.
    CHECK(parse(damaged, &batch) != PeerParse::kBatch);
  }
}

TEST_CASE("peer frames: other protocols and long claims are garbage at once") {
  PeerBatch batch;
  CHECK(parse("G", &batch) == PeerParse::kGarbage);
  CHECK(parse("GET / HTTP/1.1\r\n", &batch) == PeerParse::kGarbage);
  CHECK(parse(std::string(kPeerHeaderBytes, '\0'), &batch) == PeerParse::kGarbage);
  const std::string bytes = single_batch(3, message(1, 300));
  CHECK(parse(bytes.substr(0, kPeerHeaderBytes), &batch, 100) == PeerParse::kGarbage);
}

TEST_CASE("peer frames: a payload that does not end with a message is told") {
  for (const std::string& payload :
       {std::string("\x05"
                    "ab",
                    3),
        std::string("\x80", 1), std::string("\xff\xff\xff\xff\xff\x01", 6)}) {
    std::string_view rest = payload, one;
    CHECK_FALSE(next_message(&rest, &one));
  }
}

}  // namespace
}  // namespace vordb::io
