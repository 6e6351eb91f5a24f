// The bytes that a connection has received and not yet used. It starts small and doubles as bytes
// arrive, never on the mere claim of a long frame, and is small again once a long frame is used up.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace vordb::io {

class FrameBuffer {
 public:
  static constexpr size_t kSmallBytes = 16384;

  std::string_view unused() const { return {bytes_.get() + begin_, end_ - begin_}; }
  void use(size_t count) { begin_ += count; }

  // Room to read into; never empty after prepare().
  char* room() { return bytes_.get() + end_; }
  size_t room_bytes() const { return capacity_ - end_; }
  void received(size_t count) { end_ += count; }

  size_t capacity() const { return capacity_; }

  // Makes room for at least a byte. `wanted` is how long the bytes will become once all have come,
  // or 0: memory for them is taken only as half of what there is has been filled.
  void prepare(size_t wanted) {
    const size_t left = end_ - begin_;
    if (left == 0 && capacity_ > kSmallBytes) release();
    if (bytes_ == nullptr) return resize(kSmallBytes);
    const size_t needed = wanted > left ? wanted : left + 1;
    if (needed > capacity_ && left >= capacity_ / 2) {
      return resize(wanted > capacity_ && wanted < capacity_ * 2 ? wanted : capacity_ * 2);
    }
    if (begin_ > 0 && capacity_ - begin_ < capacity_ / 2 + left) compact();
  }

  void release() {
    bytes_.reset();
    capacity_ = begin_ = end_ = 0;
  }

 private:
  void compact() {
    const size_t left = end_ - begin_;
    if (left > 0) std::memmove(bytes_.get(), bytes_.get() + begin_, left);
    begin_ = 0;
    end_ = left;
  }

  void resize(size_t capacity) {
    std::unique_ptr<char[]> larger(new char[capacity]);  // not initialised: bytes are read into it
    const size_t left = end_ - begin_;
    if (left > 0) std::memcpy(larger.get(), bytes_.get() + begin_, left);
    bytes_ = std::move(larger);
    capacity_ = capacity;
    begin_ = 0;
    end_ = left;
  }

  std::unique_ptr<char[]> bytes_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace vordb::io
