#include "io/reply_ring.h"

#include <doctest/doctest.h>

#include <string>

#include "io/frame_buffer.h"

namespace vordb::io {
namespace {

void receive(FrameBuffer& buffer, const std::string& bytes) {
  for (size_t at = 0; at < bytes.size();) {
    buffer.prepare(0);
    const size_t count = std::min(buffer.room_bytes(), bytes.size() - at);
    REQUIRE(count > 0);
    std::memcpy(buffer.room(), bytes.data() + at, count);
    buffer.received(count);
    at += count;
  }
}

}  // namespace

TEST_CASE("reply ring: grows without losing who waits, and forgets in order") {
  ReplyRing ring;
  for (uint32_t i = 0; i < 1000; ++i) {
    const uint32_t number = ring.push();
    CHECK(number == i);
    ring.at(number).request_id = i * 3;
  }
  CHECK(ring.size() == 1000);
  CHECK(ring.waits(0));
  CHECK(ring.waits(999));
  CHECK(!ring.waits(1000));
  for (uint32_t i = 0; i < 1000; ++i) {
    CHECK(ring.at(ring.head()).request_id == i * 3);
    ring.at(ring.head()).answered = true;
    CHECK(!ring.waits(i));
    ring.pop();
  }
  CHECK(ring.empty());
}

TEST_CASE("reply ring: a reused row is blank") {
  ReplyRing ring;
  for (int i = 0; i < 40; ++i) {
    const uint32_t number = ring.push();
    WaitingRequest& row = ring.at(number);
    CHECK(!row.answered);
    CHECK(row.counted);
    CHECK(row.frame.empty());
    row.counted = false;
    row.frame = "answer";
    row.answered = true;
    ring.pop();
  }
}

TEST_CASE("frame buffer: gives back what it received, across growth and compaction") {
  FrameBuffer buffer;
  std::string sent, got;
  for (int i = 0; i < 2000; ++i) {
    const std::string piece(size_t(i % 97 * 31 + 1), char('a' + i % 26));
    receive(buffer, piece);
    sent += piece;
    const size_t use = i % 5 == 4 ? buffer.unused().size() : buffer.unused().size() / 2;
    got += buffer.unused().substr(0, use);
    buffer.use(use);
  }
  got += buffer.unused();
  CHECK(got == sent);
}

TEST_CASE("frame buffer: bytes whose end is not known come in few reads") {
  FrameBuffer buffer;
  int reads = 0;
  for (size_t received = 0; received < 1u << 20; ++reads) {
    buffer.prepare(0);
    const size_t count = buffer.room_bytes();
    std::memset(buffer.room(), 'x', count);
    buffer.received(count);
    received += count;
  }
  CHECK(reads < 10);
}

TEST_CASE("frame buffer: a claimed length costs nothing until its bytes come") {
  FrameBuffer buffer;
  const size_t claimed = 16u << 20;
  buffer.prepare(claimed);
  CHECK(buffer.capacity() == FrameBuffer::kSmallBytes);
  size_t received = 0;
  while (received < claimed) {
    buffer.prepare(claimed);
    REQUIRE(buffer.room_bytes() > 0);
    CHECK(buffer.capacity() <= std::max<size_t>(FrameBuffer::kSmallBytes, 2 * received + 2));
    const size_t count = std::min(buffer.room_bytes(), claimed - received);
    std::memset(buffer.room(), 'x', count);
    buffer.received(count);
    received += count;
  }
  CHECK(buffer.capacity() == claimed);
  buffer.use(claimed);
  buffer.prepare(0);
  CHECK(buffer.capacity() == FrameBuffer::kSmallBytes);
}

}  // namespace vordb::io
