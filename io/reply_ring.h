// The requests of one connection that wait for their answers, oldest first. Answers come in any
// order and leave in the order of the requests. Numbers are consecutive and wrap at 2^32; at most
// 2^31 wait at once.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/assert.h"
#include "core/client_api.h"

namespace vordb::io {

struct WaitingRequest {
  uint32_t request_id = 0;
  Operation operation = Operation::kPing;
  bool by_bucket_type = false;
  bool counted = true;  // in the metrics: what was asked is known
  bool answered = false;
  uint32_t bytes = 0;  // of the request
  uint64_t start_us = 0;
  std::string key;    // echoed in the answer
  std::string frame;  // the answer, while older requests still wait for theirs
};

class ReplyRing {
 public:
  // The next number; at() holds a blank request.
  uint32_t push() {
    if (size() == rows_.size()) grow();
    WaitingRequest& row = at(tail_);
    row.answered = false;
    row.counted = true;
    row.frame.clear();
    return tail_++;
  }

  bool waits(uint32_t number) const {
    return number - head_ < size() && !rows_[number & mask()].answered;
  }
  WaitingRequest& at(uint32_t number) { return rows_[number & mask()]; }

  uint32_t size() const { return tail_ - head_; }
  bool empty() const { return head_ == tail_; }
  uint32_t head() const { return head_; }

  // Forgets the oldest, which was answered.
  void pop() {
    VORDB_ASSERT(!empty() && at(head_).answered, "answers leave in the order of requests");
    WaitingRequest& row = at(head_);
    // Strings keep what a usual request needs, so that a busy connection allocates nothing.
    if (row.key.capacity() > kKeptBytes) std::string().swap(row.key);
    if (row.frame.capacity() > kKeptBytes) std::string().swap(row.frame);
    ++head_;
  }

 private:
  static constexpr size_t kKeptBytes = 1024;

  uint32_t mask() const { return uint32_t(rows_.size()) - 1; }

  void grow() {
    std::vector<WaitingRequest> larger(rows_.empty() ? 16 : rows_.size() * 2);
    for (uint32_t number = head_; number != tail_; ++number) {
      larger[number & (larger.size() - 1)] = std::move(at(number));
    }
    rows_ = std::move(larger);
  }

  std::vector<WaitingRequest> rows_;  // a power of two
  uint32_t head_ = 0;
  uint32_t tail_ = 0;
};

}  // namespace vordb::io
